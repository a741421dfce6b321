"""Points are put aside, and later captured or released: commands about a hold, by its key."""

from datetime import datetime

from gamification.admission import check_unit
from gamification.commands import CommandType, NewCommand
from gamification.facts import Activity
from gamification.program import Program
from gamification.refusals import InvalidInput, NotFound
from gamification.use_cases.spend_points import positive, reasoned


def holding(
    program: Program,
    *,
    member: str,
    unit: str,
    amount: str,
    until: datetime | None,
    reason: str | None,
    source: str | None,
    key: str | None,
) -> NewCommand:
    """The command that puts points aside; its key names the hold.

    Raises `NotFound` for an unknown unit, and `InvalidInput`.
    """
    check_unit(program, unit)
    if until is not None and until.tzinfo is None:
        message = "until has no time zone. Add one, for example a final Z for UTC."
        raise InvalidInput(message, field=("until",))
    ends = {} if until is None else {"until": until.isoformat()}
    properties = {"unit": unit, **ends, **reasoned(reason)}
    return NewCommand(
        member, CommandType.POINTS_HELD, positive(amount), properties, None, key, source
    )


def capturing(
    hold: Activity | None,
    *,
    member: str,
    amount: str | None,
    release_rest: bool,
    key: str | None,
) -> NewCommand:
    """The command that takes what is held, or so much of it. `hold` is the fact that placed it.

    Raises `NotFound` where no fact did, and `InvalidInput`.
    """
    placed = _placed(hold)
    value = placed.value if amount is None else positive(amount)
    properties = {
        "unit": placed.properties["unit"],
        "hold": placed.key,
        **({"all": True} if amount is None else {}),
        **({"release_rest": True} if release_rest else {}),
    }
    return NewCommand(
        member, CommandType.POINTS_CAPTURED, value, properties, None, key, placed.source
    )


def releasing(hold: Activity | None, *, member: str, key: str | None) -> NewCommand:
    """The command that makes available again what is held. Raises `NotFound`."""
    placed = _placed(hold)
    properties = {"unit": placed.properties["unit"], "hold": placed.key, "all": True}
    return NewCommand(
        member, CommandType.POINTS_RELEASED, placed.value, properties, None, key, placed.source
    )


def _placed(hold: Activity | None) -> Activity:
    if hold is None or hold.type != CommandType.POINTS_HELD.value:
        raise NotFound("Nothing was held under this key.", field=("hold",))
    return hold
