"""From a ladder of tiers as written to one whose levels can be worked out."""

from decimal import Decimal

from gamification.definition.compiled import CompiledTier, TierLevel
from gamification.definition.counters import Counters
from gamification.definition.document import Tier, TierBenefits
from gamification.definition.scope import Scope
from gamification.metrics import TOTAL
from gamification.quantity import parse
from gamification.windows import AllTime, Every, Spec


def compile_tiers(scope: Scope, counters: Counters) -> dict[str, CompiledTier]:
    """The ladders of a definition, without those that have problems."""
    found = {
        key: _tier(scope, counters, key, written) for key, written in scope.definition.tiers.items()
    }
    return {key: tier for key, tier in found.items() if tier is not None}


def _tier(scope: Scope, counters: Counters, key: str, written: Tier) -> CompiledTier | None:
    path = f"tiers.{key}"
    window = scope.window(written.over, f"{path}.over")
    if not isinstance(window, AllTime | Every):
        message = "a level is reached in windows that follow each other on the calendar"
        scope.error(
            f"{path}.over", message, "Use day, week, month, quarter, half year, year or all time"
        )
        return None
    metric = _metric(scope, counters, written, window, path)
    if metric is None:
        return None
    levels = tuple(
        _level(scope, name, level, f"{path}.levels.{name}")
        for name, level in written.levels.items()
    )
    thresholds = [level.threshold for level in levels]
    if thresholds != sorted(set(thresholds)):
        fix = "List the levels from the lowest number to the highest"
        scope.error(f"{path}.levels", "do not rise", fix)
    points = scope.definition.points.get(written.points or "")
    return CompiledTier(
        key=key,
        name=written.name or key,
        metric=metric,
        window=window,
        start=parse(points.start) if points and isinstance(window, AllTime) else 0,
        levels=levels,
        holds_windows=1 if written.keep == "next window" else 0,
        falls_by_step=written.downgrade == "one step",
        multiplied=frozenset(unit for level in levels for unit in level.multipliers),
    )


def _metric(scope: Scope, counters: Counters, written: Tier, window: Spec, path: str) -> str | None:
    if (written.metric is None) == (written.points is None):
        fix = "Give either 'metric' or 'points'"
        scope.error(path, "is reached by nothing, or by two things", fix)
        return None
    if written.points is not None:
        return counters.points(written.points, window, f"{path}.points")
    criterion = counters.metric(written.metric or "", window, f"{path}.metric")
    if criterion is None:
        return None
    if criterion.aggregation is not TOTAL or criterion.per:
        scope.error(
            f"{path}.metric",
            "is not one number of the member's that adds up",
            "Use a metric with 'count', 'sum' or 'distinct', without 'per'",
        )
    return criterion.metric


def _level(scope: Scope, key: str, written: Decimal | TierBenefits, path: str) -> TierLevel:
    if isinstance(written, Decimal):
        return TierLevel(key, key, parse(written), {}, ())
    for unit in written.multiply:
        scope.find("points", unit, f"{path}.multiply", scope.definition.points)
    return TierLevel(
        key=key,
        name=written.name or key,
        threshold=parse(written.at),
        multipliers={unit: parse(factor) for unit, factor in written.multiply.items()},
        perks=tuple(written.perks),
    )
