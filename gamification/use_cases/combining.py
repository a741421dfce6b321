"""What the numbers of a team's members come to together: asked when it is shown, and when a team
may have reached its goal."""

import heapq
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol, assert_never

from gamification.challenges import runs_shown
from gamification.definition.compiled import CompiledChallenge, CompiledProgram
from gamification.definition.document_challenges import Combine
from gamification.ids import MemberId
from gamification.ports import Board, Reading, Standing
from gamification.state import Tally, TallyKey
from gamification.teams import MEMBERS_MAX, MEMBERS_METRIC, membership, run_of_team, team_of


class Ranking(Protocol):
    """Where standings are read: within a transaction or outside one."""

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]: ...

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]: ...


class TeamRun(NamedTuple):
    """A team in a run of a challenge."""

    challenge: CompiledChallenge
    run: str
    team: str

    @property
    def window(self) -> str:
        return run_of_team(self.run, self.team)

    @property
    def shares(self) -> Board:
        """What each member has done for the team in the run."""
        return Board(self.challenge.steps[0].metric, (self.window,))


Changed = Mapping[TallyKey, Tally | None]
"""Numbers that are about to be written; None for those that are about to be deleted."""

UNCHANGED: Changed = MappingProxyType({})


async def teams_of(
    reading: Reading, rules: CompiledProgram, members: Collection[MemberId]
) -> dict[MemberId, str]:
    """The teams of those members who are in one; {} where no challenge asks for it."""
    if not any(each.is_of_teams for each in rules.challenges.values()):
        return {}
    found = await reading.members(members)
    return {
        id_: team
        for id_, member in found.items()
        if (team := team_of(member.attributes)) is not None
    }


def runs_of_teams(rules: CompiledProgram, teams: Iterable[str], at: datetime) -> list[TeamRun]:
    """These teams in the runs of their challenges that are shown at a moment."""
    named = set(teams)
    return [
        TeamRun(challenge, run.key, team)
        for challenge, run in runs_shown(rules, at)
        if challenge.is_of_teams
        for team in named
    ]


async def numbers_of_teams(reading: Reading, asked: Iterable[TeamRun]) -> dict[str, int]:
    """How teams stand to runs, as `challenges.together` asks for it: what the numbers of their
    members come to, and when they reached the goal."""
    runs = {(each.challenge.key, each.window): each for each in asked}.values()
    if not runs:
        return {}
    keys = {key for each in runs for key in each.challenge.shared_keys(each.window)}
    numbers = await reading.shared_numbers(keys)
    for each in runs:
        total = each.challenge.total_key(each.window)
        numbers[total] = await combined(reading, each, total=numbers[total])
    return numbers


async def combined(
    ranking: Ranking, asked: TeamRun, *, total: int, changed: Changed = UNCHANGED
) -> int:
    """What a team has come to, in ten-thousandths. `total` is the sum of all that was done for it.

    The mean is that over the members who are in the team now, of what each of them did for it: who
    did nothing counts as well, and who has left does not.
    """
    match asked.challenge.combine:
        case Combine.SUM:
            return total
        case Combine.BEST:
            return await _best(ranking, asked, changed)
        case Combine.MEAN:
            return await _mean(ranking, asked, changed)
        case _:
            assert_never(asked.challenge.combine)


async def members_of(
    ranking: Ranking, team: str, *, changed: Changed = UNCHANGED
) -> list[MemberId]:
    """Who is in a team, longest first; at most `MEMBERS_MAX` are considered."""
    board = Board(MEMBERS_METRIC, (team,))
    found = await ranking.standings(board, after=None, limit=MEMBERS_MAX)
    moved = {
        key.member: tally is not None and tally.value > 0
        for key, tally in changed.items()
        if key == membership(key.member, team)
    }
    is_in = {each.member: each.score > 0 for each in found} | moved
    return [member for member, stays in is_in.items() if stays][:MEMBERS_MAX]


async def _best(ranking: Ranking, asked: TeamRun, changed: Changed) -> int:
    most, moved = asked.challenge.best, _shares_moved(asked, changed)
    found = await ranking.standings(asked.shares, after=None, limit=most + len(moved))
    shares = {each.member: each.score for each in found} | moved
    return sum(heapq.nlargest(most, shares.values()))


async def _mean(ranking: Ranking, asked: TeamRun, changed: Changed) -> int:
    members = await members_of(ranking, asked.team, changed=changed)
    if not members:
        return 0
    found = await ranking.standings_of(asked.shares, members)
    shares = {each.member: each.score for each in found.values()} | _shares_moved(asked, changed)
    return sum(shares.get(member, 0) for member in members) // len(members)


def _shares_moved(asked: TeamRun, changed: Changed) -> dict[MemberId, int]:
    metric = asked.challenge.steps[0].metric
    return {
        key.member: 0 if tally is None else tally.value
        for key, tally in changed.items()
        if key.metric == metric and key.window == asked.window
    }
