"""The teams of a run, ranked by the definitions: the reference for what the databases do."""

from gamification.ports import Board
from gamification.team_boards import TeamBoard, TeamStanding
from gamification.teams import MEMBERS_MAX, MEMBERS_METRIC, run_and_team, run_of_team
from gamification.twin.tables import Tables


def teams_by_hand(tables: Tables, board: TeamBoard) -> list[TeamStanding]:
    """All teams for which somebody has done something in the run, the most first."""
    keys = {key.window for key in tables.ranked if key.metric == board.metric}
    teams = {team for run, team in map(run_and_team, keys) if team and run == board.run}
    numbers = {team: _number(tables, board, team) for team in teams}
    ordered = sorted(teams, key=lambda team: (-numbers[team], team))
    return [
        TeamStanding(
            team=team,
            rank=1 + sum(other > numbers[team] for other in numbers.values()),
            position=position,
            current=numbers[team],
            size=sum(each.score > 0 for each in tables.board(Board(MEMBERS_METRIC, (team,)))),
        )
        for position, team in enumerate(ordered, 1)
    ]


def _number(tables: Tables, board: TeamBoard, team: str) -> int:
    standings = tables.board(Board(board.metric, (run_of_team(board.run, team),)))
    if not board.is_mean:
        return sum(each.score for each in standings[: board.best or None])
    in_it = tables.board(Board(MEMBERS_METRIC, (team,)))
    members = [each.member for each in in_it if each.score > 0][:MEMBERS_MAX]
    shares = {each.member: each.score for each in standings}
    return sum(shares.get(member, 0) for member in members) // len(members) if members else 0
