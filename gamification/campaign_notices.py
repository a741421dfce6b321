"""What everybody is told of campaigns: that they begin and end, and that a budget is spent."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from gamification.definition.compiled import CompiledCampaign, CompiledProgram
from gamification.facts import Scalar
from gamification.outcomes import Notice, NoticeKind
from gamification.quantity import to_text

NEWS_MAX = timedelta(days=31)
"""What began or ended longer ago is history, or a long downtime: nobody is told of it."""


def begun_and_ended(rules: CompiledProgram, now: datetime) -> Iterator[Notice]:
    """The notices that the campaigns' windows give cause to by now, in the order of the moments.

    Each is told once. What has ended already is not said to have started.
    """
    found: list[Notice] = []
    for campaign in rules.campaigns.values():
        starts_at, ends_at = campaign.starts_at, campaign.ends_at
        if ends_at is not None and ends_at <= now:
            if now - ends_at <= NEWS_MAX:
                found.append(_moment(NoticeKind.CAMPAIGN_ENDED, campaign, ends_at))
        elif starts_at is not None and starts_at <= now and now - starts_at <= NEWS_MAX:
            found.append(_moment(NoticeKind.CAMPAIGN_STARTED, campaign, starts_at))
    yield from sorted(found, key=lambda notice: notice.at)


def spent(
    rules: CompiledProgram, before: Mapping[str, int], after: Mapping[str, int], *, at: datetime
) -> Iterator[Notice]:
    """The budgets in force of which something was left, and is not any more."""
    for campaign in rules.campaigns.values():
        for unit, total in campaign.budgets.items():
            budget = campaign.budget_key(unit)
            if budget in after and before[budget] < total <= after[budget]:
                kind = NoticeKind.CAMPAIGN_BUDGET_SPENT
                details = {"unit": unit, "total": to_text(total)}
                once = f"{kind.value}:{campaign.key}:{unit}:{to_text(total)}"
                yield Notice(0, kind, None, None, at, True, campaign.key, details, once)


def _moment(kind: NoticeKind, campaign: CompiledCampaign, at: datetime) -> Notice:
    details: dict[str, Scalar] = {
        name: moment.isoformat().replace("+00:00", "Z")
        for name, moment in (("startsAt", campaign.starts_at), ("endsAt", campaign.ends_at))
        if moment is not None
    }
    once = f"{kind.value}:{campaign.key}:{at.isoformat()}"
    return Notice(0, kind, None, None, at, True, campaign.key, details, once)
