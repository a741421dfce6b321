"""Moves: from then on a member's days are those of another zone.

A move to the east takes hours from the days that it happens on, or leaves whole dates out: streaks
of the member's own days ask for nothing on them, and count them all the same if they are done. A
move to the west makes a day longer, which costs nothing.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from gamification.days import local_day, plus_days, zone, zone_names
from gamification.definition.compiled import CompiledStreak
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.names import number_of
from gamification.rules.streak import put_run, put_zone
from gamification.streak_runs import Rest, calendar_of, period_at, run_of, settled


def zone_moved_to(command: Activity) -> str:
    """The name of the zone that a member moves to."""
    return str(command.properties["zone"])


def move(draft: Draft) -> None:
    """Let the member live in another zone."""
    name = zone_moved_to(draft.activity)
    if name not in zone_names():  # a newer data base knew it, and this one does not
        return
    for streak in draft.program.streaks.values():
        if streak.is_local:
            _spare(draft, streak, zone(name))
    put_zone(draft, number_of(name))


def _spare(draft: Draft, streak: CompiledStreak, to: ZoneInfo) -> None:
    """Ask for nothing on the days that the move makes shorter."""
    member, at = draft.activity.member, draft.activity.occurred_at
    calendar = calendar_of(streak, member, draft.tally, draft.program.calendar)
    kept = run_of(streak, member, draft.tally)
    period = period_at(streak, at, calendar)
    run = settled(streak, kept, period, calendar)
    lost = _shortened(at, calendar.zone, to)
    if lost is None or not run.length:
        return
    if run.move is not None and plus_days(run.move.last, 1) >= lost.first:  # one move upon another
        lost = Rest(min(run.move.first, lost.first), max(run.move.last, lost.last))
    put_run(draft, streak, kept, run._replace(move=lost), day=period)


def _shortened(at: datetime, left: ZoneInfo, to: ZoneInfo) -> Rest | None:
    """From the day that is left to the day that is arrived on; None where no hour is lost."""
    before, after = at.astimezone(left).utcoffset(), at.astimezone(to).utcoffset()
    assert before is not None, "zones have offsets"
    assert after is not None, "zones have offsets"
    return Rest(local_day(at, left), local_day(at, to)) if after > before else None
