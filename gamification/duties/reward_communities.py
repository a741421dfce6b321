"""Members who have a part in what was reached together are rewarded, each once."""

from datetime import datetime
from typing import NamedTuple

from gamification.challenges import moment_of
from gamification.commands import CommandType, NewCommand
from gamification.definition.compiled import CompiledChallenge
from gamification.facts import Scalar
from gamification.live import Bus
from gamification.ports import Board, Member, Standing, Store
from gamification.program import Program
from gamification.teams import run_and_team
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded

PAGE_SIZE = 200
"""How many members one transaction rewards."""


async def reward_communities(
    store: Store, bus: Bus, program: Program, *, now: datetime, page_size: int = PAGE_SIZE
) -> int:
    """Reward for every run of a challenge that its goal was reached by all together, or by a team;
    how many members that were.

    Who had added to it by the moment at which it was reached has a part in it. Each reward is a
    fact with a key of its own, and a run is done with when all have theirs.
    """
    shared = [each for each in program.rules.challenges.values() if each.is_shared]
    if not shared:
        return 0
    numbers = await store.auditing(program.record).shared_numbers()
    count = 0
    for challenge in shared:
        first = challenge.reached_key("")
        for run in sorted(key.removeprefix(first) for key in numbers if key.startswith(first)):
            by = moment_of(numbers[challenge.reached_key(run)])
            if by is not None and not numbers.get(challenge.rewarded_key(run)):
                won = _Won(challenge, run, by)
                count += await _reward(store, bus, program, won, now=now, page_size=page_size)
    return count


class _Won(NamedTuple):
    """A run whose goal was reached, by a time; of a team, as the window of its numbers."""

    challenge: CompiledChallenge
    run: str
    by: datetime


async def _reward(
    store: Store, bus: Bus, program: Program, won: _Won, *, now: datetime, page_size: int
) -> int:
    """Reward all who have a part in one run, in the order in which they first added to it."""
    challenge, run, by = won
    reading = store.reading(program.record)
    board, count = Board(challenge.contributed_metric, (run,)), 0
    after: Standing | None = None
    while True:
        page = await reading.standings(board, after=after, limit=page_size)
        part = [each.member for each in page if each.reached_at <= by]
        members = await reading.members(part)
        rewards = [_reward_of(challenge, run, members[each]) for each in part]
        results = await record_activities(
            store, bus, program, rewards, now=now, new_key=_none_needed
        )
        count += sum(isinstance(each, Recorded) and not each.replayed for each in results)
        if len(part) < page_size:
            break
        after = page[-1]
    async with store.writing(program.record) as writing:
        done = challenge.rewarded_key(run)
        await writing.lock_shared([done])
        await writing.put_shared({done: 1})
    return count


def _reward_of(challenge: CompiledChallenge, run: str, member: Member) -> NewCommand:
    run, team = run_and_team(run) if challenge.is_of_teams else (run, None)
    properties: dict[str, Scalar] = {"challenge": challenge.key, "run": run}
    return NewCommand(
        member=member.external_id,
        type=CommandType.CHALLENGE_WON,
        value=0,
        properties=properties if team is None else {**properties, "team": team},
        key=challenge.place_fact(run, member.id),
    )


def _none_needed() -> str:
    raise AssertionError("every reward has a key")
