"""Commands about points: without this file `command` would list each of them three times."""

from typing import Literal, assert_never

from gamification.commands import CommandType
from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.rules import adjustment, expiry, hold, prize, spending, transfer
from gamification.state import State

PointsCommand = Literal[
    CommandType.POINTS_ADJUSTED,
    CommandType.PRIZE_WON,
    CommandType.POINTS_SPENT,
    CommandType.POINTS_EXPIRED,
    CommandType.POINTS_HELD,
    CommandType.POINTS_CAPTURED,
    CommandType.POINTS_RELEASED,
    CommandType.POINTS_SENT,
    CommandType.POINTS_RECEIVED,
    CommandType.POINTS_CONVERTED,
]


def units_moved(type_: PointsCommand, command: Activity) -> tuple[str, ...]:
    """The units of points that a command moves, whatever their number."""
    match type_:
        case CommandType.POINTS_ADJUSTED:
            return (adjustment.unit_of(command),)
        case CommandType.PRIZE_WON:
            return (prize.unit_of(command),)
        case (
            CommandType.POINTS_SPENT
            | CommandType.POINTS_HELD
            | CommandType.POINTS_CAPTURED
            | CommandType.POINTS_RELEASED
            | CommandType.POINTS_SENT
            | CommandType.POINTS_RECEIVED
        ):
            return (spending.unit_of(command),)
        case CommandType.POINTS_CONVERTED:
            return transfer.units_converted(command)
        case CommandType.POINTS_EXPIRED:
            return (expiry.unit_of(command),)
        case _:
            assert_never(type_)


def accept(type_: PointsCommand, program: CompiledProgram, state: State, command: Activity) -> None:
    """Raise a `Refusal` where it cannot be done on the state as it is."""
    match type_:
        case CommandType.POINTS_ADJUSTED:
            adjustment.accept(program, state, command)
        case CommandType.PRIZE_WON:
            pass  # whoever pays prizes has decided it
        case CommandType.POINTS_SPENT | CommandType.POINTS_CONVERTED:
            spending.accept(program, state, command)
        case CommandType.POINTS_SENT:
            transfer.accept_sending(program, state, command)
        case CommandType.POINTS_EXPIRED | CommandType.POINTS_RECEIVED:
            pass  # nobody asks time, and what was sent has been accepted
        case CommandType.POINTS_HELD:
            hold.accept_hold(program, state, command)
        case CommandType.POINTS_CAPTURED | CommandType.POINTS_RELEASED:
            hold.accept_end(program, state, command)
        case _:
            assert_never(type_)


def carry_out(type_: PointsCommand, draft: Draft) -> None:
    """Do what was accepted."""
    match type_:
        case CommandType.POINTS_ADJUSTED:
            adjustment.adjust(draft)
        case CommandType.PRIZE_WON:
            prize.win(draft)
        case CommandType.POINTS_SPENT:
            spending.spend(draft)
        case CommandType.POINTS_EXPIRED:
            expiry.expire(draft)
        case CommandType.POINTS_HELD | CommandType.POINTS_CAPTURED | CommandType.POINTS_RELEASED:
            hold.carry_out(type_, draft)
        case CommandType.POINTS_SENT:
            transfer.send(draft)
        case CommandType.POINTS_RECEIVED:
            transfer.receive_sent(draft)
        case CommandType.POINTS_CONVERTED:
            transfer.convert(draft)
        case _:
            assert_never(type_)
