"""The auditor finds every kind of number that is not what the facts make of it, and names it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace as replaced

import pytest
from msgspec.structs import replace

from gamification.facts import Order
from gamification.ids import MemberId
from gamification.ports import Ranked, Totals, Writing
from gamification.state import AccountKey, Award, AwardKey, Entry, PostingKey, Tally, TallyKey
from gamification.use_cases.verify_program import Checked, verify_program
from tests.builders import NOON, after, definition, sent, units
from tests.scene import Scene, now_done, scene

CLUB = definition(
    activities={"up": {"properties": {"post": "string"}}, "visit": {}},
    metrics={"score": {"count": "up", "per": "properties.post"}, "visits": {"count": "visit"}},
    points={"stars": {"start": 1}},
    earning={"visit": {"on": "visit", "give": {"stars": 2}}},
    badges={"nice": {"when": {"metric": "score", "at_least": 2}, "repeat": "per subject"}},
    leaderboards={"top": {"points": "stars"}, "monthly": {"metric": "visits", "every": "month"}},
)


@pytest.fixture
def club() -> Scene:
    made = now_done(scene(CLUB))
    now_done(
        made.recorded(
            sent("up", key="a", post="p"),
            sent("up", key="b", post="p", at=after(minutes=1)),
            sent("visit", key="c", at=after(minutes=2)),
            sent("visit", key="d", member="ben", at=after(minutes=3)),
        )
    )
    return made


def test_what_is_right_is_counted(club: Scene) -> None:
    async def last() -> list[object]:
        return [each async for each in verify_program(club.store, club.program)]

    found = now_done(last())
    assert all(isinstance(each, Checked) for each in found)
    assert found[0] == Checked(members=0, of=2)
    assert found[-1] == Checked(members=2, of=2, facts=4, tallies=5, postings=4, awards=1, runs=2)


Tamper = Callable[[Writing, MemberId, Totals], Awaitable[None]]


async def put(writing: Writing, key: TallyKey, tally: Tally, *, ranked: bool) -> None:
    await writing.put_tallies([Ranked(key=key, tally=tally, ranked=ranked)])


def score(member: MemberId) -> TallyKey:
    return TallyKey(member, "score", "", "p")


def stars(member: MemberId) -> TallyKey:
    return TallyKey(member, "points:stars", "", "")


def nice(member: MemberId) -> AwardKey:
    return AwardKey(member, "nice", 1, "", "p")


async def wrong_value(writing: Writing, member: MemberId, totals: Totals) -> None:
    tally = totals.tallies[score(member)]
    await put(writing, score(member), replace(tally, value=units(3), peak=units(3)), ranked=False)


async def wrong_touches(writing: Writing, member: MemberId, totals: Totals) -> None:
    tally = totals.tallies[score(member)]
    await put(writing, score(member), replace(tally, touches=5), ranked=False)


async def wrong_time(writing: Writing, member: MemberId, totals: Totals) -> None:
    tally = totals.tallies[score(member)]
    await put(writing, score(member), replace(tally, reached_at=NOON), ranked=False)


async def low_peak(writing: Writing, member: MemberId, totals: Totals) -> None:
    tally = totals.tallies[score(member)]
    await put(writing, score(member), replace(tally, peak=units(1)), ranked=False)


async def lost_tally(writing: Writing, member: MemberId, totals: Totals) -> None:
    del totals
    await writing.delete_tallies([score(member)])


async def invented_tally(writing: Writing, member: MemberId, totals: Totals) -> None:
    tally = totals.tallies[score(member)]
    await put(writing, TallyKey(member, "score", "", "q"), tally, ranked=False)


async def off_the_board(writing: Writing, member: MemberId, totals: Totals) -> None:
    await put(writing, stars(member), totals.tallies[stars(member)], ranked=False)


async def lost_award(writing: Writing, member: MemberId, totals: Totals) -> None:
    del totals
    await writing.delete_awards([nice(member)])


async def changed_award(writing: Writing, member: MemberId, totals: Totals) -> None:
    award: Award = totals.awards[nice(member)]
    await writing.add_awards([replaced(award, earned_at=NOON, cause="a")])


async def entry_from_nowhere(writing: Writing, member: MemberId, totals: Totals) -> None:
    del totals
    entry = Entry(
        posting=PostingKey(member, "stars", "c", "earning/visit"),
        revision=1,
        amount=units(5),
        requested=units(7),
        limited_by="",
        occurred_at=after(minutes=2),
        version=1,
    )
    await writing.add_entries([(entry, units(8))])


async def wrong_balance(writing: Writing, member: MemberId, totals: Totals) -> None:
    key = AccountKey(member, "stars")
    await writing.put_accounts({key: replace(totals.accounts[key], balance=units(4))})


async def wrong_last(writing: Writing, member: MemberId, totals: Totals) -> None:
    del totals
    await writing.put_last({member: Order(NOON, "a")})


LATEST = after(minutes=1)
RIGHT = f"earned {LATEST.isoformat()} by b (score 2)"

TAMPERED: list[tuple[Tamper, list[str]]] = [
    (
        wrong_value,
        ["the tally's value of anne: score in all time about p: stored 30000, computed 20000"],
    ),
    (
        wrong_touches,
        ["the tally's touches of anne: score in all time about p: stored 5, computed 2"],
    ),
    (
        wrong_time,
        [
            (
                "the tally's reached_at of anne: score in all time about p: "
                f"stored {NOON}, computed {LATEST}"
            )
        ],
    ),
    (
        low_peak,
        [
            (
                "the tally's peak of anne: score in all time about p: "
                "stored 10000, computed at least 20000"
            )
        ],
    ),
    (
        lost_tally,
        [
            (
                "the tally of anne: score in all time about p: stored None, computed "
                f"{Tally(units(2), units(2), LATEST, 2)}"
            )
        ],
    ),
    (
        invented_tally,
        [
            (
                "the tally of anne: score in all time about q: stored "
                f"{Tally(units(2), units(2), LATEST, 2)}, computed None"
            )
        ],
    ),
    (
        off_the_board,
        ["the standing on boards of anne: points:stars in all time: stored False, computed True"],
    ),
    (lost_award, [f"the award of anne: nice level 1 p: stored nothing, computed {RIGHT}"]),
    (
        changed_award,
        [
            (
                "the award of anne: nice level 1 p: stored "
                f"earned {NOON.isoformat()} by a (score 2), computed {RIGHT}"
            )
        ],
    ),
    (
        entry_from_nowhere,
        [
            (
                "the ledger of anne's stars from earning/visit because of c: "
                "stored 7 of 7, computed 2 of 2"
            ),
            "the balance of anne's stars against the sum of its entries: stored 3, computed 8",
        ],
    ),
    (
        wrong_balance,
        [
            "the balance of anne's stars against the sum of its entries: stored 4, computed 3",
            "the balance of anne's stars: stored 4, computed 3",
        ],
    ),
    (wrong_last, [f"the latest fact of anne: stored {Order(NOON, 'a')}, computed c"]),
]


@pytest.mark.parametrize(
    ("tamper", "sentences"), TAMPERED, ids=[tamper.__name__ for tamper, _ in TAMPERED]
)
def test_every_kind_of_tampering_is_found_and_named(
    club: Scene, tamper: Tamper, sentences: list[str]
) -> None:
    member = now_done(club.member()).id
    totals = now_done(club.totals())[member]

    async def change() -> None:
        async with club.store.writing(club.program.record) as writing:
            await tamper(writing, member, totals)

    now_done(change())
    assert [str(difference) for difference in now_done(club.differences())] == sentences


def test_a_row_of_nobody_is_found(club: Scene) -> None:
    nobody = MemberId(7)

    async def change() -> None:
        async with club.store.writing(club.program.record) as writing:
            await put(writing, score(nobody), Tally(units(1), units(1), NOON, 1), ranked=False)

    now_done(change())
    (found,) = now_done(club.differences())
    assert (found.what, found.stored, found.computed) == (
        "a row without its fact",
        "present",
        "absent",
    )


def test_facts_that_lost_their_numbers_are_all_named(club: Scene) -> None:
    """As after a restore that brought back the facts alone."""
    totals = now_done(club.totals())

    async def forget() -> None:
        async with club.store.writing(club.program.record) as writing:
            for each in totals.values():
                await writing.delete_tallies(each.tallies)
                await writing.delete_awards(each.awards)

    now_done(forget())
    whats = [difference.what for difference in now_done(club.differences())]
    assert whats.count("the tally") == 5
    assert whats.count("the award") == 1
