"""A member's points become points of another unit, at the rate of the program's rules."""

from gamification.admission import check_unit
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.quantity import to_text
from gamification.refusals import Inapplicable, InvalidInput
from gamification.rules.transfer import converted
from gamification.use_cases.spend_points import positive


def conversion(
    program: Program, *, member: str, unit: str, amount: str, to: str, key: str | None
) -> NewCommand:
    """The command that converts `amount` points, all of which are given away.

    Raises `NotFound` for an unknown unit, `Inapplicable` where the rules have no such rate, and
    `InvalidInput`.
    """
    check_unit(program, unit)
    quantity = positive(amount)
    rate = program.rules.units[unit].converts.get(to)
    if rate is None:
        raise Inapplicable("These points cannot be converted to those.", field=("to",))
    if not converted(quantity, take=rate.take, give=rate.give):
        raise InvalidInput("So few come to nothing.", field=("amount",))
    properties = {"unit": unit, "to": to, "take": to_text(rate.take), "give": to_text(rate.give)}
    return NewCommand(member, CommandType.POINTS_CONVERTED, quantity, properties, key=key)
