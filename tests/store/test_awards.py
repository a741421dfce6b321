"""Awards: kept under their key, listed from the newest, counted by holder."""

from dataclasses import replace

import pytest

from gamification.ports import ProgramRecord, Store
from gamification.state import Award
from gamification.stored import AwardRow
from tests.store.builders import activity, at, award, award_key, of, recorded, registered


@pytest.fixture
async def awards(store: Store, program: ProgramRecord) -> list[AwardRow]:
    """ann: two teachers' levels and two nice answers; bob: one teacher."""
    await registered(store, program, "ann", "bob")
    await recorded(store, program, activity("k1"), activity("k2"), activity("k3"))
    made = [
        award(award_key("ann", "teacher", 1), "k1"),
        award(award_key("ann", "teacher", 2), "k2", value=50_000),
        award(award_key("bob", "teacher", 1), "k2"),
        award(award_key("ann", "nice", 1, "post 1"), "k3"),
        award(award_key("ann", "nice", 1, "post 2"), "k3", seconds=0.5),
    ]
    async with store.writing(program) as writing:
        await writing.add_awards(made[:2])
    async with store.writing(program) as writing:
        await writing.add_awards(made[2:])
    return [AwardRow(id_, each) for id_, each in enumerate(made, 1)]


async def put(store: Store, program: ProgramRecord, *added: Award) -> None:
    async with store.writing(program) as writing:
        await writing.add_awards(added)


async def test_each_members_newest_come_first(
    store: Store, program: ProgramRecord, awards: list[AwardRow]
) -> None:
    reading = store.reading(program)
    everyone = [of("ann"), of("bob"), of("eve")]
    assert await reading.awards(everyone, badges=None, before=None, limit=3) == {
        of("ann"): [awards[4], awards[3], awards[1]],
        of("bob"): [awards[2]],
        of("eve"): [],
    }
    assert await reading.awards(everyone[:1], badges=None, before=4, limit=1) == {
        of("ann"): [awards[1]]
    }
    assert await reading.awards(everyone[:1], badges=["teacher"], before=None, limit=9) == {
        of("ann"): [awards[1], awards[0]]
    }
    assert await reading.awards(everyone[:1], badges=[], before=None, limit=9) == {of("ann"): []}
    assert await reading.awards([], badges=None, before=None, limit=9) == {}


async def test_awards_are_counted(
    store: Store, program: ProgramRecord, awards: list[AwardRow]
) -> None:
    reading = store.reading(program)
    everyone = [of("ann"), of("bob"), of("eve")]
    assert await reading.award_counts(everyone, None) == dict(zip(everyone, [4, 1, 0], strict=True))
    assert await reading.award_counts(everyone, ["nice", "none"]) == dict(
        zip(everyone, [2, 0, 0], strict=True)
    )
    assert await reading.badge_holders(["teacher", "nice", "none"]) == {
        ("teacher", 1): 2,
        ("teacher", 2): 1,
        ("nice", 1): 1,
    }


async def test_when_awards_were_earned(
    store: Store, program: ProgramRecord, awards: list[AwardRow]
) -> None:
    reading = store.reading(program)
    assert await reading.earned([of("ann"), of("bob"), of("eve")], ["nice", "none"]) == {
        awards[3].award.key: at(0),
        awards[4].award.key: at(0.5),
    }
    assert await reading.earned([of("bob")], []) == {}


async def test_awards_are_found_by_id_by_key_and_by_cause(
    store: Store, program: ProgramRecord, awards: list[AwardRow]
) -> None:
    reading = store.reading(program)
    assert await reading.awards_by_id([1, 5, 99]) == {1: awards[0], 5: awards[4]}
    assert await reading.awards_by_key([awards[3].award.key, award_key("eve")]) == {
        awards[3].award.key: awards[3]
    }
    assert await reading.awards_of_activities(["k1", "k2", "none"]) == {
        "k1": [awards[0]],
        "k2": [awards[1], awards[2]],
        "none": [],
    }
    async with store.writing(program) as writing:
        assert await writing.awards([awards[0].award.key, award_key("eve")]) == {
            awards[0].award.key: awards[0].award
        }


async def test_an_award_is_replaced_in_its_place(
    store: Store, program: ProgramRecord, awards: list[AwardRow]
) -> None:
    changed = replace(award(awards[1].award.key, "k3", seconds=7, value=70_000), version=2)
    await put(store, program, changed)
    found = await store.reading(program).awards([of("ann")], badges=None, before=None, limit=9)
    assert found[of("ann")] == [awards[4], awards[3], AwardRow(2, changed), awards[0]]


async def test_a_revoked_award_is_gone_and_its_place_not_given_again(
    store: Store, program: ProgramRecord, awards: list[AwardRow]
) -> None:
    async with store.writing(program) as writing:
        await writing.delete_awards([awards[4].award.key, award_key("eve")])
    reading = store.reading(program)
    assert await reading.awards_by_id([5]) == {}
    await put(store, program, awards[4].award)
    assert await reading.awards_by_key([awards[4].award.key]) == {
        awards[4].award.key: AwardRow(6, awards[4].award)
    }
