"""What each type of activity can set in motion, followed through badges and points to the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gamification.definition.challenges import given_metric
from gamification.definition.compiled import (
    ActivityPlan,
    CampaignPlan,
    ChallengePlan,
    CompiledBadge,
    CompiledCap,
    CompiledChallenge,
    CompiledEarning,
    CompiledStreak,
    CompiledTier,
    Contribution,
    Read,
    Unit,
    UnitPlan,
    Watcher,
)
from gamification.definition.compiled.tiers import JOINED_METRIC, Joined
from gamification.properties import PropertyCheck
from gamification.state import ATTRIBUTE_CHANGES
from gamification.windows import AllTime


class Reach(NamedTuple):
    """What cascades run through: units, who watches which tallies, badges and challenges that are
    counted, and streaks."""

    units: Mapping[str, Unit]
    watchers: Mapping[str, tuple[Watcher, ...]]
    counted_badges: frozenset[str]
    counted_challenges: frozenset[str]
    streaks: tuple[CompiledStreak, ...]
    tiers: tuple[CompiledTier, ...]

    def advanced_by(self, metric: str) -> tuple[CompiledStreak, ...]:
        """The streaks that a tally of the metric may advance."""
        return tuple(streak for streak in self.streaks if streak.counted == metric)


@dataclass(slots=True)
class _Found:
    """What a cascade has reached so far; dicts keep the order in which it was."""

    reads: dict[Read, None] = field(default_factory=dict[Read, None])
    units: dict[str, None] = field(default_factory=dict[str, None])
    metrics: list[str] = field(default_factory=list[str])
    badges: set[str] = field(default_factory=set[str])


def plan_of(
    check: PropertyCheck,
    contributions: tuple[Contribution, ...],
    earnings: tuple[CompiledEarning, ...],
    campaigns: tuple[CampaignPlan, ...],
    challenges: tuple[ChallengePlan, ...],
    reach: Reach,
    releases: tuple[tuple[str, str], ...] = (),
) -> ActivityPlan:
    """The plan of one type of activity."""
    earned = _Found()
    tiers = _multiplying(earnings, reach)
    for tier in tiers:
        earned.reads.update(dict.fromkeys(tier.reads))
    if any(isinstance(tier.span, Joined) for tier in reach.tiers):
        earned.reads[Read(JOINED_METRIC, AllTime(), None)] = None
    for earning in earnings:
        _points(earning.unit, earned, reach)
        for cap in earning.caps:
            _cap(cap, earned)
    for campaign in campaigns:
        _campaign(campaign, earned, reach)
    for plan in challenges:
        _challenge(plan.challenge, earned, reach)
    _follow(earned, reach)
    moved = [each.counter.metric for each in contributions]
    counted = _Found(metrics=[*moved])
    _follow(counted, reach)
    released = dict.fromkeys(unit for unit, _ in releases)
    given = [each.unit for each in earnings]
    given += [gift.unit for campaign in campaigns for gift in campaign.gifts]
    units = tuple(earned.units | counted.units | released)
    streaks = {each.key: each for metric in moved for each in reach.advanced_by(metric)}
    return ActivityPlan(
        check=check,
        contributions=contributions,
        streaks=tuple(streaks.values()),
        local_streaks=tuple(each for each in streaks.values() if each.is_local),
        tiers=tiers,
        is_tiered=bool(tiers) or _reaches_tiers({*earned.metrics, *counted.metrics}, reach),
        earnings=earnings,
        campaigns=campaigns,
        reads_attributes=any(each.campaign.reads_attributes for each in campaigns)
        or any(each.challenge.is_of_teams for each in challenges),
        challenges=challenges,
        reads=tuple(earned.reads),
        units=units,
        releases=releases,
        keeps=tuple(unit for unit in dict.fromkeys(given) if reach.units[unit].keeps_matured),
    )


def _campaign(plan: CampaignPlan, found: _Found, reach: Reach) -> None:
    for gift in plan.gifts:
        _points(gift.unit, found, reach)
        for cap in gift.caps:
            _cap(cap, found)
    if plan.campaign.reads_attributes:
        found.reads[Read(ATTRIBUTE_CHANGES, AllTime(), None)] = None


def _cap(cap: CompiledCap, found: _Found) -> None:
    found.reads[Read(cap.metric, cap.per, None)] = None
    found.metrics.append(cap.metric)


def _multiplying(earnings: tuple[CompiledEarning, ...], reach: Reach) -> tuple[CompiledTier, ...]:
    """The ladders with a level that multiplies what these rules give."""
    units = {earning.unit for earning in earnings}
    return tuple(tier for tier in reach.tiers if units & tier.multiplied)


def _reaches_tiers(metrics: set[str], reach: Reach) -> bool:
    """Whether some of these numbers decide over a level that multiplies anything."""
    return any(tier.metrics & metrics for tier in reach.tiers if tier.multiplied)


def reads_following(metric: str, reach: Reach) -> tuple[Read, ...]:
    """What may be read because a tally of the metric moved."""
    found = _Found(metrics=[metric])
    _follow(found, reach)
    return tuple(found.reads)


def moving(unit: str, reach: Reach) -> UnitPlan:
    """The plan of moving points of a unit by other means than the rules of an activity."""
    found = _Found()
    _points(unit, found, reach)
    _follow(found, reach)
    return UnitPlan(tuple(found.reads), tuple(found.units))


def moving_streak(streak: CompiledStreak, reach: Reach) -> UnitPlan:
    """The plan of moving a streak by other means than what is done in its periods."""
    found = _Found(metrics=[streak.metric])
    _streak(streak, found)
    _follow(found, reach)
    return UnitPlan(tuple(found.reads), tuple(found.units))


def joining(challenge: CompiledChallenge, reach: Reach) -> UnitPlan:
    """The plan of joining a challenge, which may complete it."""
    found = _Found()
    _challenge(challenge, found, reach)
    _follow(found, reach)
    return UnitPlan(tuple(found.reads), tuple(found.units))


def _follow(found: _Found, reach: Reach) -> None:
    for metric in found.metrics:  # grows while the cascade is followed
        for tier in reach.tiers:
            if metric in tier.metrics:
                found.reads.update(dict.fromkeys(tier.reads))
        for streak in reach.advanced_by(metric):
            _streak(streak, found)
            found.metrics.append(streak.metric)
        for watcher in reach.watchers.get(metric, ()):
            _badge(watcher.badge, found, reach)


def _badge(badge: CompiledBadge, found: _Found, reach: Reach) -> None:
    if badge.key in found.badges:
        return
    found.badges.add(badge.key)
    for criterion in badge.criteria:
        found.reads[Read(criterion.metric, criterion.window, criterion.per)] = None
        if criterion.streak is not None:
            _streak(criterion.streak, found)
    for level in badge.levels:
        for unit, _ in level.gives:
            _points(unit, found, reach)
    if badge.key in reach.counted_badges:
        found.metrics.append(f"badge:{badge.key}")


def _challenge(challenge: CompiledChallenge, found: _Found, reach: Reach) -> None:
    for metric in challenge.run_metrics:
        found.reads[Read(metric, challenge.window, None)] = None
    if challenge.is_of_teams:
        found.reads[Read(ATTRIBUTE_CHANGES, AllTime(), None)] = None
    for unit, _ in challenge.gives:
        _points(unit, found, reach)
    counted = [challenge.metric] if challenge.key in reach.counted_challenges else []
    for metric in [*counted, *map(given_metric, challenge.badges)]:
        found.reads[Read(metric, AllTime(), None)] = None
        found.metrics.append(metric)


def _streak(streak: CompiledStreak, found: _Found) -> None:
    for metric in streak.metrics:
        found.reads[Read(metric, AllTime(), None)] = None


def _points(unit: str, found: _Found, reach: Reach) -> None:
    if unit in found.units:
        return
    found.units[unit] = None
    for window in reach.units[unit].windows:
        found.reads[Read(window.metric, window.stored, None)] = None
        found.metrics.append(window.metric)
