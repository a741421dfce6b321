"""Challenges whose outcome members share: places among the first, and goals reached together."""

from datetime import timedelta

from gamification.commands import CommandType, NewCommand
from gamification.duties.reward_communities import reward_communities
from gamification.outcomes import ChallengeCompleted
from gamification.progress import ProgressKind
from gamification.use_cases.apply_definition import Backfill
from gamification.use_cases.show_progress import progress_of_members
from tests.builders import after, definition, sent
from tests.scene import Scene, scene

FIRST_TWO = definition(
    activities={"ran": {"value": "km"}},
    metrics={"distance": {"sum": "value", "of": "ran"}},
    points={"stars": {}},
    challenges={
        "sprint": {
            "goal": {"metric": "distance", "target": 10},
            "every": "week",
            "winners": {"most": 2},
            "give": {"stars": 5, "badge": "fast"},
        }
    },
    badges={"fast": {}},
)

TOGETHER = definition(
    activities={"saved": {"value": "kg"}},
    metrics={"plastic": {"sum": "value", "of": "saved"}},
    points={"stars": {}},
    challenges={
        "together": {
            "goal": {"metric": "plastic", "target": 10},
            "of": "community",
            "give": {"stars": 3, "badge": "saver"},
        },
        "crew": {
            "goal": {"metric": "plastic", "target": 5},
            "of": "community",
            "join": "opt_in",
            "count_from": "join",
            "give": {"stars": 1},
        },
    },
    badges={"saver": {}},
)


async def held(told: Scene) -> dict[str, list[str]]:
    """What each member was awarded."""
    names = {member.id: member.external_id for member in await told.members()}
    return {
        names[id_]: sorted(f"{key.badge}{key.window and ' '}{key.window}" for key in total.awards)
        for id_, total in (await told.totals()).items()
    }


async def balances(told: Scene) -> dict[str, int]:
    """The stars of each member that has any account."""
    names = {member.id: member.external_id for member in await told.members()}
    return {
        names[key.member]: account.balance // 10_000
        for total in (await told.totals()).values()
        for key, account in total.accounts.items()
    }


async def shared(told: Scene, *keys: str) -> list[int]:
    reading = told.store.reading(told.program.record)
    found = await reading.shared_numbers(keys)
    return [found[key] for key in keys]


async def test_only_the_first_complete_it() -> None:
    told = await scene(FIRST_TWO)
    for number, name in enumerate(("ann", "ben", "cem")):
        await told.recorded(sent("ran", member=name, value="10", at=after(minutes=number)))
    won = ["challenge:sprint w2026-03-02", "fast"]
    assert await held(told) == {"ann": won, "ben": won, "cem": []}
    assert await balances(told) == {"ann": 5, "ben": 5}
    assert await shared(told, "challenge-places:sprint:w2026-03-02") == [2]
    assert await told.differences() == []


async def test_the_reply_tells_what_the_place_brought() -> None:
    told = await scene(FIRST_TWO)
    first, second = await told.recorded(
        sent("ran", value="4"), sent("ran", value="6", at=after(minutes=1))
    )
    assert not any(isinstance(each, ChallengeCompleted) for each in first.outcomes)
    assert [
        each.award.key.challenge for each in second.outcomes if isinstance(each, ChallengeCompleted)
    ] == ["sprint"]


async def test_in_one_batch_who_reached_it_first_is_first() -> None:
    told = await scene(FIRST_TWO)
    await told.recorded(
        sent("ran", member="ann", value="10", at=after(minutes=3)),
        sent("ran", member="ben", value="10", at=after(minutes=1)),
        sent("ran", member="cem", value="10", at=after(minutes=2)),
    )
    assert {name for name, awards in (await held(told)).items() if awards} == {"ben", "cem"}


async def test_a_place_is_decided_once_and_honoured_by_history() -> None:
    """Who had reached it earlier, as it turns out, gets no place that was given to others."""
    told = await scene(FIRST_TWO)
    await told.recorded(sent("ran", member="ann", value="10", at=after(minutes=5)))
    await told.recorded(sent("ran", member="ben", value="10", at=after(minutes=6), key="b"))
    await told.recorded(sent("ran", member="cem", value="10", at=after(minutes=1)))
    assert {name for name, awards in (await held(told)).items() if awards} == {"ann", "ben"}
    await told.retract("b")
    assert {name for name, awards in (await held(told)).items() if awards} == {"ann"}
    await told.recorded(sent("ran", member="dan", value="10", at=after(minutes=7)))
    assert {name for name, awards in (await held(told)).items() if awards} == {"ann"}
    await told.recorded(sent("ran", member="ben", value="12", at=after(minutes=8)))
    assert {name for name, awards in (await held(told)).items() if awards} == {"ann", "ben"}
    assert await shared(told, "challenge-places:sprint:w2026-03-02") == [2]
    assert await told.differences() == []


