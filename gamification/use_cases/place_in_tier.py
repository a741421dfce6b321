"""An operator places a member in a level of a ladder: a command, with who did it and why."""

from datetime import UTC, datetime

from gamification.commands import CommandType, NewCommand
from gamification.definition.problems import unknown
from gamification.facts import Scalar
from gamification.program import Program
from gamification.quantity import SCALE
from gamification.refusals import InvalidInput, NotFound
from gamification.use_cases.by_hand import check_by_hand


def tier_placement(
    program: Program,
    *,
    member: str,
    tier: str,
    level: str | None,
    until: datetime | None,
    reason: str,
    actor: str,
    key: str | None,
) -> NewCommand:
    """The command that gives a member a level, until a time or for good (None).

    `level` None takes a placement back. Raises `NotFound` and `InvalidInput`.
    """
    ladder = program.rules.tiers.get(tier)
    if ladder is None:
        problem = unknown("tier", "tier", tier[:80], program.rules.tiers)
        raise NotFound(f"{problem.message}. {problem.fix}.", field=("tier",))
    levels = {each.key: each for each in ladder.levels}
    if level is not None and level not in levels:
        problem = unknown("level", "level", level[:80], levels)
        raise NotFound(f"{problem.message}. {problem.fix}.", field=("level",))
    if until is not None and until.tzinfo is None:
        message = "until has no time zone. Add one, for example a final Z for UTC."
        raise InvalidInput(message, field=("until",))
    check_by_hand(reason=reason, actor=actor)
    properties: dict[str, Scalar] = {"tier": tier, "reason": reason, "actor": actor}
    if level is not None:
        properties["level"] = level
    if until is not None:
        properties["until"] = until.astimezone(UTC).isoformat()
    return NewCommand(member, CommandType.TIER_PLACED, SCALE, properties, key=key)
