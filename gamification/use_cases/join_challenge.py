"""A member takes part in a challenge: in the run that is going on, or else in the next one."""

from datetime import datetime

from gamification.admission import check_challenge, run_open
from gamification.commands import CommandType, NewCommand
from gamification.definition.document_challenges import Join
from gamification.program import Program
from gamification.refusals import InvalidInput


def joining(
    program: Program, *, member: str, challenge: str, key: str | None, now: datetime
) -> NewCommand:
    """The command by which a member joins the run of a challenge that is going on, or the next.

    Raises `NotFound` for an unknown challenge, `NotOpen` where no run is left, and `InvalidInput`.
    """
    found = check_challenge(program, challenge)
    if found.join is Join.AUTOMATIC:
        message = f"Everybody takes part in '{found.key}': there is nothing to join."
        raise InvalidInput(message, field=("challenge",))
    properties = {"challenge": found.key, "run": run_open(program, found, now)}
    return NewCommand(member, CommandType.CHALLENGE_JOINED, 0, properties, key=key)
