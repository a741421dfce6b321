"""The first four weeks of a learner, with the numbers that one works out by hand.

The rules are those of programs/language-course.yaml; in January, Lisbon's days are those of UTC.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gamification.facts import NewActivity
from gamification.outcomes import BadgeAwarded, Outcome
from gamification.quantity import to_text
from gamification.streaks import StreakStatus, status_at
from tests.scene import Scene, scene

WEEK = timedelta(weeks=1)
RULES = Path(__file__).parents[2] / "programs" / "language-course.yaml"


def january(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


async def learn(told: Scene, *days: int, minutes: int = 20, perfect: bool = False) -> list[Outcome]:
    """A lesson in the evening of each of these days; what came of the last."""
    outcomes: list[Outcome] = []
    for day in days:
        (recorded,) = await told.recorded(
            NewActivity(
                member="zoe",
                type="lesson",
                value=str(minutes),
                properties={"language": "pt", "perfect": perfect},
                occurred_at=january(day, 18),
            )
        )
        outcomes = list(recorded.outcomes)
    return outcomes


async def streak(told: Scene, key: str, at: datetime) -> StreakStatus:
    rules = told.program.rules
    member = (await told.member("zoe")).id
    tallies = (await told.totals())[member].tallies
    return status_at(rules.streaks[key], member, tallies.get, at=at, calendar=rules.calendar)


async def balances(told: Scene) -> dict[str, str]:
    accounts = (await told.totals())[(await told.member("zoe")).id].accounts
    return {key.unit: to_text(account.balance) for key, account in accounts.items()}


def awarded(outcomes: list[Outcome]) -> list[str]:
    return [
        f"{each.award.key.badge} {each.award.key.level}"
        for each in outcomes
        if isinstance(each, BadgeAwarded)
    ]


async def test_four_weeks() -> None:
    told = await scene(RULES.read_text("utf-8"))

    # A whole first week: wildfire's first level, and a freeze beside the one of the start.
    assert awarded(await learn(told, 5, 6, 7, 8, 9, 10, 11)) == ["wildfire 1"]
    assert await streak(told, "daily", january(11, 20)) == StreakStatus(
        7, 7, 2, at_risk_at=january(12), expires_at=january(15), pauses_left=14
    )
    assert await balances(told) == {"xp": "70", "gems": "10"}

    # Wednesday and the weekend are missed: two freezes stand for three days no longer.
    await learn(told, 12, 13, 15, 16)
    assert await streak(told, "daily", january(18, 12)) == StreakStatus(
        11, 11, 0, at_risk_at=january(17), expires_at=january(19), pauses_left=14
    )
    assert await streak(told, "daily", january(19)) == StreakStatus(
        0, 11, 0, None, None, pauses_left=14
    )
    assert (await streak(told, "working-days", january(16, 20))).length == 2

    # The lesson of Wednesday was on a phone without a network: it gives back the freeze.
    await learn(told, 14)
    assert await streak(told, "daily", january(18, 12)) == StreakStatus(
        12, 12, 1, at_risk_at=january(17), expires_at=january(20), pauses_left=14
    )
    assert (await streak(told, "working-days", january(16, 20))).length == 10

    # Both freezes are gone after the weekend; the fourteenth day in a row earns one.
    await learn(told, 19)
    assert await streak(told, "daily", january(19, 20)) == StreakStatus(
        13, 13, 0, at_risk_at=january(20), expires_at=january(21), pauses_left=14
    )
    await learn(told, 20)
    assert (await streak(told, "daily", january(20, 20))).freezes == 1

    # The fourth week of an hour is done in one lesson.
    await learn(told, 21)
    await learn(told, 22, 23, 24, 25, minutes=10)
    assert awarded(await learn(told, 26, minutes=60, perfect=True)) == ["scholar 1"]
    assert await streak(told, "steady-weeks", january(26, 20)) == StreakStatus(
        4, 4, 0, at_risk_at=january(26) + WEEK, expires_at=january(26) + 2 * WEEK
    )
    assert (await streak(told, "daily", january(26, 20))).length == 20
    assert await balances(told) == {"xp": "205", "gems": "110"}
    assert await told.differences() == []
