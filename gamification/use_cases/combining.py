"""What the numbers of a team's members come to together: asked when it is shown, and when a team
may have reached its goal. Reads are for many teams at once."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol, assert_never

from gamification.challenges import runs_shown
from gamification.definition.compiled import CompiledChallenge, CompiledProgram
from gamification.definition.document_challenges import Combine
from gamification.ids import MemberId
from gamification.ports import Standing
from gamification.reading import Reading
from gamification.state import Tally, TallyKey
from gamification.teams import MEMBERS_MAX, MEMBERS_METRIC, run_of_team, team_of


class Ranking(Protocol):
    """Where standings are read: within a transaction or outside one."""

    async def standings_in_each(
        self, metric: str, windows: Collection[str], *, limit: int
    ) -> dict[str, list[Standing]]: ...


MATES_MAX = 5_000
"""How many members one transaction tells that their teams have moved."""

ALL = 2**62
"""More standings than a window has."""


class TeamRun(NamedTuple):
    """A team in a run of a challenge."""

    challenge: CompiledChallenge
    run: str
    team: str

    @property
    def window(self) -> str:
        return run_of_team(self.run, self.team)

    @property
    def total(self) -> str:
        """The shared number that everything done for the team adds up to."""
        return self.challenge.total_key(self.window)


Changed = Mapping[TallyKey, Tally | None]
"""Numbers that are about to be written; None for those that are about to be deleted."""

UNCHANGED: Changed = MappingProxyType({})

Shares = dict[MemberId, int]
"""What members have done for a team in a run."""


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
    runs = list({each.total: each for each in asked}.values())
    if not runs:
        return {}
    keys = {key for each in runs for key in each.challenge.shared_keys(each.window)}
    numbers = await reading.shared_numbers(keys)
    return numbers | await combined(reading, runs, totals=numbers)


async def combined(
    ranking: Ranking,
    asked: Collection[TeamRun],
    *,
    totals: Mapping[str, int],
    changed: Changed = UNCHANGED,
) -> dict[str, int]:
    """What teams have come to, in ten-thousandths, by the keys of their totals. `totals` has the
    sums of all that was done for them.

    The mean is that over the members who are in the team now, of what each of them did for it: who
    did nothing counts as well, and who has left does not.
    """
    of_challenges: defaultdict[str, list[TeamRun]] = defaultdict(list)
    for each in asked:
        of_challenges[each.challenge.key].append(each)
    found: dict[str, int] = {}
    for runs in of_challenges.values():
        combine = runs[0].challenge.combine
        match combine:
            case Combine.SUM:
                found |= {each.total: totals[each.total] for each in runs}
            case Combine.BEST:
                found |= await _best(ranking, runs, changed)
            case Combine.MEAN:
                found |= await _means(ranking, runs, changed)
            case _:
                assert_never(combine)
    return found


async def members_of(
    ranking: Ranking, teams: Collection[str], *, changed: Changed = UNCHANGED
) -> dict[str, list[MemberId]]:
    """Who is in each team, longest first; at most `MEMBERS_MAX` of each are considered."""
    found = await ranking.standings_in_each(MEMBERS_METRIC, teams, limit=MEMBERS_MAX)
    is_in = {
        team: {each.member: each.score > 0 for each in standings}
        for team, standings in found.items()
    }
    for key, tally in changed.items():
        if key.metric == MEMBERS_METRIC and key.window in is_in:
            is_in[key.window][key.member] = tally is not None and tally.value > 0
    return {
        team: [member for member, stays in members.items() if stays][:MEMBERS_MAX]
        for team, members in is_in.items()
    }


async def mates_of(ranking: Ranking, teams: Collection[str]) -> frozenset[MemberId]:
    """Who sees what their teams have come to: of each team at most `MEMBERS_MAX`, and of many teams
    not more than `MATES_MAX`, those who have been in them longest. The others see it with the next
    change of their own."""
    if not teams:
        return frozenset()
    limit = max(1, min(MEMBERS_MAX, MATES_MAX // len(teams)))
    found = await ranking.standings_in_each(MEMBERS_METRIC, teams, limit=limit)
    return frozenset(
        each.member for standings in found.values() for each in standings if each.score > 0
    )


async def _best(ranking: Ranking, runs: Sequence[TeamRun], changed: Changed) -> dict[str, int]:
    most = runs[0].challenge.best
    found = await _shares(ranking, runs, changed, limit=most)
    return {each.total: sum(heapq.nlargest(most, found[each.window].values())) for each in runs}


async def _means(ranking: Ranking, runs: Sequence[TeamRun], changed: Changed) -> dict[str, int]:
    members = await members_of(ranking, {each.team for each in runs}, changed=changed)
    found = await _shares(ranking, runs, changed, limit=ALL)
    return {
        each.total: _mean([found[each.window].get(member, 0) for member in members[each.team]])
        for each in runs
    }


def _mean(numbers: Sequence[int]) -> int:
    return sum(numbers) // len(numbers) if numbers else 0


async def _shares(
    ranking: Ranking, runs: Sequence[TeamRun], changed: Changed, *, limit: int
) -> dict[str, Shares]:
    """What members have done for each team, by its window: at least the `limit` highest."""
    metric, windows = runs[0].challenge.steps[0].metric, {each.window for each in runs}
    moved: dict[str, Shares] = {window: {} for window in windows}
    for key, tally in changed.items():
        if key.metric == metric and key.window in windows:
            moved[key.window][key.member] = 0 if tally is None else tally.value
    most = limit + max(map(len, moved.values()), default=0)
    found = await ranking.standings_in_each(metric, windows, limit=most)
    return {
        window: {each.member: each.score for each in found[window]} | moved[window]
        for window in windows
    }
