"""Campaigns: what is added, for a while, to the points that earning rules give."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from gamification.campaigns import unmet
from gamification.definition.compiled import CampaignGift, CampaignPlan, CompiledCampaign
from gamification.definition.compiled.campaigns import BUDGET
from gamification.definition.document_campaigns import Stack
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ledger import Room
from gamification.outcomes import PointsEarned
from gamification.quantity import SCALE
from gamification.rules.earning import give
from gamification.state import PostingKey, TallyKey


class Asked(NamedTuple):
    """What one campaign asks for, of one unit, because of an activity."""

    campaign: CompiledCampaign
    gift: CampaignGift
    amount: int


def add_campaigns(draft: Draft, plans: Sequence[CampaignPlan]) -> None:
    """Add what the campaigns of the activity's day come to, each by a posting of its own.

    Called after the earning rules: what they gave, within their caps, is what is multiplied.
    """
    earned = earned_by_rules(draft)
    asked: list[Asked] = []
    for plan in plans:
        last = _last(draft, plan.campaign)
        for gift in plan.gifts:
            amount = draft.asked(
                gift.unit, partial(_asked_for, draft, plan, gift, earned.get(gift.unit, 0), last)
            )
            if amount > 0:
                asked.append(Asked(plan.campaign, gift, amount))
    for campaign, gift, amount in stacked(asked):
        room = _room(draft, campaign, gift.unit, amount)
        give(draft, gift.unit, amount, rule=campaign.rule, caps=gift.caps, budget=room)


def _asked_for(
    draft: Draft,
    plan: CampaignPlan,
    gift: CampaignGift,
    earned: int,
    last: datetime | None,
    activity: Activity,
) -> int:
    """What a gift comes to; 0 where its campaign does not act on the activity."""
    calendar = draft.program.calendar
    missing = unmet(plan, activity, draft.attributes, calendar, last=last)
    return 0 if missing is not None else asked_for(activity, gift, earned)


def _last(draft: Draft, campaign: CompiledCampaign) -> datetime | None:
    """When the member had last done an activity of the campaign's types, before this one."""
    if campaign.quiet_days is None:
        return None
    tally = draft.tally_before(TallyKey(draft.activity.member, campaign.last_metric, "", ""))
    return None if tally is None else tally.reached_at


def earned_by_rules(draft: Draft) -> dict[str, int]:
    """What the earning rules have given for the draft's activity, by unit; what they took is left
    alone."""
    earned: dict[str, int] = {}
    for outcome in draft.outcomes:
        if isinstance(outcome, PointsEarned) and is_of_earning(outcome.key.rule):
            unit, granted = outcome.key.unit, outcome.posting.granted
            if granted > 0:
                earned[unit] = earned.get(unit, 0) + granted
    return earned


def is_of_earning(rule: str) -> bool:
    """Whether a posting's rule is an earning rule, which campaigns multiply."""
    return rule.startswith("earning/")


def asked_for(activity: Activity, gift: CampaignGift, earned: int) -> int:
    """What a campaign's gift comes to, in ten-thousandths, where earning rules gave `earned`."""
    amount = earned * (gift.factor - SCALE) // SCALE
    if gift.bonus is not None:
        amount += gift.bonus.of(activity.value, activity.properties)
    return amount


def stacked(asked: Sequence[Asked]) -> list[Asked]:
    """Those that count, where several campaigns ask for points of the same unit.

    Of those that stand alone the one that asks for most, and nothing besides. Else all that stack
    together, and of the others the one that asks for most; of equals the first in the definition.
    """
    counting: list[Asked] = []
    for unit in dict.fromkeys(each.gift.unit for each in asked):
        same = [each for each in asked if each.gift.unit == unit]
        alone = [each for each in same if each.campaign.stack is Stack.ALONE]
        if alone:
            counting.append(max(alone, key=_amount))
            continue
        best = [each for each in same if each.campaign.stack is Stack.BEST]
        chosen = max(best, key=_amount) if best else None
        counting += [
            each for each in same if each.campaign.stack is Stack.TOGETHER or each is chosen
        ]
    return counting


def _amount(asked: Asked) -> int:
    return asked.amount


def _room(draft: Draft, campaign: CompiledCampaign, unit: str, requested: int) -> Room | None:
    """What the budget lets through; None where there is none.

    What it granted for the activity before stands, whatever has become of the budget since. Where
    it had the last word then, only what is asked for more than then is decided anew.
    """
    most = campaign.budgets.get(unit)
    if most is None:
        return None
    left = max(0, most - draft.budget_used(campaign.budget_key(unit)))
    activity = draft.activity
    before = draft.granted_before(PostingKey(activity.member, unit, activity.key, campaign.rule))
    if before is not None:
        if before.limited_by == campaign.limited_by_budget:
            left = min(left, max(0, requested - before.requested))
        left += before.granted
    return Room(campaign.key, left, BUDGET)
