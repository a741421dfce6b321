"""Prizes: points for a place on a leaderboard's run that has become final."""

from gamification.commands import CommandType, NewCommand
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ids import MemberId
from gamification.periods import PeriodKey
from gamification.rules.earning import give


def key_of(period: PeriodKey, member: MemberId, unit: str) -> str:
    """The key of the command that gives a prize: whoever gives it again gives the same."""
    return f"prize {period.board} {period.window} {member} {unit}"


def command(
    period: PeriodKey, *, member: MemberId, external_id: str, rank: int, unit: str, amount: int
) -> NewCommand:
    """The command that gives a member what a rank has won."""
    return NewCommand(
        member=external_id,
        type=CommandType.PRIZE_WON,
        value=amount,
        properties={
            "leaderboard": period.board,
            "period": period.window,
            "rank": rank,
            "unit": unit,
        },
        key=key_of(period, member, unit),
    )


def unit_of(command: Activity) -> str:
    """The unit of points that a prize is of."""
    return str(command.properties["unit"])


def win(draft: Draft) -> None:
    """Give the prize. Its posting names the board and the run: "prize/weekly/w2026-03-02"."""
    prize = draft.activity
    unit, board, run = (prize.properties[name] for name in ("unit", "leaderboard", "period"))
    if unit in draft.program.units:
        give(draft, str(unit), prize.value, rule=f"prize/{board}/{run}")
