"""Campaigns: what adds points for a while, whether it runs, and for whom."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification.campaigns import is_for, is_welcome, runs_at, state_at
from gamification.definition.compiled import CompiledCampaign
from gamification.definition.scope import WEEKDAYS
from gamification.ports import Member
from gamification.quantity import parse
from gamification.state import TallyKey
from gql.context import Context, Info
from gql.scalars import Quantity


@strawberry.enum(description="Where a campaign is in its window.")
class CampaignState(Enum):
    UPCOMING = strawberry.enum_value("UPCOMING", description="It has not begun.")
    ACTIVE = strawberry.enum_value(
        "ACTIVE", description="It has begun and is not over, on whatever days and hours it runs."
    )
    ENDED = strawberry.enum_value("ENDED", description="It is over.")


@strawberry.enum(description="What becomes of a campaign where others add to the same unit.")
class CampaignStacking(Enum):
    TOGETHER = strawberry.enum_value("TOGETHER", description="It adds to whatever others add.")
    BEST = strawberry.enum_value(
        "BEST", description="Of several such, only the one that asks for most counts."
    )
    ALONE = strawberry.enum_value(
        "ALONE", description="Where it asks for anything, no other adds to that unit."
    )


@strawberry.enum(description="A day of the week.")
class Weekday(Enum):
    MONDAY = strawberry.enum_value("MONDAY", description="Monday.")
    TUESDAY = strawberry.enum_value("TUESDAY", description="Tuesday.")
    WEDNESDAY = strawberry.enum_value("WEDNESDAY", description="Wednesday.")
    THURSDAY = strawberry.enum_value("THURSDAY", description="Thursday.")
    FRIDAY = strawberry.enum_value("FRIDAY", description="Friday.")
    SATURDAY = strawberry.enum_value("SATURDAY", description="Saturday.")
    SUNDAY = strawberry.enum_value("SUNDAY", description="Sunday.")


@strawberry.type(description="What a campaign adds of one unit of points.")
class CampaignGift:
    unit: str = strawberry.field(description="The key of the unit of points.")
    factor: Quantity | None = strawberry.field(
        description="What earning rules give comes to so many times as much with it, such as `2`. "
        "Null: it multiplies nothing."
    )
    bonus: str | None = strawberry.field(
        description="What it adds besides, as the definition has it: `50` or `value * 2`. Null: "
        "nothing."
    )
    most_per_member: Quantity | None = strawberry.field(
        description="The most that it adds for one member, in all. Null: no such limit."
    )


@strawberry.type(description="The most that a campaign adds of a unit for all members together.")
class CampaignBudget:
    unit: str = strawberry.field(description="The key of the unit of points.")
    total: Quantity = strawberry.field(description="The most that it adds.")
    used: Quantity = strawberry.field(description="What it has added so far.")
    left: Quantity = strawberry.field(description="What it can still add. At 0 it adds nothing.")


@strawberry.type(description="More points for a while.")
class Campaign:
    campaign: strawberry.Private[CompiledCampaign]
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    description: str | None = strawberry.field(description="What it is about, for members.")
    state: CampaignState = strawberry.field(description="Where it is in its window, now.")
    is_running: bool = strawberry.field(
        description="Whether it runs at this moment: within its window, on its weekdays, at its "
        "hours."
    )
    starts_at: datetime | None = strawberry.field(description="When it begins. Null: at no time.")
    ends_at: datetime | None = strawberry.field(description="When it is over. Null: it has no end.")
    weekdays: list[Weekday] = strawberry.field(description="The days of the week that it runs on.")
    hours: str | None = strawberry.field(
        description="The hours of a day that it runs at: `14:00-16:00`. Null: all."
    )
    anniversary: str | None = strawberry.field(
        description="The date of the member's that it returns with: `month of "
        "member.attributes.birthday`. Null: none."
    )
    activity_types: list[str] = strawberry.field(
        description="The types of activity that it acts on."
    )
    after_quiet_days: int | None = strawberry.field(
        description="Only the first of these activities after so many days without one. Null: all."
    )
    stacking: CampaignStacking = strawberry.field(
        description="What becomes of it where others add to the same unit."
    )
    gifts: list[CampaignGift] = strawberry.field(description="What it adds, by unit.")

    @strawberry.field(description="Its budgets, and what is left of them. Empty: it has none.")
    async def budgets(self, info: Info) -> list[CampaignBudget]:
        campaign, loaders = self.campaign, info.context.loaders
        keys = [campaign.budget_key(unit) for unit in campaign.budgets]
        used = await loaders.shared_numbers.load_many(keys)
        return [
            CampaignBudget(
                unit=unit,
                total=Quantity(total),
                used=Quantity(each),
                left=Quantity(max(0, total - each)),
            )
            for (unit, total), each in zip(campaign.budgets.items(), used, strict=True)
        ]

    @classmethod
    def of(cls, context: Context, campaign: CompiledCampaign) -> "Campaign":
        rules, now = context.program.rules, context.at
        written = rules.definition.campaigns[campaign.key]
        return cls(
            campaign=campaign,
            key=campaign.key,
            name=campaign.name,
            description=campaign.description,
            state=CampaignState[state_at(campaign, now).name],
            is_running=runs_at(campaign, now, rules.calendar),
            starts_at=campaign.starts_at,
            ends_at=campaign.ends_at,
            weekdays=[Weekday[WEEKDAYS[day].upper()] for day in sorted(campaign.weekdays)],
            hours=written.hours,
            anniversary=written.anniversary,
            activity_types=list(campaign.types),
            after_quiet_days=campaign.quiet_days,
            stacking=CampaignStacking[campaign.stack.name],
            gifts=[_gift(campaign, unit, context) for unit in campaign.units],
        )


async def campaigns_for(info: Info, member: Member) -> list[Campaign]:
    """The campaigns that run now and are for the member."""
    context = info.context
    rules, now = context.program.rules, context.at
    running = [
        campaign
        for campaign in rules.campaigns.values()
        if runs_at(campaign, now, rules.calendar)
        and is_for(campaign, member.attributes, now, rules.calendar)
    ]
    last = await context.loaders.tallies.load_many(
        [TallyKey(member.id, campaign.last_metric, "", "") for campaign in running]
    )
    return [
        Campaign.of(context, campaign)
        for campaign, tally in zip(running, last, strict=True)
        if is_welcome(campaign, tally.reached_at if tally else None, now, rules.calendar)
    ]


def _gift(campaign: CompiledCampaign, unit: str, context: Context) -> CampaignGift:
    written = context.program.rules.definition.campaigns[campaign.key]
    factor, most = campaign.factors.get(unit), written.most.get(unit)
    return CampaignGift(
        unit=unit,
        factor=None if factor is None else Quantity(factor),
        bonus=str(written.give[unit]) if unit in written.give else None,
        most_per_member=None if most is None else Quantity(parse(most)),
    )
