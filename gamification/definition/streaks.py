"""From a streak as written to one that can advance: what a period asks for, and its freezes."""

from datetime import timedelta

from gamification.days import Unit
from gamification.definition.compiled import CompiledStreak, Freezes
from gamification.definition.compiled.streaks import Pauses, Restore
from gamification.definition.counters import Counters
from gamification.definition.document_streaks import Streak
from gamification.definition.scope import WEEKDAYS, Scope
from gamification.metrics import TOTAL
from gamification.quantity import parse
from gamification.windows import Every


def compile_streaks(scope: Scope, counters: Counters) -> dict[str, CompiledStreak]:
    """The streaks of a definition, without those that have problems."""
    found = {
        key: _streak(scope, counters, key, written)
        for key, written in scope.definition.streaks.items()
    }
    return {key: streak for key, streak in found.items() if streak is not None}


def _streak(scope: Scope, counters: Counters, key: str, written: Streak) -> CompiledStreak | None:
    path = f"streaks.{key}"
    window = Every(Unit(written.every))
    criterion = counters.metric(written.metric, window, f"{path}.metric")
    if criterion is None:
        return None
    metric = scope.definition.metrics[written.metric]
    if criterion.aggregation is not TOTAL or criterion.per or metric.distinct:
        scope.error(
            f"{path}.metric",
            "is not a count or a sum of the member's own",
            "Use a metric with 'count' or 'sum', without 'per'",
        )
    if written.on and window.unit is not Unit.DAY:
        scope.error(f"{path}.on", f"days of the week say nothing of a {written.every}", "Remove it")
    return CompiledStreak(
        key=key,
        name=written.name or key,
        counted=criterion.metric,
        window=window,
        at_least=parse(written.at_least),
        weekdays=frozenset(WEEKDAYS.index(day) for day in written.on or WEEKDAYS),
        freezes=_freezes(scope, written, f"{path}.freezes"),
        pauses=_pauses(scope, written, f"{path}.pauses"),
        restore=_restore(scope, written, f"{path}.restore"),
        is_local=written.zone == "member",
        targets=_targets(scope, written, f"{path}.targets"),
        warn=timedelta(hours=int(written.warn.split()[0])) if written.warn else None,
    )


def _freezes(scope: Scope, written: Streak, path: str) -> Freezes:
    freezes = written.freezes
    if freezes is None:
        return Freezes(0, None, 0)
    if freezes.start > freezes.most:
        scope.error(f"{path}.start", f"is more than the most, {freezes.most}", "Raise 'most'")
    return Freezes(freezes.start, freezes.earn_every, freezes.most)


def _pauses(scope: Scope, written: Streak, path: str) -> Pauses | None:
    pauses = written.pauses
    if pauses is None:
        return None
    _check_limit(scope, written, pauses.per, f"{path}.per")
    return Pauses(pauses.most, Unit(pauses.per))


def _restore(scope: Scope, written: Streak, path: str) -> Restore | None:
    restore = written.restore
    if restore is None:
        return None
    _check_limit(scope, written, restore.per, f"{path}.per")
    cost = next(((unit, parse(amount)) for unit, amount in restore.cost.items()), None)
    if cost is not None:
        scope.find("points", cost[0], f"{path}.cost", scope.definition.points)
    return Restore(restore.within, restore.most, Unit(restore.per), cost)


def _check_limit(scope: Scope, written: Streak, per: str, path: str) -> None:
    if (written.every, per) in (("month", "week"), ("month", "month"), ("week", "week")):
        message = f"a {per} is no longer than the streak's periods"
        scope.error(path, message, "Use a longer window: quarter or year")


def _targets(scope: Scope, written: Streak, path: str) -> tuple[int, ...]:
    if written.targets != sorted(set(written.targets)):
        scope.error(path, "do not rise", "List the lengths from the shortest to the longest")
    return tuple(written.targets)
