"""From units of points as written to what the rules for lots and accounts need."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping

from gamification.days import Unit as CalendarUnit
from gamification.definition.compiled import (
    Expiry,
    LotRules,
    Negative,
    Pending,
    PointsWindow,
    Rate,
    TransferLimit,
    TransferRules,
    Unit,
    YearDay,
)
from gamification.definition.counters import Counters
from gamification.definition.document_points import Expires, Points, Release, Transfers
from gamification.definition.scope import Scope
from gamification.durations import duration
from gamification.quantity import parse
from gamification.windows import AllTime, Every


def compile_units(scope: Scope, counters: Counters) -> dict[str, Unit]:
    """The units of a definition, with the tallies that count what is earned of them."""
    units: dict[str, Unit] = {}
    for key, points in scope.definition.points.items():
        start = parse(points.start)
        minimum = None if points.minimum is None else parse(points.minimum)
        tallies = tuple(
            PointsWindow(metric, stored, start if isinstance(stored, AllTime) else 0)
            for metric, stored in sorted(counters.points_windows[key], key=str)
        )
        if minimum is not None and start < minimum:
            scope.error(
                f"points.{key}.start",
                f"is below the minimum of {points.minimum}",
                f"Start with {points.minimum} or more",
            )
        units[key] = Unit(
            key=key,
            name=points.name or key,
            start=start,
            minimum=minimum,
            windows=tallies,
            lots=_lots(scope, points, f"points.{key}"),
            transfers=_transfers(scope, points, f"points.{key}.transfers"),
            converts=_rates(scope, key, points),
        )
    return units


def _transfers(scope: Scope, points: Points, path: str) -> TransferRules | None:
    """What may be given to others; None where nothing may."""
    if not points.transfers:
        return None
    written = (
        points.transfers
        if isinstance(points.transfers, Transfers)
        else Transfers.model_validate({})
    )
    most = None if written.most is None else parse(written.most)
    limits = tuple(
        TransferLimit(parse(amount), Every(CalendarUnit(unit)))
        for unit, amount in written.most_per.items()
    )
    rules = TransferRules(parse(written.least), most, limits)
    named = {} if most is None else {"most": most}
    named |= {f"most_per.{each.per.unit.value}": each.most for each in limits}
    for name, amount in named.items():
        if amount < rules.least:
            fix = f"Allow {written.least} or more, or lower 'least'"
            scope.error(f"{path}.{name}", "is less than the fewest at a time", fix)
    return rules


def _rates(scope: Scope, key: str, points: Points) -> dict[str, Rate]:
    path = f"points.{key}.convert"
    for unit in points.convert:
        scope.find("points", unit, path, scope.definition.points)
        if unit == key:
            scope.error(path, "converts points into themselves", "Name another unit")
    return {unit: Rate(parse(rate.take), parse(rate.give)) for unit, rate in points.convert.items()}


def releases(units: Mapping[str, Unit]) -> dict[str, tuple[tuple[str, str], ...]]:
    """By type of activity: the units of which it makes points available, and the property that
    says which."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for unit in units.values():
        if unit.lots is not None and unit.lots.pending is not None and unit.lots.pending.until:
            found[unit.lots.pending.until].append((unit.key, unit.lots.pending.per))
    return {activity: tuple(pairs) for activity, pairs in found.items()}


def _lots(scope: Scope, points: Points, path: str) -> LotRules | None:
    """How the points are kept; None where neither time nor anybody does anything to them."""
    if not (points.expires or points.pending or points.holds or points.negative):
        return None
    if points.minimum is not None:
        message = "does not go together with points that expire, mature or are held"
        fix = "Leave the minimum out, and say 'negative: within_balance'"
        scope.error(f"{path}.minimum", message, fix)
    negative = Negative(points.negative or "allow")
    pending = _pending(scope, points.pending, f"{path}.pending")
    if negative is Negative.ONLY_PENDING and points.pending is None:
        message = "takes nothing back, because these points are never pending"
        fix = "Say how long they are: 'pending: 14 days'; or choose 'within_balance'"
        scope.error(f"{path}.negative", message, fix)
    return LotRules(
        expiry=_expiry(scope, points.expires, f"{path}.expires"),
        pending=pending,
        holds=None if points.holds is None else duration(points.holds),
        negative=negative,
    )


def _pending(scope: Scope, written: str | Release | None, path: str) -> Pending | None:
    match written:
        case None:
            return None
        case Release():
            types = scope.types([written.until], f"{path}.until")
            per = scope.property_of(written.per, types, f"{path}.per")
            return Pending(None, written.until, per)
        case _:
            return Pending(duration(written), "", "")


def _expiry(scope: Scope, written: Expires | None, path: str) -> Expiry | None:
    if written is None:
        return None
    if written.unused_for is not None and (written.after or written.on):
        fix = "Give 'after' or 'on' for a fixed expiry, or 'unused_for' alone with 'at'"
        scope.error(path, "counts both from when points came and from the last use", fix)
    if written.at is not None and written.on is not None:
        scope.error(path, "ends on two kinds of days", "Give either 'at' or 'on'")
    if not (written.after or written.at or written.on or written.unused_for):
        scope.error(path, "says no time", "Add 'after', 'at', 'on' or 'unused_for'")
    words = written.unused_for or written.after
    days = [_day(scope, each, f"{path}.on") for each in written.on or []]
    return Expiry(
        after=None if words is None else duration(words),
        at=None if written.at is None else CalendarUnit(written.at.removeprefix("end of ")),
        on=tuple(day for day in days if day is not None),
        by_disuse=written.unused_for is not None,
        warn_days=None if written.warn is None else duration(written.warn).days,
    )


def _day(scope: Scope, written: str, path: str) -> YearDay | None:
    *year, month, day = map(int, written.split("-"))
    in_year = year[0] if year else 2000  # a leap year: the 29th of February exists in some
    if not 1 <= month <= 12 or not in_year or not 1 <= day <= monthrange(in_year, month)[1]:
        scope.error(path, f"there is no day '{written}'", "Write MM-DD, or YYYY-MM-DD")
        return None
    return YearDay(year[0] if year else None, month, day)
