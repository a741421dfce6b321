"""An app lets a member join a challenge that is open to the invited only."""

from datetime import datetime

from gamification.admission import check_challenge, run_open
from gamification.commands import CommandType, NewCommand
from gamification.definition.document_challenges import Join
from gamification.program import Program
from gamification.refusals import InvalidInput


def invitation(
    program: Program, *, member: str, challenge: str, key: str | None, now: datetime
) -> NewCommand:
    """The command that invites a member to the run of a challenge that is going on, or the next.

    Raises `NotFound` for an unknown challenge, `NotOpen` where no run is left, and `InvalidInput`.
    """
    found = check_challenge(program, challenge)
    if found.join is not Join.INVITATION:
        message = f"'{found.key}' needs no invitation."
        raise InvalidInput(message, field=("challenge",))
    properties = {"challenge": found.key, "run": run_open(program, found, now)}
    return NewCommand(member, CommandType.CHALLENGE_INVITED, 0, properties, key=key)
