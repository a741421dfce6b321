"""Commands: what each may move, whether it may be done now, and what it does."""

from gamification.commands import CommandType
from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiled.streaks import ZONE_METRIC
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.rules import (
    attributes,
    freeze,
    membership,
    move,
    participation,
    pause,
    placement,
    point,
    restore,
    transfer,
)
from gamification.rules.streak import streak_of
from gamification.state import State, TallyKey, TallySpan
from gamification.teams import memberships


def moved_by(program: CompiledProgram, command: Activity) -> tuple[str, ...]:
    """What a command moves, as `CompiledProgram.moving` names it: units of points, and streaks by
    the metric of their length."""
    type_ = CommandType(command.type)
    match type_:
        case CommandType.MEMBER_CHANGED | CommandType.TEAM_JOINED | CommandType.TEAM_LEFT:
            return ()
        case CommandType.MEMBER_MOVED:
            local = (each.metric for each in program.streaks.values() if each.is_local)
            return (ZONE_METRIC, *local)
        case (
            CommandType.STREAK_FREEZES_GRANTED
            | CommandType.STREAK_PAUSED
            | CommandType.STREAK_RESUMED
        ):
            return _streaks_moved(program, command)
        case CommandType.STREAK_RESTORED:
            unit = restore.unit_of(command)
            return (*_streaks_moved(program, command), *(() if unit is None else (unit,)))
        case CommandType.TIER_PLACED:
            tier = program.tiers.get(placement.tier_of(command))
            return () if tier is None else (tier.placed_metric,)
        case CommandType.CHALLENGE_JOINED | CommandType.CHALLENGE_WON:
            return participation.moved_by(program, command)
        case CommandType.CHALLENGE_LEFT | CommandType.CHALLENGE_INVITED:
            return ()  # it completes nothing
        case _:  # about points, as the type checker knows
            return point.units_moved(type_, command)


def numbers_read(program: CompiledProgram, command: Activity) -> list[TallyKey]:
    """The tallies that a command reads by names of its own, and not those of its day."""
    if CommandType(command.type) in participation.COMMANDS:
        return participation.numbers_read(program, command)
    if command.type == CommandType.POINTS_SENT.value:
        return transfer.numbers_read(program, command)
    if command.type == CommandType.MEMBER_CHANGED.value or command.type in membership.COMMANDS:
        return [attributes.changes_of(command)]
    return []


def spans_read(command: Activity) -> list[TallySpan]:
    """The numbers that a command reads by names which depend on where the member was before."""
    return [memberships(command.member)] if command.type in membership.COMMANDS else []


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Raise a `Refusal` where the command cannot be done on the state as it is.

    Asked once, when the command arrives. History may turn out to be another later, and then the
    command stands all the same.
    """
    type_ = CommandType(command.type)
    match type_:
        case CommandType.MEMBER_CHANGED:
            pass  # the app knows its members
        case CommandType.MEMBER_MOVED:
            pass  # people live where they live
        case CommandType.TIER_PLACED:
            pass  # whoever places has decided it
        case CommandType.STREAK_FREEZES_GRANTED:
            freeze.accept(program, state, command)
        case CommandType.STREAK_PAUSED:
            pause.accept(program, state, command)
        case CommandType.STREAK_RESUMED:
            pause.accept_resume(program, state, command)
        case CommandType.STREAK_RESTORED:
            restore.accept(program, state, command)
        case (
            CommandType.CHALLENGE_JOINED
            | CommandType.CHALLENGE_LEFT
            | CommandType.CHALLENGE_INVITED
            | CommandType.CHALLENGE_WON
        ):
            participation.accept(program, state, command)
        case CommandType.TEAM_JOINED | CommandType.TEAM_LEFT:
            membership.accept(state, command)
        case _:  # about points, as the type checker knows
            point.accept(type_, program, state, command)


def carry_out(draft: Draft) -> None:
    """Do what was accepted. Nothing is refused; what the rules do not know is passed by."""
    type_ = CommandType(draft.activity.type)
    match type_:
        case CommandType.MEMBER_CHANGED:
            attributes.change(draft)
        case CommandType.MEMBER_MOVED:
            move.move(draft)
        case CommandType.STREAK_FREEZES_GRANTED:
            freeze.grant_freezes(draft)
        case CommandType.STREAK_PAUSED:
            pause.pause(draft)
        case CommandType.STREAK_RESUMED:
            pause.resume(draft)
        case CommandType.STREAK_RESTORED:
            restore.restore(draft)
        case CommandType.TIER_PLACED:
            placement.place(draft)
        case (
            CommandType.CHALLENGE_JOINED
            | CommandType.CHALLENGE_LEFT
            | CommandType.CHALLENGE_INVITED
            | CommandType.CHALLENGE_WON
        ):
            participation.change(draft)
        case CommandType.TEAM_JOINED | CommandType.TEAM_LEFT:
            membership.change(draft)
        case _:  # about points, as the type checker knows
            point.carry_out(type_, draft)


def _streaks_moved(program: CompiledProgram, command: Activity) -> tuple[str, ...]:
    streak = program.streaks.get(streak_of(command))
    return () if streak is None else (streak.metric,)
