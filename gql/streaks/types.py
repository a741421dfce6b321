"""Streaks: how many days, weeks or months in a row a member has done something."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification.definition.compiled import CompiledStreak
from gamification.streaks import StreakStatus
from gql.scalars import Quantity


@strawberry.enum(description="What one period of a streak is.")
class StreakPeriod(Enum):
    DAY = strawberry.enum_value("DAY", description="A day of the program's zone.")
    WEEK = strawberry.enum_value("WEEK", description="A week, from the program's first day on.")
    MONTH = strawberry.enum_value("MONTH", description="A month of the calendar.")


@strawberry.type(description="A streak that has ended, and can be taken up again.")
class Restorable:
    length: int = strawberry.field(description="How long it would be then.")
    until: datetime = strawberry.field(description="Until when.")
    cost: Quantity | None = strawberry.field(description="What it costs. Null: nothing.")
    unit: str | None = strawberry.field(description="The key of the unit of points of the cost.")


@strawberry.type(
    description="How many periods in a row a member has done what a streak asks for, now: a streak "
    "that has ended has the length 0."
)
class Streak:
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    every: StreakPeriod = strawberry.field(description="What one period is.")
    length: int = strawberry.field(
        description="Periods in a row that were done. Those that a freeze stood for do not count."
    )
    longest: int = strawberry.field(description="The longest that it ever was.")
    freezes: int = strawberry.field(
        description="How many missed periods it survives: one is used up as each ends."
    )
    is_at_risk: bool = strawberry.field(
        description="Whether a period is running in which something is still to be done."
    )
    at_risk_at: datetime | None = strawberry.field(
        description="When the next period begins, or began, that asks for something. Null while no "
        "streak is running."
    )
    expires_at: datetime | None = strawberry.field(
        description="When it ends unless something is done before, the freezes counted in. Null "
        "while no streak is running."
    )

    paused_until: datetime | None = strawberry.field(
        description="When the pause ends that holds now: until then nothing is asked for. Null "
        "while there is none."
    )
    pauses_left: int | None = strawberry.field(
        description="How many periods may still be paused in the window that is running. Null: "
        "it knows no pauses."
    )
    restorable: Restorable | None = strawberry.field(
        description="The streak before, where it can be taken up again. Null: there is none."
    )
    targets: list[int] = strawberry.field(description="Lengths to look forward to.")
    next_target: int | None = strawberry.field(
        description="The lowest of them that is not reached. Null: all are."
    )

    @classmethod
    def of(cls, streak: CompiledStreak, status: StreakStatus, now: datetime) -> "Streak":
        return cls(
            key=streak.key,
            name=streak.name,
            every=StreakPeriod[streak.every.name],
            length=status.length,
            longest=status.longest,
            freezes=status.freezes,
            is_at_risk=status.is_at_risk(now),
            at_risk_at=status.at_risk_at,
            expires_at=status.expires_at,
            paused_until=status.paused_until,
            pauses_left=status.pauses_left,
            restorable=_restorable(streak, status),
            targets=list(streak.targets),
            next_target=next((each for each in streak.targets if each > status.length), None),
        )


def _restorable(streak: CompiledStreak, status: StreakStatus) -> Restorable | None:
    found = status.restorable
    if found is None or streak.restore is None:
        return None
    unit, cost = streak.restore.cost or (None, None)
    price = None if cost is None else Quantity(cost)
    return Restorable(length=found.length, until=found.until, cost=price, unit=unit)
