"""Challenges that the members of a team reach together, worked out by hand."""

from datetime import timedelta
from typing import Any

from gamification.commands import CommandType, NewCommand
from gamification.duties.reward_communities import reward_communities
from gamification.state import AwardKey
from gamification.teams import team_of
from tests.builders import after, definition, sent
from tests.scene import Scene, scene


def club(**challenge: Any) -> Any:
    """A program with one challenge of teams, to come to 10 kilometres."""
    whole: dict[str, Any] = {"goal": {"metric": "distance", "target": 10}, "of": "team"}
    return definition(
        activities={"ran": {"value": "km"}},
        metrics={"distance": {"sum": "value", "of": "ran"}},
        points={"stars": {}},
        challenges={"relay": whole | {"give": {"stars": 3, "badge": "relay"}} | challenge},
        badges={"relay": {}},
    )


async def join(told: Scene, member: str, team: str, minutes: float) -> None:
    at, properties = after(minutes=minutes), {"team": team}
    await told.recorded(NewCommand(member, CommandType.TEAM_JOINED, 0, properties, occurred_at=at))


async def leave(told: Scene, member: str, team: str, minutes: float) -> None:
    at, properties = after(minutes=minutes), {"team": team}
    await told.recorded(NewCommand(member, CommandType.TEAM_LEFT, 0, properties, occurred_at=at))


async def run(told: Scene, member: str, km: str, minutes: float, key: str | None = None) -> None:
    await told.recorded(sent("ran", member=member, value=km, at=after(minutes=minutes), key=key))


async def shared(told: Scene, *keys: str) -> list[int]:
    found = await told.store.reading(told.program.record).shared_numbers(keys)
    return [found[key] for key in keys]


async def total(told: Scene, team: str) -> int:
    return (await shared(told, f"challenge-total:relay:@{team}"))[0]


async def is_reached(told: Scene, team: str) -> bool:
    return (await shared(told, f"challenge-reached:relay:@{team}"))[0] > 0


async def reward(told: Scene) -> int:
    return await reward_communities(told.store, told.bus, told.program, now=told.now)


async def winners(told: Scene) -> list[str]:
    """Who was awarded the challenge."""
    totals = await told.totals()
    return sorted(
        member.external_id
        for member in await told.members()
        if AwardKey(member.id, "challenge:relay", 1, "", "") in totals[member.id].awards
    )


async def test_the_sum_of_a_team_is_reached_and_who_added_to_it_is_rewarded_once() -> None:
    told = await scene(club(), now=after(minutes=60))
    for name, team in (("ann", "red"), ("ben", "red"), ("cem", "red"), ("dan", "blue")):
        await join(told, name, team, 1)
    await run(told, "ann", "6", 2)
    await run(told, "dan", "9.5", 3)
    await run(told, "eve", "30", 4)
    assert await reward(told) == 0
    await run(told, "ben", "4", 5)
    assert (await total(told, "red"), await total(told, "blue")) == (100_000, 95_000)
    assert await is_reached(told, "red")
    assert not await is_reached(told, "blue")
    assert await reward(told) == 2
    assert await winners(told) == ["ann", "ben"]
    assert await reward(told) == 0
    ann = (await told.member("ann")).id
    award = (await told.totals())[ann].awards[AwardKey(ann, "challenge:relay", 1, "", "")]
    assert [(each.value, each.at_least) for each in award.evidence] == [(60_000, 100_000)]
    assert await told.differences() == []


async def test_the_mean_is_that_of_the_members_at_the_moment() -> None:
    told = await scene(club(combine="mean"), now=after(minutes=60))
    for name in ("ann", "ben", "cem"):
        await join(told, name, "red", 1)
    await run(told, "ann", "12", 2)
    await run(told, "ben", "17.9998", 3)
    assert not await is_reached(told, "red")  # 29.9998 of three are 9.9999
    await run(told, "ben", "0.0002", 4)
    assert await is_reached(told, "red")
    assert await reward(told) == 2
    assert await winners(told) == ["ann", "ben"]
    assert await told.differences() == []


async def test_who_has_left_is_not_part_of_the_mean() -> None:
    told = await scene(club(combine="mean"), now=after(minutes=60))
    for name in ("ann", "ben", "cem"):
        await join(told, name, "red", 1)
    await run(told, "ann", "29", 2)
    await leave(told, "ann", "red", 3)
    await run(told, "ben", "19.9999", 4)
    assert not await is_reached(told, "red")  # ben's alone, of two, are less than 10
    await run(told, "cem", "0.0001", 5)
    assert await is_reached(told, "red")
    assert await total(told, "red") == 490_000
    assert await reward(told) == 3
    assert await told.differences() == []


