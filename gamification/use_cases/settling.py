"""The end of every transaction that changes members: what they share is settled, all is written.

Without it two transactions could give the last place among the first of a challenge to two members,
or miss the moment at which all together reach a goal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gamification.challenges import EPOCH, INSTANT
from gamification.commands import CommandType
from gamification.definition.compiled import CompiledChallenge
from gamification.facts import Activity
from gamification.ids import MemberId
from gamification.live import Changes
from gamification.outcomes import Outcome, PointsAdjusted, made
from gamification.ports import Writing
from gamification.settlement import Settlement
from gamification.state import TallyKey
from gamification.teams import MEMBERS_METRIC, run_and_team
from gamification.use_cases.combining import TeamRun, combined, mates_of
from gamification.use_cases.rebuilding import rebuild


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written; `outcomes` is what followed for members from what they share."""

    changes: Changes
    outcomes: Mapping[MemberId, tuple[Outcome, ...]]


async def settle(
    writing: Writing, settlement: Settlement, *, now: datetime, announce: bool
) -> Settled:
    """Write a settlement, and what follows from numbers that members share.

    The shared numbers are locked before anything is written, since writing notices takes a lock,
    too. Facts must have been written before.
    """
    waiting = await _waiting(writing, settlement)
    keys = {challenge.places_key(key.window) for key, challenge in waiting}
    for metric, run in settlement.totals:
        keys.update(settlement.program.rules.totalled[metric].shared_keys(run))
    numbers = await writing.lock_shared(keys) if keys else {}
    places = _places(waiting, numbers, now=now)
    await _add_up(writing, settlement, numbers, now=now)
    if numbers:
        await writing.put_shared(numbers)
    changes = await settlement.write(writing, announce=announce)
    if announce:
        mates = await mates_of(writing, _teams_moved(settlement))
        changes = changes._replace(members=changes.members | mates)
    if not places:
        return Settled(changes, {})
    await writing.add_activities(places)
    return await _with_places(writing, settlement, places, changes=changes, announce=announce)


def _teams_moved(settlement: Settlement) -> set[str]:
    """The teams whose numbers or members have changed."""
    totalled = settlement.program.rules.totalled
    if not any(each.is_of_teams for each in totalled.values()):
        return set()
    runs = [run for metric, run in settlement.totals if totalled[metric].is_of_teams]
    joined = [key.window for key in settlement.changed if key.metric == MEMBERS_METRIC]
    return {run_and_team(run)[1] for run in runs} | set(joined)


Waiting = tuple[TallyKey, CompiledChallenge]


async def _waiting(writing: Writing, settlement: Settlement) -> list[Waiting]:
    """Who has reached all now and needs a place among the first, in the order of having done so."""
    limited = settlement.program.rules.limited
    if not limited:
        return []
    found = [(key, limited[key.metric]) for key in settlement.tallies if key.metric in limited]
    given = await writing.activities([_key(each) for each in found]) if found else {}
    new = [each for each in found if _key(each) not in given]
    tallies = settlement.tallies
    return sorted(new, key=lambda each: (tallies[each[0]].reached_at, each[0].member))


def _key(waiting: Waiting) -> str:
    key, challenge = waiting
    return challenge.place_fact(key.window, key.member)


def _places(waiting: list[Waiting], numbers: dict[str, int], *, now: datetime) -> list[Activity]:
    """The facts that members have a place, as long as there are places. Counts them."""
    places: list[Activity] = []
    for key, challenge in waiting:
        counter = challenge.places_key(key.window)
        assert challenge.winners is not None, "it is one of the limited"
        if numbers[counter] < challenge.winners:
            numbers[counter] += 1
            places.append(
                Activity(
                    key=challenge.place_fact(key.window, key.member),
                    member=key.member,
                    type=CommandType.CHALLENGE_WON.value,
                    value=0,
                    properties={"challenge": challenge.key, "run": key.window},
                    occurred_at=now,
                    received_at=now,
                )
            )
    return places


async def _add_up(
    writing: Writing, settlement: Settlement, numbers: dict[str, int], *, now: datetime
) -> None:
    """Move the totals. When a goal is reached first is written down, and stays so."""
    totalled = settlement.program.rules.totalled
    moved = [(totalled[metric], run, move) for (metric, run), move in settlement.totals.items()]
    for challenge, run, move in moved:
        numbers[challenge.total_key(run)] += move
    open_ = [(each, run) for each, run, _ in moved if not numbers[each.reached_key(run)]]
    teams = [TeamRun(each, *run_and_team(run)) for each, run in open_ if each.is_of_teams]
    come_to = numbers
    if teams:
        changed = settlement.changed
        come_to = numbers | await combined(writing, teams, totals=numbers, changed=changed)
    # Clocks of senders may be ahead of ours: what was counted was done by then.
    latest = max((each.occurred_at for each in settlement.last.values()), default=now)
    for challenge, run in open_:
        if come_to[challenge.total_key(run)] >= challenge.steps[0].target:
            numbers[challenge.reached_key(run)] = (max(now, latest) - EPOCH) // INSTANT


async def _with_places(
    writing: Writing,
    settlement: Settlement,
    places: list[Activity],
    *,
    changes: Changes,
    announce: bool,
) -> Settled:
    """Judge the members again who have got a place, and write what follows."""
    members = await writing.lock_members_by_id({place.member for place in places})
    after, corrections = await rebuild(writing, settlement.program, members)
    for place in places:
        last = members[place.member].last
        after.last[place.member] = place.order if last is None else max(last, place.order)
    more = await after.write(writing, announce=announce)
    outcomes: dict[MemberId, tuple[Outcome, ...]] = {}
    for member, correction in zip(sorted(members), corrections, strict=True):
        outcomes[member] = (
            *(made(award) for award in correction.new_awards),
            *(PointsAdjusted(entry) for entry, _ in correction.entries),
        )
    return Settled(
        Changes(
            changes.program,
            changes.members | more.members,
            changes.boards | more.boards,
            (*changes.notices, *more.notices),
        ),
        outcomes,
    )
