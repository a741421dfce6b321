"""The ledger: appended, listed from the newest, found by cause, summed for a replay."""

from msgspec.structs import replace

from gamification.ports import ProgramRecord, Store, Totals
from gamification.state import Account, AccountKey, Entry, Posting
from gamification.stored import EntryRow, RuleSum
from tests.store.builders import (
    activity,
    at,
    award,
    award_key,
    counted,
    entry,
    of,
    ranked,
    recorded,
    registered,
    tally,
    tally_key,
)


async def enter(store: Store, program: ProgramRecord, *entries: tuple[Entry, int]) -> None:
    async with store.writing(program) as writing:
        await writing.add_entries(entries)


async def test_entries_are_listed_from_the_newest(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    await recorded(store, program, activity("k1"), activity("k2"))
    rows = [
        (entry("", 10_000, rule="opening"), 10_000),
        (entry("k1", 100_000), 110_000),
        (entry("k1", 5, unit="stars"), 5),
        (entry("k2", 20, requested=100, limited_by="votes"), 110_020),
    ]
    await enter(store, program, *rows[:2])
    await enter(store, program, *rows[2:])
    reading = store.reading(program)
    found = [EntryRow(id_, *row) for id_, row in enumerate(rows, 1)]
    ann = of("ann")
    assert await reading.entries(ann, "reputation", before=None, limit=2) == [found[3], found[1]]
    assert await reading.entries(ann, "reputation", before=2, limit=2) == [found[0]]
    assert await reading.entries(of("bob"), "reputation", before=None, limit=2) == []
    assert await reading.entries_of_activities(["k1", "k2", "none"]) == {
        "k1": [found[1], found[2]],
        "k2": [found[3]],
        "none": [],
    }


async def test_what_each_rule_has_entered_is_summed(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")
    await recorded(store, program, activity("k1"), activity("k2"))
    first = entry("k1", 100)
    await enter(
        store,
        program,
        (entry("", 10, rule="opening"), 10),
        (first, 110),
        (entry("k2", 50), 160),
        (entry("k2", 7, unit="stars"), 7),
        (replace(first, revision=1, amount=-40), 120),
        (entry("k1", 3, member="bob"), 3),
    )
    ann, bob, eve = (AccountKey(of(name), "reputation") for name in ("ann", "bob", "eve"))
    assert await store.reading(program).rule_sums([ann, bob, eve]) == {
        ann: [RuleSum("earning/upvoted", 2, 150, 1, -40), RuleSum("opening", 1, 10, 0, 0)],
        bob: [RuleSum("earning/upvoted", 1, 3, 0, 0)],
        eve: [],
    }


async def test_totals_are_all_that_is_derived(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")
    await recorded(store, program, activity("k1"), activity("k2"))
    await counted(store, program, ranked("ann", 3), ranked("bob", 4))
    original = entry("k1", 100, requested=150, limited_by="votes")
    opening = entry("", 10_000, rule="opening")
    account = {AccountKey(of("ann"), "reputation"): Account(10_120)}
    made = award(award_key(), "k2")
    async with store.writing(program) as writing:
        await writing.add_entries([(opening, 10_000), (original, 10_100)])
        await writing.put_accounts(account)
        await writing.add_awards([made])
    adjusted = replace(
        original, revision=1, amount=20, requested=120, limited_by="", occurred_at=at(8), version=2
    )
    await enter(store, program, (adjusted, 10_120), (entry("k1", 7, member="bob"), 7))
    expected = Totals(
        tallies={tally_key(): tally(3)},
        ranked={tally_key()},
        accounts=account,
        awards={made.key: made},
        postings={
            opening.posting: Posting(10_000, 10_000, "", at(0), 1),
            original.posting: Posting(120, 120, "", at(8), 2),
        },
        revisions={opening.posting: 0, original.posting: 1},
    )
    async with store.writing(program) as writing:
        assert await writing.totals(of("ann")) == expected
        assert await writing.totals(of("eve")) == Totals({}, set(), {}, {}, {}, {})
    both = await store.auditing(program).totals([of("ann"), of("bob")])
    assert both[of("ann")] == expected
    assert both[of("bob")].tallies == {tally_key("bob"): tally(4)}


async def test_what_a_rule_granted_in_all(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")
    await recorded(store, program, activity("a", "ann"), activity("b", "bob"))
    async with store.writing(program) as writing:
        assert await writing.granted_by("campaign/x", "stars") == 0
        await writing.add_entries(
            [
                (entry("a", 5, unit="stars", rule="campaign/x"), 5),
                (entry("b", 7, member="bob", unit="stars", rule="campaign/x"), 7),
                (entry("a", -2, unit="stars", rule="campaign/x", revision=1), 3),
                (entry("a", 9, unit="xp", rule="campaign/x"), 9),
                (entry("b", 9, member="bob", unit="stars", rule="campaign/y"), 16),
            ]
        )
        assert await writing.granted_by("campaign/x", "stars") == 10
    assert await store.auditing(program).granted_by("campaign/x", "stars") == 10
