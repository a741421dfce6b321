"""Why a streak is as long as it is, as clients see it."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification.explain.streaks import PERIODS_MAX, PeriodExplained, periods_of
from gamification.ids import MemberId
from gamification.refusals import NotFound
from gql.context import Context
from gql.scalars import Quantity
from gql.streaks.types import Streak


@strawberry.enum(description="What became of a period of a streak.")
class StreakPeriodState(Enum):
    DONE = strawberry.enum_value("DONE", description="What the streak asks for was done in it.")
    FROZEN = strawberry.enum_value(
        "FROZEN", description="It was missed, and a freeze stood for it."
    )
    MISSED = strawberry.enum_value(
        "MISSED", description="It was missed, and nothing stood for it, or no streak was running."
    )
    PAUSED = strawberry.enum_value("PAUSED", description="It was paused, and not done.")
    NOT_ASKED = strawberry.enum_value(
        "NOT_ASKED",
        description="It asked for nothing: by the days of the week, or because a move to another "
        "zone cut it short.",
    )
    RUNNING = strawberry.enum_value("RUNNING", description="It is running, and not done yet.")


@strawberry.type(description="One period of a streak, and what became of it.")
class ExplainedPeriod:
    starts_at: datetime = strawberry.field(description="When it began, where the member lived.")
    ends_at: datetime = strawberry.field(description="When it ended, or ends.")
    state: StreakPeriodState = strawberry.field(description="What became of it.")
    amount: Quantity = strawberry.field(description="What the streak's number came to in it.")
    ended_length: int | None = strawberry.field(
        description="How long the streak was that ended because this was missed. Null: none did. A "
        "streak that was restored later had ended before."
    )

    @classmethod
    def of(cls, period: PeriodExplained) -> "ExplainedPeriod":
        return cls(
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            state=StreakPeriodState[period.state.name],
            amount=Quantity(period.amount),
            ended_length=period.ended,
        )


@strawberry.type(description="Why a streak is as long as it is.")
class StreakExplanation:
    streak: Streak = strawberry.field(description="The streak as it stands now.")
    version: int = strawberry.field(description="The version of the definition in force.")
    number: str = strawberry.field(description="The key of the metric that it asks for.")
    at_least: Quantity = strawberry.field(description="How much of it makes a period done.")
    periods: list[ExplainedPeriod] = strawberry.field(
        description=f"The latest periods, the one that is running first, at most {PERIODS_MAX}, "
        "back to the first that was done: the member's history judged again."
    )
    ended_by: ExplainedPeriod | None = strawberry.field(
        description="The latest of these periods that ended a streak. Null: none did."
    )


async def streak_explained(context: Context, member: MemberId, key: str) -> StreakExplanation:
    """Explain a streak to a member. Refuses unknown ones."""
    rules, timeline = context.program.rules, context.program.timeline
    streak = rules.streaks.get(key)
    if streak is None:
        raise NotFound(f"there is no streak {key[:64]!r}", field=("streak",))
    statuses = await context.loaders.streaks.load(member)
    async with context.store.judging(context.program.record) as judging:
        history, stored = await judging.history(member), await judging.totals(member)
    found = periods_of(timeline, streak, member, history, stored.postings, now=context.at)
    periods = [ExplainedPeriod.of(each) for each in found]
    return StreakExplanation(
        streak=Streak.of(streak, statuses[key], context.at),
        version=rules.version,
        number=streak.counted,
        at_least=Quantity(streak.at_least),
        periods=periods,
        ended_by=next((each for each in periods if each.ended_length is not None), None),
    )
