"""What activities are judged by is one moment, whatever others commit meanwhile."""

from collections.abc import AsyncIterator

import pytest

from gamification.ports import Member, ProgramRecord, Store
from gamification.state import Account, AccountKey, TallySpan
from models.store import open_store
from tests.store.builders import (
    T0,
    activity,
    award,
    award_key,
    counted,
    new_program,
    of,
    ranked,
    recorded,
    registered,
    retraction,
    tally,
    tally_key,
)


@pytest.fixture
async def two_processes(database_url: str) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database, as two processes have them."""
    async with open_store(database_url) as one, open_store(database_url) as other:
        yield one, other


async def test_all_that_is_stored_is_seen(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    await recorded(store, program, activity("k"))
    await counted(store, program, ranked("ann", 3), ranked("ann", 5, window="2017-08-22"))
    account, made = AccountKey(of("ann"), "reputation"), award(award_key(), "k")
    async with store.writing(program) as writing:
        await writing.add_retractions([retraction("r", "k", 5)])
        await writing.put_accounts({account: Account(9)})
        await writing.add_awards([made])
        totals = await writing.totals(of("ann"))
    ann = Member(of("ann"), "ann", None, {}, T0, None)
    day = tally_key(window="2017-08-22")
    async with store.judging(program) as judging:
        assert await judging.members([of("ann"), of("eve")]) == {ann.id: ann}
        assert await judging.members_by_external_id(["ann", "eve"]) == {"ann": ann}
        assert await judging.activities(["k", "none"]) == {"k": activity("k")}
        assert await judging.retractions(["k"]) == {"k": (retraction("r", "k", 5),)}
        span = TallySpan(of("ann"), "votes", "2017-08-01", "2017-08-31")
        assert await judging.tallies([tally_key()], [span]) == {
            tally_key(): tally(3),
            day: tally(5),
        }
        assert await judging.accounts([account]) == {account: Account(9)}
        assert await judging.awards([made.key]) == {made.key: made}
        assert await judging.history(of("ann")) == [(activity("k"), (retraction("r", "k", 5),))]
        assert await judging.totals(of("ann")) == totals


async def test_what_is_committed_meanwhile_is_not_seen(
    two_processes: tuple[Store, Store],
) -> None:
    one, other = two_processes
    program = await new_program(one, "forum")
    await registered(one, program, "ann")
    await recorded(one, program, activity("k1"))
    async with one.judging(program) as judging:
        assert list(await judging.activities(["k1", "k2"])) == ["k1"]
        await recorded(other, program, activity("k2"))
        await registered(other, program, "bob")
        assert list(await judging.activities(["k1", "k2"])) == ["k1"]
        assert await judging.members_by_external_id(["bob"]) == {}
    async with one.judging(program) as judging:
        assert sorted(await judging.activities(["k1", "k2"])) == ["k1", "k2"]


async def test_an_error_leaves_the_connection_as_it_was(
    two_processes: tuple[Store, Store],
) -> None:
    one, _ = two_processes
    program = await new_program(one, "forum")

    async def fail() -> None:
        async with one.judging(program) as judging:
            await judging.activities(["k"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await registered(one, program, "ann")
    assert await one.reading(program).member_count() == 1
