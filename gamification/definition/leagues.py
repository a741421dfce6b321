"""From a league as written to one that can be played."""

from collections.abc import Mapping

from gamification.definition.compiled import CompiledBoard, CompiledLeague
from gamification.definition.document_leagues import League
from gamification.definition.scope import Scope


def compile_leagues(scope: Scope, boards: Mapping[str, CompiledBoard]) -> dict[str, CompiledLeague]:
    """The leagues of a definition, without those that have no board to play on."""
    found = {
        key: _league(scope, key, written, boards)
        for key, written in scope.definition.leagues.items()
    }
    return {key: league for key, league in found.items() if league is not None}


def _league(
    scope: Scope, key: str, written: League, boards: Mapping[str, CompiledBoard]
) -> CompiledLeague | None:
    path = f"leagues.{key}"
    named = scope.definition.leaderboards
    scope.find("leaderboard", written.leaderboard, f"{path}.leaderboard", named)
    board = boards.get(written.leaderboard)
    if board is None:
        return None
    if not board.has_ends:
        message = f"is played on a board of {board.window.text}, whose run never ends"
        scope.error(f"{path}.leaderboard", message, "Use a board of a week, a month, a season")
    if len(set(written.levels)) < len(written.levels):
        scope.error(f"{path}.levels", "name a level twice", "Give each level its own name")
    if written.promote + written.demote > written.cohort:
        message = f"moves {written.promote} up and {written.demote} down of {written.cohort}"
        scope.error(path, message, "Let promote and demote be no more than cohort together")
    return CompiledLeague(
        key=key,
        name=written.name or key,
        board=board,
        levels=tuple(written.levels),
        cohort_max=written.cohort,
        promoted=written.promote,
        demoted=written.demote,
    )
