"""From a ladder of tiers as written to one whose levels can be worked out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from gamification import windows
from gamification.definition.compiled import CompiledTier, TierLevel
from gamification.definition.compiled.tiers import Joined, Lifelong, Span, TierNumber
from gamification.definition.counters import Counters
from gamification.definition.document_tiers import ForLife, Qualifier, Tier, TierBenefits
from gamification.definition.scope import Scope
from gamification.metrics import TOTAL
from gamification.quantity import parse
from gamification.windows import AllTime, Every, Rolling, Spec

GRACE_DAYS_MAX = 366


def compile_tiers(scope: Scope, counters: Counters) -> dict[str, CompiledTier]:
    """The ladders of a definition, without those that have problems."""
    found = {
        key: _tier(scope, counters, key, written) for key, written in scope.definition.tiers.items()
    }
    return {key: tier for key, tier in found.items() if tier is not None}


def _tier(scope: Scope, counters: Counters, key: str, written: Tier) -> CompiledTier | None:
    path = f"tiers.{key}"
    span = _span(scope, written, path)
    if span is None:
        return None
    numbers = _numbers(scope, counters, written, span, path)
    if not numbers:
        return None
    levels = tuple(
        _level(scope, counters, numbers, name, level, f"{path}.levels.{name}")
        for name, level in written.levels.items()
    )
    _check_rise(scope, levels, path)
    return CompiledTier(
        key=key,
        name=written.name or key,
        numbers=numbers,
        span=span,
        levels=levels,
        holds_windows=1 if written.keep == "next window" else 0,
        falls_by_step=written.downgrade == "one step",
        multiplied=frozenset(unit for level in levels for unit in level.multipliers),
        rolls_over=written.rollover,
        grace_days=_grace(scope, written, span, path),
        warn=None if written.warn is None else timedelta(days=_days(written.warn)),
    )


def _span(scope: Scope, written: Tier, path: str) -> Span | None:
    """The windows of the ladder, if they can be its windows."""
    joined = written.over.lower().split() == ["year", "of", "joining"]
    span = Joined() if joined else scope.window(written.over, f"{path}.over")
    if not isinstance(span, AllTime | Every | Rolling | Joined):
        message = "a level is reached in windows that follow each other on the calendar"
        fix = (
            "Use day, week, month, quarter, year, all time, 365 days, 12 months or year of joining"
        )
        scope.error(f"{path}.over", message, fix)
        return None
    if isinstance(span, Rolling) and written.downgrade == "one step":
        message = "days that roll have no end at which a level could fall by one step"
        scope.error(f"{path}.downgrade", message, "Use 'reassess', or a window of the calendar")
    if isinstance(span, Rolling | AllTime) and written.rollover:
        message = f"nothing rolls over from one window to the next over {span.text}"
        scope.error(f"{path}.rollover", message, "Use a window of the calendar, or remove it")
    return span


def _numbers(
    scope: Scope, counters: Counters, written: Tier, span: Span, path: str
) -> tuple[TierNumber, ...]:
    """The numbers that qualify; none where one of them is at fault."""
    several = written.any_of or []
    if sum((written.metric is not None, written.points is not None, bool(several))) != 1:
        fix = "Give either 'metric' or 'points', or several numbers in 'any_of'"
        scope.error(path, "is reached by nothing, or by two things", fix)
        return ()
    if not several:
        only = Qualifier(metric=written.metric, points=written.points)
        found = [_number(scope, counters, only, span, path)]
    else:
        found = [
            _number(scope, counters, each, span, f"{path}.any_of.{index}")
            for index, each in enumerate(several)
        ]
    numbers = tuple(number for number in found if number is not None)
    if len({number.key for number in numbers}) < len(numbers):
        scope.error(f"{path}.any_of", "has two numbers of one name", "Name each once")
    return numbers if len(numbers) == len(found) else ()


def _number(
    scope: Scope, counters: Counters, written: Qualifier, span: Span, path: str
) -> TierNumber | None:
    if (written.metric is None) == (written.points is None):
        scope.error(path, "is no number, or two", "Give either 'metric' or 'points'")
        return None
    window: Spec = Every(windows.Unit.DAY) if isinstance(span, Joined) else span
    if written.points is not None:
        metric = counters.points(written.points, window, f"{path}.points")
        return TierNumber(written.points, metric, _start(scope, written.points, span))
    metric = _metric(scope, counters, written.metric or "", window, f"{path}.metric")
    if metric is None:
        return None
    if scope.definition.metrics[written.metric or ""].distinct and isinstance(span, Joined):
        message = "different values cannot be counted over years of joining"
        scope.error(f"{path}.metric", message, "Use a window of the calendar")
    return TierNumber(written.metric or "", metric, 0)


def _metric(scope: Scope, counters: Counters, name: str, window: Spec, path: str) -> str | None:
    criterion = counters.metric(name, window, path)
    if criterion is None:
        return None
    if criterion.aggregation is not TOTAL or criterion.per:
        scope.error(
            path,
            "is not one number of the member's that adds up",
            "Use a metric with 'count', 'sum' or 'distinct', without 'per'",
        )
    return criterion.metric


def _start(scope: Scope, unit: str, span: Span) -> int:
    """What points of a unit begin with: for those of all time only."""
    points = scope.definition.points.get(unit)
    return parse(points.start) if points and isinstance(span, AllTime) else 0


def _level(
    scope: Scope,
    counters: Counters,
    numbers: Sequence[TierNumber],
    key: str,
    written: Decimal | TierBenefits,
    path: str,
) -> TierLevel:
    if isinstance(written, Decimal):
        return TierLevel(key, key, _thresholds(scope, numbers, written, path), {}, ())
    for unit in written.multiply:
        scope.find("points", unit, f"{path}.multiply", scope.definition.points)
    for_life = written.for_life
    return TierLevel(
        key=key,
        name=written.name or key,
        thresholds=_thresholds(scope, numbers, written.at, f"{path}.at"),
        multipliers={unit: parse(factor) for unit, factor in written.multiply.items()},
        perks=tuple(written.perks),
        for_life=for_life and _for_life(scope, counters, for_life, f"{path}.for_life"),
    )


def _thresholds(
    scope: Scope, numbers: Sequence[TierNumber], at: Decimal | Mapping[str, Decimal], path: str
) -> tuple[int | None, ...]:
    """What each number must reach; one threshold is enough where it is 0, for everybody."""
    if isinstance(at, Decimal):
        if len(numbers) > 1 and at:
            names = ", ".join(number.key for number in numbers)
            scope.error(path, "says not which number must reach it", f"Give one for each: {names}")
        return tuple(parse(at) for _ in numbers)
    if not at:
        names = ", ".join(number.key for number in numbers)
        scope.error(path, "is reached by nothing", f"Give one for any of: {names}")
    known = {number.key: number for number in numbers}
    for name in at:
        scope.find("number of the ladder", name, path, known)
    return tuple(parse(at[each.key]) if each.key in at else None for each in numbers)


def _for_life(scope: Scope, counters: Counters, written: ForLife, path: str) -> Lifelong | None:
    qualifier = Qualifier(metric=written.metric, points=written.points)
    number = _number(scope, counters, qualifier, AllTime(), path)
    if number is None:
        return None
    return Lifelong(number.metric, number.start, parse(written.at_least))


def _check_rise(scope: Scope, levels: Sequence[TierLevel], path: str) -> None:
    for column in zip(*(level.thresholds for level in levels), strict=True):
        thresholds = [least for least in column if least is not None]
        if thresholds != sorted(set(thresholds)):
            fix = "List the levels from the lowest number to the highest"
            scope.error(f"{path}.levels", "do not rise", fix)
            return


def _grace(scope: Scope, written: Tier, span: Span, path: str) -> int:
    if written.grace is None:
        return 0
    days = _days(written.grace)
    if isinstance(span, AllTime):
        message = "over all time a level does not fall, so there is nothing to be graceful about"
        scope.error(f"{path}.grace", message, "Remove it")
    if days > GRACE_DAYS_MAX:
        scope.error(f"{path}.grace", f"is longer than {GRACE_DAYS_MAX} days", "Use fewer days")
    return days


def _days(words: str) -> int:
    return int(words.split()[0])
