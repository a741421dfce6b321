"""Freezes that an operator grants: missed periods that a streak survives."""

from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.quantity import SCALE
from gamification.refusals import LimitReached
from gamification.rules.streak import found, put
from gamification.state import State


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse more freezes than the streak can keep."""
    now = found(program, state.tallies.get, command)
    if now is None:
        return
    room = max(0, now.streak.freezes.most - now.run.freezes)
    if command.value > room * SCALE:
        message = f"It has {now.run.freezes} freezes of at most {now.streak.freezes.most}"
        raise LimitReached(f"{message}: grant at most {room}.", field=("count",))


def grant_freezes(draft: Draft) -> None:
    """Add freezes, as far as the streak can keep them."""
    now = found(draft.program, draft.tally, draft.activity)
    if now is None:
        return
    most = max(now.run.freezes, now.streak.freezes.most)
    freezes = min(most, now.run.freezes + draft.activity.value // SCALE)
    put(draft, now, now.run._replace(freezes=freezes))
