"""Whether a late activity may simply be folded now, or its member's history must be replayed.

Most late activity commutes with what came after it: sums do not care for order, nor do caps that
did not bite. The answer here is conservative: a needless replay costs time, never meaning.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gamification.commands import MEMBER_CHANGED, is_command
from gamification.definition.compiled import (
    ActivityPlan,
    CompiledBadge,
    CompiledCap,
    CompiledCriterion,
    CompiledProgram,
    CompiledStreak,
)
from gamification.definition.compiled.streaks import ZONE_METRIC
from gamification.definition.compiled.tiers import JOINED_METRIC
from gamification.definition.document import Repeat
from gamification.facts import Activity
from gamification.metrics import distinct
from gamification.outcomes import Outcome, PointsEarned, TallyChanged
from gamification.rules import challenge, membership
from gamification.rules.counting import Contributed, contributed
from gamification.rules.lot import are_kept
from gamification.rules.lot import takes_late as lots_take_late
from gamification.rules.streak import amounts_in_period
from gamification.state import ATTRIBUTE_CHANGES, AwardKey, State, Tally, TallyKey
from gamification.streak_runs import asks, calendar_of, period_at
from gamification.windows import Rolling, key_at


def meets_another_member(program: CompiledProgram, state: State, activity: Activity) -> bool:
    """Whether the attributes that the member has now may not be those of the activity's time, and
    that matters: the rules ask for them, or the fact itself changes them."""
    plan = program.plans.get(activity.type)
    if plan is None:
        if activity.type != MEMBER_CHANGED and activity.type not in membership.COMMANDS:
            return False
    elif not plan.reads_attributes:
        return False
    told = state.tallies.get(TallyKey(activity.member, ATTRIBUTE_CHANGES, "", ""))
    return told is not None and told.reached_at >= activity.occurred_at


def takes_late(
    program: CompiledProgram, state: State, activity: Activity, outcomes: list[Outcome]
) -> bool:
    """Whether `outcomes`, decided on a state that already holds later facts, are the same that
    judging everything in order would give, for this activity and for all later ones."""
    after = {each.key: each.after for each in outcomes if isinstance(each, TallyChanged)}
    if _joins_earlier(program, state, activity) or not all(
        challenge.takes_late(each, state, after, activity)
        for each in challenge.counted(program, activity)
    ):
        return False
    if not outcomes:
        return True
    if is_command(activity.type):  # it was accepted on what was known then, and is rare
        return False
    plan = program.plans[activity.type]
    if plan.is_tiered or _is_part_of_a_silence(plan):
        return False
    contributions = contributed(program.agenda(activity.occurred_at), activity)
    for contribution in contributions:
        before = state.tallies.get(contribution.key)
        if not contribution.counter.aggregation.takes_late(before, activity.occurred_at):
            return False
        if contribution.element is not None:
            element = state.tallies.get(
                distinct.element_key(contribution.key, contribution.element)
            )
            if not distinct.takes_late(element, activity.occurred_at):
                return False
    seen = _Seen(program, state, activity, after)
    if any(_moves_streak(seen, streak, contributions) for streak in plan.streaks):
        return False
    return not _fills_joined_cap(seen) and all(_commutes(seen, outcome) for outcome in outcomes)


def _is_part_of_a_silence(plan: ActivityPlan) -> bool:
    """Whether a campaign waits for a silence that the activity may have broken, for a later one."""
    return any(each.campaign.quiet_days is not None for each in plan.campaigns)


def _moves_streak(
    seen: "_Seen", streak: CompiledStreak, contributions: Sequence[Contributed]
) -> bool:
    """Whether a late activity may be what makes a period of a streak done, or done earlier.

    A period that was done without it stays so; but an award for the length that it brought may
    have been made by a later activity than by rights.
    """
    program, state, activity, _ = seen
    at, find = activity.occurred_at, state.tallies.get
    amounts = amounts_in_period(program, streak, contributions, at)
    calendar = calendar_of(streak, activity.member, find, program.calendar)
    if not amounts or not asks(streak, period_at(streak, at, calendar)):
        return False
    if streak.is_local and _has_moved_since(seen):
        return True
    metric = streak.done_metric if streak.is_local else streak.counted
    window = key_at(streak.window, at, calendar)
    tally = find(TallyKey(activity.member, metric, window or "", ""))
    peak = 0 if tally is None else tally.peak
    if peak + sum(amount for amount in amounts if amount > 0) < streak.at_least:
        return False
    if tally is None or tally.value < streak.at_least or min(amounts) < 0:
        return True
    return any(
        award.earned_at >= at
        for key, award in state.awards.items()
        if key.member == activity.member and _counts(program.badges.get(key.badge), streak)
    )


def _has_moved_since(seen: "_Seen") -> bool:
    """Whether the member may have lived in another zone then than now."""
    zone = seen.state.tallies.get(TallyKey(seen.activity.member, ZONE_METRIC, "", ""))
    return zone is not None and zone.reached_at >= seen.activity.occurred_at


def _joins_earlier(program: CompiledProgram, state: State, activity: Activity) -> bool:
    """Whether the member's years since joining begin earlier than was known."""
    if not program.notes_joining:
        return False
    joined = state.tallies.get(TallyKey(activity.member, JOINED_METRIC, "", ""))
    return joined is None or activity.occurred_at < joined.reached_at


