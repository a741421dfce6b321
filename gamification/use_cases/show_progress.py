"""Progress bars, read: of many members as they are now, of one as an activity would leave them."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from gamification.definition.compiled import CompiledProgram
from gamification.ids import MemberId
from gamification.progress import SUBJECTS_MAX, Needs, Progress, companions, needs, progress_of
from gamification.reading import Reading
from gamification.state import AwardKey, Tally, TallyKey
from gamification.stored import SubjectBound
from gamification.teams import team_of
from gamification.use_cases.combining import numbers_of_teams, runs_of_teams, teams_of
from gamification.use_cases.simulate_activity import Simulated

Key = TypeVar("Key", TallyKey, AwardKey)
Value = TypeVar("Value")


class _Found(NamedTuple):
    """What was read for progress bars: as `Needs` asks for it."""

    tallies: dict[TallyKey, Tally]
    subjects: dict[TallyKey, Tally]
    earned: dict[AwardKey, datetime]
    shared: dict[str, int]


async def progress_of_members(
    reading: Reading, rules: CompiledProgram, members: Collection[MemberId], *, now: datetime
) -> dict[MemberId, list[Progress]]:
    """Each member's progress bars, in three statements however many members there are: four where
    a badge has several criteria about a subject, and more where teams have goals."""
    teams = await teams_of(reading, rules, members)
    asked = needs(rules, now, teams=set(teams.values()))
    found = await _read(reading, asked, members, limit=SUBJECTS_MAX)
    of_teams = await numbers_of_teams(reading, runs_of_teams(rules, teams.values(), now))
    others = companions(rules, found.subjects, now) - found.subjects.keys()
    beside = await reading.tallies_by_key(others) if others else {}
    numbers = _by_member(found.tallies | found.subjects | beside)
    held = _by_member(found.earned)
    return {
        member: progress_of(
            rules,
            member,
            tallies=numbers[member],
            earned=held[member],
            now=now,
            shared=found.shared | of_teams,
            team=teams.get(member),
        )
        for member in members
    }


async def progress_after(
    reading: Reading, rules: CompiledProgram, simulated: Simulated, *, now: datetime
) -> list[Progress]:
    """The member's progress bars as they would be, had the activity been recorded."""
    member, after = simulated.recorded.member.id, simulated.settlement
    team = team_of(simulated.recorded.member.attributes)
    teams = () if team is None else (team,)
    asked = needs(rules, now, teams=teams)
    # Any number that moves may have hidden one more subject from the reading.
    spare = len(after.tallies) + len(after.lost_tallies)
    found = await _read(reading, asked, [member], limit=SUBJECTS_MAX + spare)
    changed = after.changed
    tallies = _kept(found.tallies | changed)
    subjects = _nearest(asked.subjects, _kept(found.subjects | changed))
    others = companions(rules, subjects, now) - subjects.keys()
    beside = await reading.tallies_by_key(others) if others else {}
    moved = {key: tally for key, tally in changed.items() if key in others}
    subjects |= _kept(beside | moved)
    plain = {key: tally for key, tally in tallies.items() if not key.subject}
    gained = {award.key: award.earned_at for award in after.awards}
    earned = {
        key: at for key, at in (found.earned | gained).items() if key not in set(after.lost_awards)
    }
    of_teams = await numbers_of_teams(reading, runs_of_teams(rules, teams, now))
    return progress_of(
        rules,
        member,
        tallies=plain | subjects,
        earned=earned,
        now=now,
        shared=found.shared | of_teams,
        team=team,
    )


async def _read(
    reading: Reading, asked: Needs, members: Collection[MemberId], *, limit: int
) -> _Found:
    tallies, subjects, earned, shared = await asyncio.gather(
        reading.tallies(members, asked.tallies),
        reading.subjects_below(members, asked.subjects, limit=limit),
        reading.earned(members, asked.badges),
        reading.shared_numbers(asked.shared) if asked.shared else _none(),
    )
    return _Found(tallies, subjects, earned, shared)


async def _none() -> dict[str, int]:
    return {}


def _kept(numbers: Mapping[TallyKey, Tally | None]) -> dict[TallyKey, Tally]:
    return {key: tally for key, tally in numbers.items() if tally is not None}


def _nearest(
    bounds: Iterable[SubjectBound], numbers: Mapping[TallyKey, Tally]
) -> dict[TallyKey, Tally]:
    """Of each bound's subjects those that `Reading.subjects_below` would find."""
    found: dict[TallyKey, Tally] = {}
    for metric, window, bound in bounds:
        below = [
            (key, tally)
            for key, tally in numbers.items()
            if key.subject and (key.metric, key.window) == (metric, window) and tally.value < bound
        ]
        below.sort(key=lambda one: (-one[1].value, one[0].subject))
        found.update(below[:SUBJECTS_MAX])
    return found


def _by_member(found: Mapping[Key, Value]) -> dict[MemberId, dict[Key, Value]]:
    """Each member's share, so that no member's progress looks through everybody's numbers."""
    shares: dict[MemberId, dict[Key, Value]] = defaultdict(dict)
    for key, value in found.items():
        shares[key.member][key] = value
    return shares
