"""How members stand to challenges, read with loaders."""

from datetime import datetime

from gamification.challenges import numbers_kept, run_named, status_at
from gamification.ids import MemberId
from gamification.state import TallyKey
from gamification.teams import team_of
from gql.asked import ChallengesAsked, TeamAsked
from gql.challenges.types import MemberChallenge
from gql.context import Context


async def standings_of(
    context: Context, member: MemberId, at: datetime | None
) -> list[MemberChallenge]:
    """How a member stands to all challenges at a moment (None: now), in the rules' order."""
    rules = context.program.rules
    statuses = await context.loaders.challenges.statuses.load(
        ChallengesAsked(member, at or context.at)
    )
    team = await _team(context, member)
    return [
        MemberChallenge.of(rules, key, member, status, team=team)
        for key, status in statuses.items()
    ]


async def standing_in(
    context: Context, member: MemberId, key: str, *, run: str
) -> MemberChallenge | None:
    """How a member stands to one run of a challenge now; None if the rules have dropped it."""
    rules = context.program.rules
    challenge = rules.challenges.get(key)
    if challenge is None:
        return None
    window = run_named(challenge, run, rules.calendar)
    team = await _team(context, member)
    teams = () if team is None else (team,)
    asked = numbers_kept(challenge, window, teams)
    keys = [TallyKey(member, metric, window_key, "") for metric, window_key in asked]
    found = dict(zip(keys, await context.loaders.tallies.load_many(keys), strict=True))
    names = challenge.shared_keys(run)
    numbers = await context.loaders.shared_numbers.load_many(names)
    shared = dict(zip(names, numbers, strict=True))
    if challenge.is_of_teams and team is not None:
        shared.update(await context.loaders.challenges.team_numbers.load(TeamAsked(key, run, team)))
    status = status_at(
        challenge, member, found.get, run=window, at=context.at, shared=shared, team=team
    )
    return MemberChallenge.of(rules, key, member, status, team=team)


async def _team(context: Context, member: MemberId) -> str | None:
    """The team that a member is in, where a challenge asks for it."""
    if not any(each.is_of_teams for each in context.program.rules.challenges.values()):
        return None
    return team_of((await context.loaders.member(member)).attributes)