def _counts(badge: CompiledBadge | None, streak: CompiledStreak) -> bool:
    """Whether a badge has a criterion on the streak."""
    return badge is not None and any(each.streak is streak for each in badge.criteria)


class _Seen(NamedTuple):
    """What the question is asked about; `after` holds the tallies the activity would leave."""

    program: CompiledProgram
    state: State
    activity: Activity
    after: Mapping[TallyKey, Tally]


def _fills_joined_cap(seen: _Seen) -> bool:
    """Whether the activity takes the last of a cap that some rule names together with another.

    A later gift that the other cap limited may then be limited by this one too: the amount stays
    the same, but not which of the caps is told as the reason.
    """
    program, activity = seen.program, seen.activity
    return any(
        (window := key_at(cap.per, activity.occurred_at, program.calendar)) is not None
        and (tally := seen.after.get(TallyKey(activity.member, cap.metric, window, "")))
        and tally.value >= cap.most
        and _is_joined(program, cap)
        for caps in _caps(program.plans[activity.type])
        for cap in caps
    )


def _caps(plan: ActivityPlan) -> Iterator[tuple[CompiledCap, ...]]:
    """The caps that act together: those of each rule, and of each campaign's gift."""
    for rule in plan.earnings:
        yield rule.caps
    for campaign in plan.campaigns:
        for gift in campaign.gifts:
            yield gift.caps


def _is_joined(program: CompiledProgram, cap: CompiledCap) -> bool:
    return any(
        len(caps) > 1 and cap in caps for plan in program.plans.values() for caps in _caps(plan)
    )


def _commutes(seen: _Seen, outcome: Outcome) -> bool:
    match outcome:
        case PointsEarned():
            return _points_commute(seen, outcome)
        case TallyChanged():
            return all(
                _badge_stays(seen, watcher.badge, outcome.key)
                for watcher in seen.program.watchers.get(outcome.key.metric, ())
            )
        case _:
            return False


def _points_commute(seen: _Seen, earned: PointsEarned) -> bool:
    """Not when a cap or the floor had a say: here, or in any debit since."""
    if earned.posting.limited_by:
        return False
    unit = seen.program.units[earned.key.unit]
    account = seen.state.accounts.get(earned.account_key)
    if account is None:  # what the first points wait for may have come already, and left no trace
        return unit.lots is None or unit.lots.pending is None or not unit.lots.pending.until
    if are_kept(unit, account):
        calendar = seen.program.calendar
        return earned.posting.requested > 0 and lots_take_late(
            unit, account, seen.activity, calendar
        )
    if unit.minimum is None:
        return True
    clamped = account.clamped_at
    since = seen.activity.occurred_at
    return earned.posting.requested > 0 and (clamped is None or clamped < since)


def _badge_stays(seen: _Seen, badge: CompiledBadge, changed: TallyKey) -> bool:
    """Whether every level was earned before the activity, or cannot have been reached since."""
    if not any(_reads(seen, criterion, changed) for criterion in badge.criteria):
        return True
    for level in badge.levels:
        key = AwardKey(
            changed.member,
            badge.key,
            level.number,
            changed.window if badge.repeat is Repeat.PER_WINDOW else "",
            changed.subject if badge.repeat is Repeat.PER_SUBJECT else "",
        )
        award = seen.state.awards.get(key)
        if award is not None:
            if award.earned_at >= seen.activity.occurred_at:
                return False
        elif not any(
            _stays_below(seen, criterion, changed, threshold)
            for criterion, threshold in zip(badge.criteria, level.thresholds, strict=True)
        ):
            return False
    return True


def _reads(seen: _Seen, criterion: CompiledCriterion, changed: TallyKey) -> bool:
    """Whether the changed tally is one that the criterion reads, at the time or later."""
    return criterion.metric == changed.metric and (
        isinstance(criterion.window, Rolling) or _window(seen, criterion) == changed.window
    )


def _stays_below(
    seen: _Seen, criterion: CompiledCriterion, changed: TallyKey, threshold: int
) -> bool:
    """Whether the number stayed below the threshold, the late activity counted in.

    It must have done so wherever the changed tally is read: a criterion over another window than
    that one's reads other tallies later on, of which nothing is known here.
    """
    window = _window(seen, criterion)
    if isinstance(criterion.window, Rolling) or window not in ("", changed.window):
        return False
    key = TallyKey(changed.member, criterion.metric, window, changed.subject)
    tally = seen.after.get(key) or seen.state.tallies.get(key)
    return (criterion.empty if tally is None else tally.peak) < threshold


def _window(seen: _Seen, criterion: CompiledCriterion) -> str | None:
    return key_at(criterion.window, seen.activity.occurred_at, seen.program.calendar)
