"""From a leaderboard as written to one that can be ranked, settled and paid for."""

from datetime import timedelta
from itertools import pairwise

from gamification.definition.compiled import CompiledBoard, Prize, Settling
from gamification.definition.counters import Counters
from gamification.definition.document import Leaderboard
from gamification.definition.scope import Scope
from gamification.metrics import TOTAL
from gamification.places import Ties
from gamification.quantity import parse
from gamification.windows import AllTime, Rolling, Spec

NAMES_LENGTH_MAX = 140
"""Of a board, a season and a unit together: they make the key of a prize, besides the member."""


def compile_boards(scope: Scope, counters: Counters) -> dict[str, CompiledBoard]:
    """The leaderboards of a definition, without those that rank by nothing."""
    boards: dict[str, CompiledBoard] = {}
    for key, board in scope.definition.leaderboards.items():
        path = f"leaderboards.{key}"
        window = scope.window(board.every, f"{path}.every")
        segment = scope.segment(board.among, f"{path}.among")
        own_metric = f"board:{key}" if segment is not None else None
        metric = _metric(scope, counters, board, path, own_metric, window)
        if metric is not None:
            boards[key] = CompiledBoard(
                key=key,
                name=board.name or key,
                metric=metric,
                window=window,
                ties=Ties[board.ties.name],
                segment=segment,
                settling=_settling(board.settle_for),
                prizes=_prizes(scope, key, board, window),
            )
    return boards


def _metric(
    scope: Scope,
    counters: Counters,
    board: Leaderboard,
    path: str,
    own_metric: str | None,
    window: Spec,
) -> str | None:
    if (board.metric is None) == (board.points is None):
        scope.error(path, "ranks by nothing, or by two things", "Give either 'metric' or 'points'")
        return None
    if board.points is not None:
        return counters.points(board.points, window, f"{path}.points", own_metric)
    metric = scope.definition.metrics.get(board.metric or "")
    if metric is not None and metric.per is not None:
        scope.error(
            f"{path}.metric",
            "is one number per subject, not per member",
            "Use a metric without per",
        )
    criterion = counters.metric(board.metric or "", window, f"{path}.metric", own_metric)
    if criterion is None:
        return None
    if isinstance(window, Rolling) and criterion.aggregation is not TOTAL:
        scope.error(
            f"{path}.every",
            "rolling days are added up, which means nothing for max and last",
            "Use a window of the calendar or all time, or a count or sum",
        )
    return criterion.metric


def _settling(words: str) -> Settling:
    number, unit = words.split()
    match unit.removesuffix("s"):
        case "minute":
            return Settling(0, timedelta(minutes=int(number)))
        case "hour":
            return Settling(0, timedelta(hours=int(number)))
        case _:
            return Settling(int(number), timedelta())


def _prizes(scope: Scope, key: str, board: Leaderboard, window: Spec) -> tuple[Prize, ...]:
    """What ranks win, in their order."""
    path = f"leaderboards.{key}.prizes"
    if board.prizes and isinstance(window, AllTime | Rolling):
        message = f"are never won: a board of {window.text} has no run that ends"
        fix = "Use day, week, month, quarter, half year, year or season for 'every'"
        scope.error(path, message, fix)
    found: list[Prize] = []
    for ranks, gives in board.prizes.items():
        first, _, last = ranks.partition("-")
        for unit in gives:
            _check_unit(scope, key, board, unit, f"{path}.{ranks}")
        amounts = tuple((unit, parse(amount)) for unit, amount in gives.items())
        prize = Prize(int(first), int(last or first), amounts)
        if prize.last < prize.first:
            scope.error(f"{path}.{ranks}", "ends before it begins", "Write the better rank first")
        found.append(prize)
    found.sort()
    for better, worse in pairwise(found):
        if worse.first <= better.last:
            message = f"gives rank {worse.first} two prizes"
            scope.error(path, message, "Let no two ranges of ranks overlap")
    return tuple(found)


def _check_unit(scope: Scope, key: str, board: Leaderboard, unit: str, path: str) -> None:
    scope.find("points", unit, path, scope.definition.points)
    if board.points == unit:
        message = f"the prize counts for the run in which it is paid, because {unit} are ranked"
        scope.warn(path, message, "Give another unit, if the winner is not to begin ahead")
    season = max(map(len, scope.definition.seasons), default=0) if board.every == "season" else 0
    if len(key) + len(unit) + season > NAMES_LENGTH_MAX:
        message = "the names of the board, its seasons and the unit are too long to name the prize"
        scope.error(path, message, f"Keep them within {NAMES_LENGTH_MAX} characters together")
