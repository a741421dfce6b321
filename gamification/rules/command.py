"""Commands: what each may move, whether it may be done now, and what it does."""

from typing import assert_never

from gamification.commands import CommandType
from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.rules import adjustment, prize
from gamification.state import State


def units_moved(command: Activity) -> tuple[str, ...]:
    """The units of points that a command moves, whatever their number."""
    type_ = CommandType(command.type)
    match type_:
        case CommandType.POINTS_ADJUSTED:
            return (adjustment.unit_of(command),)
        case CommandType.PRIZE_WON:
            return (prize.unit_of(command),)
        case _:
            assert_never(type_)


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Raise a `Refusal` where the command cannot be done on the state as it is.

    Asked once, when the command arrives. History may turn out to be another later, and then the
    command stands all the same.
    """
    type_ = CommandType(command.type)
    match type_:
        case CommandType.POINTS_ADJUSTED:
            adjustment.accept(program, state, command)
        case CommandType.PRIZE_WON:
            pass  # whoever pays prizes has decided it
        case _:
            assert_never(type_)


def carry_out(draft: Draft) -> None:
    """Do what was accepted. Nothing is refused; what the rules do not know is passed by."""
    type_ = CommandType(draft.activity.type)
    match type_:
        case CommandType.POINTS_ADJUSTED:
            adjustment.adjust(draft)
        case CommandType.PRIZE_WON:
            prize.win(draft)
        case _:
            assert_never(type_)
