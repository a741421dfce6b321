"""What each type of activity can set in motion, followed through badges and points to the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gamification.definition.compiled import (
    ActivityPlan,
    CompiledBadge,
    CompiledEarning,
    Contribution,
    Read,
    Unit,
    Watcher,
)
from gamification.properties import PropertyCheck


class Reach(NamedTuple):
    """What cascades run through: units, who watches which tallies, badges that are counted."""

    units: Mapping[str, Unit]
    watchers: Mapping[str, tuple[Watcher, ...]]
    counted_badges: frozenset[str]


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
    reach: Reach,
) -> ActivityPlan:
    """The plan of one type of activity."""
    earned = _Found()
    for earning in earnings:
        _points(earning.unit, earned, reach)
        for cap in earning.caps:
            earned.reads[Read(cap.metric, cap.per, None)] = None
            earned.metrics.append(cap.metric)
    _follow(earned, reach)
    counted = _Found(metrics=[each.counter.metric for each in contributions])
    _follow(counted, reach)
    units = tuple(earned.units | counted.units)
    return ActivityPlan(check, contributions, earnings, tuple(earned.reads), units)


def reads_following(metric: str, reach: Reach) -> tuple[Read, ...]:
    """What may be read because a tally of the metric moved."""
    found = _Found(metrics=[metric])
    _follow(found, reach)
    return tuple(found.reads)


def _follow(found: _Found, reach: Reach) -> None:
    for metric in found.metrics:  # grows while the cascade is followed
        for watcher in reach.watchers.get(metric, ()):
            _badge(watcher.badge, found, reach)


def _badge(badge: CompiledBadge, found: _Found, reach: Reach) -> None:
    if badge.key in found.badges:
        return
    found.badges.add(badge.key)
    for criterion in badge.criteria:
        found.reads[Read(criterion.metric, criterion.window, criterion.per)] = None
    for level in badge.levels:
        for unit, _ in level.gives:
            _points(unit, found, reach)
    if badge.key in reach.counted_badges:
        found.metrics.append(f"badge:{badge.key}")


def _points(unit: str, found: _Found, reach: Reach) -> None:
    if unit in found.units:
        return
    found.units[unit] = None
    for window in reach.units[unit].windows:
        found.reads[Read(window.metric, window.stored, None)] = None
        found.metrics.append(window.metric)
