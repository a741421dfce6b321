"""Earning rules: points for an activity, within caps and above the floor."""

from functools import partial

from gamification import lots
from gamification.definition.compiled import CompiledCap, CompiledEarning, Unit
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ledger import Granted, Room, post
from gamification.metrics import TOTAL
from gamification.outcomes import PointsEarned
from gamification.rules.lot import receive
from gamification.rules.tier import multiplied
from gamification.state import Account, AccountKey, Posting, PostingKey, TallyKey
from gamification.windows import key_at

OPENING = "opening"
"""The rule named by the posting that every account with a start begins with."""


def earn(draft: Draft, rule: CompiledEarning) -> None:
    """Give what one rule gives for the draft's activity, if its condition holds."""
    if draft.remains is None:
        requested = asked_for(rule, draft.activity)
    else:
        requested = draft.asked(rule.unit, partial(asked_for, rule))
    if requested > 0 and draft.program.tiers:
        requested = multiplied(draft, rule.unit, requested)
    give(draft, rule.unit, requested, rule=rule.rule, caps=rule.caps)


def asked_for(rule: CompiledEarning, activity: Activity) -> int:
    """What a rule's amount comes to, before a tier multiplies it; 0 if its condition does not
    hold."""
    when = rule.when
    if when is not None and not when.holds(activity.type, activity.value, activity.properties):
        return 0
    constant = rule.amount.constant
    return rule.amount.of(activity.value, activity.properties) if constant is None else constant


def give(
    draft: Draft,
    unit_key: str,
    requested: int,
    *,
    rule: str,
    caps: tuple[CompiledCap, ...] = (),
    budget: Room | None = None,
) -> None:
    """Post points because of the draft's activity, and count them as earned."""
    if not requested:
        return
    unit, at = draft.program.units[unit_key], draft.activity.occurred_at
    account = opened(draft, unit)
    used = [(cap, key) for cap in caps if (key := _cap_tally(draft, cap)) is not None]
    found: list[Room] = []
    for cap, key in used:
        tally = draft.tally(key)
        found.append(Room(cap.key, cap.most - (tally.value if tally is not None else 0)))
    if budget is not None:
        found.append(budget)
    rooms = tuple(found)
    if unit.lots is None and account.lots is None:
        result = post(account, requested, at=at, rooms=rooms, minimum=unit.minimum)
    else:
        result = receive(draft, unit, account, requested, rooms)
    enter(draft, unit, requested, result, rule=rule)
    granted = result.amount
    if granted > 0:
        for _, cap_key in used:
            draft.count(cap_key, TOTAL, granted)
    if granted:
        _count_points(draft, unit, granted)


def opened(draft: Draft, unit: Unit) -> Account:
    """The member's account, opened with the unit's start if this is its first posting."""
    activity = draft.activity
    account = draft.account(AccountKey(activity.member, unit.key))
    if account is not None:
        return account
    account = Account(unit.start, lots=None if unit.lots is None else lots.opened(unit.start))
    if unit.start:
        posting = Posting(unit.start, unit.start, "", activity.occurred_at, draft.program.version)
        draft.set_account(
            PointsEarned(PostingKey(activity.member, unit.key, "", OPENING), posting, account)
        )
    return account


def enter(draft: Draft, unit: Unit, requested: int, result: Granted, *, rule: str) -> None:
    """Enter in the ledger what the draft's fact did to an account."""
    activity = draft.activity
    posting = Posting(
        requested,
        result.amount,
        result.limited_by,
        activity.occurred_at,
        draft.program.version,
        result.allocations,
    )
    key = PostingKey(activity.member, unit.key, activity.key, rule)
    draft.set_account(PointsEarned(key, posting, result.account))


def _cap_tally(draft: Draft, cap: CompiledCap) -> TallyKey | None:
    """What a cap has let through is this tally; None outside seasons, where it sets no limit."""
    window = key_at(cap.per, draft.activity.occurred_at, draft.program.calendar)
    return None if window is None else TallyKey(draft.activity.member, cap.metric, window, "")


def _count_points(draft: Draft, unit: Unit, granted: int) -> None:
    member = draft.activity.member
    for metric, window, start in draft.agenda.points[unit.key]:
        draft.count(TallyKey(member, metric, window, ""), TOTAL, granted, start=start)
