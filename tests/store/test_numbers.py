"""Tallies and accounts: put, found by key and by span, compared by bytes."""

from gamification.ports import ProgramRecord, Ranked, Store
from gamification.state import Account, AccountKey, TallySpan
from gamification.stored import SubjectBound
from tests.store.builders import at, counted, of, ranked, registered, tally, tally_key


async def test_tallies_are_inserted_replaced_and_deleted(
    store: Store, program: ProgramRecord
) -> None:
    one, other = tally_key(), tally_key("bob", subject="post 7")
    async with store.writing(program) as writing:
        await writing.put_tallies([Ranked(one, tally(5), False), Ranked(other, tally(-7), True)])
        assert await writing.tallies([one, other, tally_key("eve")], []) == {
            one: tally(5),
            other: tally(-7),
        }
        await writing.put_tallies([Ranked(one, tally(6, seconds=2, touches=3), True)])
        await writing.put_tallies([Ranked(other, tally(0, touches=0), True)])
        await writing.put_tallies([])
    reading = store.reading(program)
    assert await reading.tallies_by_key([one, other]) == {one: tally(6, seconds=2, touches=3)}
    async with store.writing(program) as writing:
        await writing.delete_tallies([one, other])
    assert await reading.tallies_by_key([one, other]) == {}


async def test_the_last_put_of_a_key_counts(store: Store, program: ProgramRecord) -> None:
    one = tally_key()
    await counted(store, program, Ranked(one, tally(1), False), Ranked(one, tally(2), True))
    assert await store.reading(program).tallies_by_key([one]) == {one: tally(2)}


async def test_a_span_holds_its_windows_of_one_metric(store: Store, program: ProgramRecord) -> None:
    days = ["2017-08-20", "2017-08-21", "2017-08-22", "2017-08-23"]
    puts = [Ranked(tally_key(window=day, subject=s), tally(1), False) for day in days for s in "ab"]
    await counted(store, program, *puts, Ranked(tally_key(window="2017-08"), tally(9), False))
    await counted(store, program, Ranked(tally_key(metric="x", window=days[1]), tally(9), False))
    await counted(store, program, Ranked(tally_key("bob", window=days[1]), tally(9), False))
    span = TallySpan(of("ann"), "votes", "2017-08-21", "2017-08-22")
    async with store.writing(program) as writing:
        found = await writing.tallies([tally_key(window="2017-08")], [span])
    assert found == {put.key: put.tally for put in puts[2:6]} | {
        tally_key(window="2017-08"): tally(9)
    }


async def test_members_tallies_are_read_without_subjects(
    store: Store, program: ProgramRecord
) -> None:
    await counted(
        store,
        program,
        ranked("ann", 1),
        ranked("bob", 2, window="2017"),
        Ranked(tally_key(subject="post 7"), tally(3), False),
    )
    found = await store.reading(program).tallies(
        [of("ann"), of("bob")], [("votes", ""), ("votes", "2017")]
    )
    assert found == {tally_key(): tally(1), tally_key("bob", window="2017"): tally(2)}


async def test_the_highest_subjects_below_a_bound(store: Store, program: ProgramRecord) -> None:
    values = {"": 5, "p1": 90, "p2": 100, "p3": 70, "Z": 70, "p4": 10}
    for name in ("ann", "bob"):
        puts = [
            Ranked(tally_key(name, subject=subject), tally(value), False)
            for subject, value in values.items()
        ]
        await counted(store, program, *puts)
    reading = store.reading(program)
    bound = SubjectBound("votes", "", 100)
    found = await reading.subjects_below([of("ann"), of("bob")], [bound], limit=2)
    assert found == {
        tally_key(name, subject=subject): tally(value)
        for name in ("ann", "bob")
        for subject, value in (("p1", 90), ("Z", 70))
    }
    low = SubjectBound("votes", "", 70)
    found = await reading.subjects_below([of("ann")], [low, SubjectBound("x", "", 9)], limit=5)
    assert found == {tally_key(subject="p4"): tally(10)}


async def test_accounts_are_inserted_and_replaced(store: Store, program: ProgramRecord) -> None:
    rep, stars = AccountKey(of("ann"), "reputation"), AccountKey(of("ann"), "stars")
    async with store.writing(program) as writing:
        await writing.put_accounts({rep: Account(10_000), stars: Account(5, at(1), at(2))})
        await writing.put_accounts({rep: Account(-20_000, at(3))})
        await writing.put_accounts({AccountKey(of("bob"), "stars"): Account(1)})
        assert await writing.accounts([rep, AccountKey(of("eve"), "stars")]) == {
            rep: Account(-20_000, at(3))
        }
    assert await store.reading(program).accounts([of("ann"), of("eve")]) == {
        rep: Account(-20_000, at(3)),
        stars: Account(5, at(1), at(2)),
    }


async def test_metrics_can_be_put_on_boards_and_off(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    await counted(store, program, ranked("ann", 1), ranked("ann", 2, window="2017"))
    await counted(store, program, Ranked(tally_key(metric="posts"), tally(3), False))
    async with store.writing(program) as writing:
        await writing.set_ranked(of("ann"), {"votes": False, "posts": True, "none": True})
        assert (await writing.totals(of("ann"))).ranked == {tally_key(metric="posts")}
        await writing.set_ranked(of("ann"), {"votes": True})
        assert (await writing.totals(of("ann"))).ranked == {
            tally_key(metric="posts"),
            tally_key(),
            tally_key(window="2017"),
        }


async def test_metrics_can_be_put_on_boards_for_everyone(
    store: Store, program: ProgramRecord
) -> None:
    puts = [ranked("ann", 1), ranked("bob", 2), ranked("bob", 3, metric="posts")]
    await counted(store, program, *puts)
    async with store.writing(program) as writing:
        await writing.set_ranked(None, {"votes": False, "none": True})
        assert (await writing.totals(of("ann"))).ranked == set()
        assert (await writing.totals(of("bob"))).ranked == {puts[2].key}
        await writing.set_ranked(None, {"votes": True})
        assert (await writing.totals(of("bob"))).ranked == {puts[1].key, puts[2].key}
