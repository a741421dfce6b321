"""Where members stand at a moment by what is known of them: their levels and their streaks.

Nothing of that is stored, since time changes it. So a preview works it out twice: by the rules in
force from what is stored, and by other rules from what those make of the history.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled import CompiledProgram, CompiledTier
from gamification.ids import MemberId
from gamification.reading import Reading
from gamification.state import Tally, TallyKey
from gamification.streaks import status_at
from gamification.tier_levels import NO_LEVEL
from gamification.tier_steps import Find, tallies_asked
from gamification.tiers import level_at


class InTime(NamedTuple):
    """A member's levels, as indexes by ladder, and the lengths of their streaks."""

    levels: Mapping[str, int]
    lengths: Mapping[str, int]


def in_time(program: CompiledProgram, member: MemberId, find: Find, *, now: datetime) -> InTime:
    """Where a member stands now by some rules, and by the numbers that `find` knows."""
    calendar = program.calendar
    return InTime(
        {
            tier.key: level_at(tier, member, find, at=now, calendar=calendar)
            for tier in program.tiers.values()
        },
        {
            streak.key: status_at(streak, member, find, at=now, calendar=calendar).length
            for streak in program.streaks.values()
        },
    )


async def stored_in_time(
    reading: Reading, program: CompiledProgram, members: Collection[MemberId], *, now: datetime
) -> dict[MemberId, InTime]:
    """The same for several members by what is stored, in at most one statement."""
    asked = {(metric, "") for each in program.streaks.values() for metric in each.metrics}
    for tier in program.tiers.values():
        asked |= tallies_asked(tier, now, program.calendar)
    tallies: Mapping[TallyKey, Tally] = await reading.tallies(members, asked) if asked else {}
    return {member: in_time(program, member, tallies.get, now=now) for member in members}


def climbed(old: CompiledTier | None, new: CompiledTier | None, before: int, after: int) -> int:
    """By how many levels a member rises from one of an old ladder to one of a new; falls, if < 0.

    Levels are the same where their keys are; one that the new ladder does not have counts by its
    place. Of a ladder that is not there (None) everyone has what everyone has of the other.
    """
    if new is None:
        return 0 if old is None else old.lowest - before
    if old is None:
        return after - new.lowest
    if before == NO_LEVEL:
        return after - before
    key = old.levels[before].key
    places = {level.key: index for index, level in enumerate(new.levels)}
    return after - places.get(key, before)


def level_key(tier: CompiledTier | None, level: int) -> str | None:
    """The key of a level of a ladder; None below the lowest, and where there is no ladder."""
    return None if tier is None or level == NO_LEVEL else tier.levels[level].key
