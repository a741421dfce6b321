"""A member takes part no longer in a run of a challenge."""

from datetime import datetime

from gamification.admission import check_challenge, run_open
from gamification.commands import CommandType, NewCommand
from gamification.definition.document_challenges import Join
from gamification.program import Program
from gamification.refusals import InvalidInput


def leaving(
    program: Program, *, member: str, challenge: str, key: str | None, now: datetime
) -> NewCommand:
    """The command by which a member leaves the run of a challenge that is going on, or the next.

    Raises `NotFound` for an unknown challenge, `NotOpen` where no run is left, and `InvalidInput`.
    """
    found = check_challenge(program, challenge)
    if found.join is Join.AUTOMATIC:
        message = f"Everybody takes part in '{found.key}': nobody can leave it."
        raise InvalidInput(message, field=("challenge",))
    properties = {"challenge": found.key, "run": run_open(program, found, now)}
    return NewCommand(member, CommandType.CHALLENGE_LEFT, 0, properties, key=key)
