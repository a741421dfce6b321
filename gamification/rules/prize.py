"""Prizes: points for a place on a leaderboard's run that has become final."""

from gamification.draft import Draft
from gamification.facts import Activity
from gamification.rules.earning import give


def unit_of(command: Activity) -> str:
    """The unit of points that a prize is of."""
    return str(command.properties["unit"])


def win(draft: Draft) -> None:
    """Give the prize. Its posting names the board and the run: "prize/weekly/w2026-03-02"."""
    prize = draft.activity
    unit, board, run = (prize.properties[name] for name in ("unit", "leaderboard", "period"))
    if unit in draft.program.units:
        give(draft, str(unit), prize.value, rule=f"prize/{board}/{run}")
