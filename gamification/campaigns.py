"""Campaigns: whether one runs at a moment, and whether it is for a member. Pure, and asked alike
by the engine, by queries and by explanations."""

from calendar import isleap, monthrange
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from gamification.days import Unit
from gamification.definition.compiled import CampaignPlan, CompiledCampaign
from gamification.facts import Activity, Scalar
from gamification.windows import Calendar, day_at

Attributes = Mapping[str, Scalar]


class CampaignState(Enum):
    """Where a campaign is in its window."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    ENDED = "ended"


class Unmet(Enum):
    """The first of its conditions that keeps a campaign from an activity."""

    WINDOW = "window"
    SEGMENT = "segment"
    QUIET = "quiet"
    CONDITION = "condition"


def state_at(campaign: CompiledCampaign, at: datetime) -> CampaignState:
    """Where it is in its window at a moment, whatever the days and hours on which it runs."""
    if campaign.starts_at is not None and at < campaign.starts_at:
        return CampaignState.UPCOMING
    if campaign.ends_at is not None and at >= campaign.ends_at:
        return CampaignState.ENDED
    return CampaignState.ACTIVE


def runs_at(campaign: CompiledCampaign, at: datetime, calendar: Calendar) -> bool:
    """Whether it runs at a moment: within its window, on its weekdays, at its hours."""
    if state_at(campaign, at) is not CampaignState.ACTIVE:
        return False
    if day_at(at, calendar).weekday() not in campaign.weekdays:
        return False
    if campaign.hours is None:
        return True
    clock = at.astimezone(calendar.zone).time()
    first, end = campaign.hours
    return first <= clock and (end is None or clock < end)


def is_for(
    campaign: CompiledCampaign, attributes: Attributes, at: datetime, calendar: Calendar
) -> bool:
    """Whether it is for a member with these attributes, at a moment: the segment and the date."""
    if campaign.among is not None and not campaign.among.holds(attributes):
        return False
    if campaign.anniversary is None:
        return True
    unit, attribute = campaign.anniversary
    return _returns_on(attributes.get(attribute), unit, day_at(at, calendar))


def is_welcome(
    campaign: CompiledCampaign, last: datetime | None, at: datetime, calendar: Calendar
) -> bool:
    """Whether a member whose latest activity of the campaign's types was at `last` (None: never)
    has been quiet for as long as it asks for."""
    if campaign.quiet_days is None:
        return True
    return last is not None and (day_at(at, calendar) - day_at(last, calendar)).days > (
        campaign.quiet_days
    )


def unmet(
    plan: CampaignPlan,
    activity: Activity,
    attributes: Attributes,
    calendar: Calendar,
    *,
    last: datetime | None,
) -> Unmet | None:
    """What keeps a campaign from acting on an activity of its types; None where nothing does.

    `attributes` are those of the member at the time of the activity, `last` is when they had last
    done one of its types before (asked for only where the campaign waits for a silence).
    """
    campaign, at = plan.campaign, activity.occurred_at
    if not runs_at(campaign, at, calendar):
        return Unmet.WINDOW
    if not is_for(campaign, attributes, at, calendar):
        return Unmet.SEGMENT
    if not is_welcome(campaign, last, at, calendar):
        return Unmet.QUIET
    when = plan.when
    if when is not None and not when.holds(activity.type, activity.value, activity.properties):
        return Unmet.CONDITION
    return None


def _returns_on(named: Scalar, unit: Unit, day: date) -> bool:
    """Whether the date that an attribute names returns on this day, or in this month.

    The 29th of February returns on the 28th in years that have none.
    """
    if not isinstance(named, str):
        return False
    first = _month_and_day(named)
    if first is None or first[0] != day.month:
        return False
    if unit is Unit.MONTH:
        return True
    is_leap_day = first == (2, 29)
    return day.day == (28 if is_leap_day and not isleap(day.year) else first[1])


def _month_and_day(text: str) -> tuple[int, int] | None:
    """The month and day of "1990-02-28", of "--02-28" or of "02-28"; None for anything else."""
    parts = text.removeprefix("--").split("-")
    if len(parts) not in (2, 3) or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    month, day = int(parts[-2]), int(parts[-1])
    leap_year = 2000
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(leap_year, month)[1]:
        return None
    return month, day
