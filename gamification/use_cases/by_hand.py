"""What everything has in common that a person does by hand: who, and why."""

from gamification.admission import REASON_LENGTH_MAX
from gamification.refusals import InvalidInput

ACTOR_LENGTH_MAX = 200


def check_by_hand(*, reason: str, actor: str) -> None:
    """Raise `InvalidInput` where nothing is said of why, or by whom."""
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        message = f"Say why, in 1 to {REASON_LENGTH_MAX} characters."
        raise InvalidInput(message, field=("reason",))
    if not actor.strip() or len(actor) > ACTOR_LENGTH_MAX:
        message = f"Say who does it, in 1 to {ACTOR_LENGTH_MAX} characters."
        raise InvalidInput(message, field=("actor",))