async def test_the_auditor_finds_a_place_too_many() -> None:
    told = await scene(FIRST_TWO)
    await told.recorded(sent("ran", value="10"))
    async with told.store.writing(told.program.record) as writing:
        await writing.lock_shared(["challenge-places:sprint:w2026-03-02"])
        await writing.put_shared({"challenge-places:sprint:w2026-03-02": 2})
    assert [str(each) for each in await told.differences()] == [
        "the shared number of challenge-places:sprint:w2026-03-02: stored 2, computed 1"
    ]


async def save(
    told: Scene, member: str, value: str, minutes: float, key: str | None = None
) -> None:
    await told.recorded(
        sent("saved", member=member, value=value, at=after(minutes=minutes), key=key)
    )


async def reward(told: Scene) -> int:
    return await reward_communities(told.store, told.bus, told.program, now=told.now)


async def test_who_added_to_it_by_then_is_rewarded_once() -> None:
    told = await scene(TOGETHER, now=after(minutes=30))
    await save(told, "ann", "6", 1)
    assert await reward(told) == 0
    await save(told, "ben", "4", 2)
    told.now = after(minutes=40)
    await save(told, "cem", "9", 35)
    assert await held(told) == {"ann": [], "ben": [], "cem": []}
    assert await reward(told) == 2
    won = ["challenge:together", "saver"]
    assert await held(told) == {"ann": won, "ben": won, "cem": []}
    assert await reward(told) == 0
    assert await balances(told) == {"ann": 3, "ben": 3}
    assert await shared(told, "challenge-total:together:") == [190_000]
    assert await told.differences() == []


async def test_a_reward_that_a_crash_cut_off_is_completed() -> None:
    told = await scene(TOGETHER, now=after(minutes=30))
    for number in range(5):
        await save(told, f"m{number}", "2", number)
    page = [
        NewCommand(
            member=f"m{number}",
            type=CommandType.CHALLENGE_WON,
            value=0,
            properties={"challenge": "together", "run": ""},
            key=told.program.rules.challenges["together"].place_fact(
                "", (await told.member(f"m{number}")).id
            ),
        )
        for number in range(2)
    ]
    await told.recorded(*page)
    rewarded = await reward_communities(
        told.store, told.bus, told.program, now=told.now, page_size=2
    )
    assert rewarded == 3
    assert await balances(told) == {f"m{number}": 3 for number in range(5)}


async def test_what_is_reached_stays_reached() -> None:
    told = await scene(TOGETHER, now=after(minutes=30))
    await save(told, "ann", "10", 1, key="a")
    reached = await shared(told, "challenge-reached:together:")
    await told.retract("a")
    assert await shared(told, "challenge-total:together:") == [0]
    assert await shared(told, "challenge-reached:together:") == reached
    assert await told.differences() == []


async def test_only_members_who_joined_add_to_it_and_who_left_is_not_rewarded() -> None:
    told = await scene(TOGETHER, now=after(minutes=30))
    crew = {"challenge": "crew", "run": ""}
    for name in ("ann", "ben"):
        await told.recorded(
            NewCommand(name, CommandType.CHALLENGE_JOINED, 0, crew, occurred_at=after(minutes=1))
        )
    await save(told, "cem", "5", 2)
    await save(told, "ann", "3", 3)
    await save(told, "ben", "2", 4)
    assert await shared(told, "challenge-total:crew:") == [50_000]
    await told.recorded(
        NewCommand("ben", CommandType.CHALLENGE_LEFT, 0, crew, occurred_at=after(minutes=5))
    )
    told.now += timedelta(minutes=1)
    await reward(told)
    names = {name for name, awards in (await held(told)).items() if "challenge:crew" in awards}
    assert names == {"ann"}


async def test_a_bar_shows_the_total_and_the_members_share() -> None:
    told = await scene(TOGETHER, now=after(minutes=30))
    await save(told, "ann", "3", 1)
    await save(told, "ben", "4.5", 2)
    ann = (await told.member("ann")).id
    reading = told.store.reading(told.program.record)
    bars = await progress_of_members(reading, told.program.rules, [ann], now=told.now)
    (bar,) = [each for each in bars[ann] if each.kind is ProgressKind.CHALLENGE]
    assert (bar.key, bar.current, bar.target, bar.share) == ("together", 75_000, 100_000, 30_000)


async def test_a_backfill_adds_up_what_was_done_before() -> None:
    told = await scene(
        definition(
            activities={"saved": {"value": "kg"}},
            metrics={"plastic": {"sum": "value", "of": "saved"}},
            points={"stars": {}},
        ),
        now=after(minutes=30),
    )
    await save(told, "ann", "6", 1)
    await save(told, "ben", "5", 2)
    await told.apply(TOGETHER, backfill=Backfill.SILENT)
    assert await shared(told, "challenge-total:together:") == [110_000]
    assert await reward(told) == 2
    assert await told.differences() == []