async def test_only_the_best_two_count() -> None:
    told = await scene(club(combine="best", best=2), now=after(minutes=60))
    for name in ("ann", "ben", "cem"):
        await join(told, name, "red", 1)
        await run(told, name, "4", 2)
    assert await total(told, "red") == 120_000
    assert not await is_reached(told, "red")  # 4 and 4
    await run(told, "cem", "2", 3)
    assert await is_reached(told, "red")  # 6 and 4
    assert await reward(told) == 3
    assert await told.differences() == []


async def test_one_batch_is_combined_as_it_will_be_written() -> None:
    told = await scene(club(combine="best", best=2), now=after(minutes=60))
    for name in ("ann", "ben", "cem"):
        await join(told, name, "red", 1)
    await told.recorded(
        *(sent("ran", member=name, value="5", at=after(minutes=2)) for name in ("ann", "ben"))
    )
    assert await is_reached(told, "red")
    assert await told.differences() == []


async def test_what_a_member_did_stays_with_the_team_they_were_in() -> None:
    """Joining another team leaves the first; late activity counts for the team of its time."""
    told = await scene(club(), now=after(minutes=60))
    await join(told, "ann", "red", 1)
    await run(told, "ann", "4", 2)
    await join(told, "ann", "blue", 10)
    await run(told, "ann", "3", 11)
    assert (await total(told, "red"), await total(told, "blue")) == (40_000, 30_000)
    await run(told, "ann", "5", 5)
    assert (await total(told, "red"), await total(told, "blue")) == (90_000, 30_000)
    await run(told, "ann", "8", 0.5)  # before she was in any
    assert (await total(told, "red"), await total(told, "blue")) == (90_000, 30_000)
    assert team_of((await told.member("ann")).attributes) == "blue"
    await leave(told, "ann", "blue", 20)
    await run(told, "ann", "8", 21)
    assert (await total(told, "red"), await total(told, "blue")) == (90_000, 30_000)
    assert team_of((await told.member("ann")).attributes) is None
    await run(told, "ann", "1", 6)
    assert await is_reached(told, "red")
    assert await reward(told) == 1
    assert await winners(told) == ["ann"]
    assert await told.differences() == []


async def test_a_joining_that_is_taken_back_has_all_judged_again() -> None:
    told = await scene(club(), now=after(minutes=60))
    joined = NewCommand(
        "ann", CommandType.TEAM_JOINED, 0, {"team": "red"}, occurred_at=after(minutes=1), key="j"
    )
    await told.recorded(joined)
    await run(told, "ann", "4", 2)
    await told.retract("j")
    assert await total(told, "red") == 0
    assert team_of((await told.member("ann")).attributes) is None
    assert await told.differences() == []


async def test_what_a_team_has_reached_stays_reached() -> None:
    told = await scene(club(), now=after(minutes=60))
    await join(told, "ann", "red", 1)
    await run(told, "ann", "10", 2, key="far")
    await told.retract("far")
    assert await total(told, "red") == 0
    assert await is_reached(told, "red")
    assert await told.differences() == []


async def test_a_member_has_one_completion_of_a_run_with_whatever_teams() -> None:
    told = await scene(club(), now=after(minutes=60))
    await join(told, "ann", "red", 1)
    await run(told, "ann", "10", 2)
    await join(told, "ann", "blue", 3)
    await run(told, "ann", "10", 4)
    assert await is_reached(told, "red")
    assert await is_reached(told, "blue")
    assert await reward(told) == 1
    assert await reward(told) == 0
    assert await told.differences() == []


async def test_each_run_of_a_team_is_its_own() -> None:
    told = await scene(club(every="week"), now=after(minutes=60))
    await join(told, "ann", "red", 1)
    await run(told, "ann", "6", 2)
    told.now += timedelta(days=7)
    await told.recorded(sent("ran", member="ann", value="7", at=told.now))
    weeks = ("w2026-03-02@red", "w2026-03-09@red")
    assert await shared(told, *(f"challenge-total:relay:{week}" for week in weeks)) == [
        60_000,
        70_000,
    ]
    assert await told.differences() == []


async def test_the_auditor_adds_up_the_totals_of_teams() -> None:
    told = await scene(club(), now=after(minutes=60))
    await join(told, "ann", "red", 1)
    await run(told, "ann", "6", 2)
    async with told.store.writing(told.program.record) as writing:
        await writing.lock_shared(["challenge-total:relay:@red"])
        await writing.put_shared({"challenge-total:relay:@red": 5})
    assert [str(each) for each in await told.differences()] == [
        "the shared number of challenge-total:relay:@red: stored 5, computed 60000"
    ]
