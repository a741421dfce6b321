"""How members stand to challenges, read with loaders."""

from datetime import datetime

from gamification.challenges import run_named, status_at
from gamification.ids import MemberId
from gamification.state import TallyKey
from gql.challenges.types import MemberChallenge
from gql.context import Context
from gql.loaders import ChallengesAsked


async def standings_of(
    context: Context, member: MemberId, at: datetime | None
) -> list[MemberChallenge]:
    """How a member stands to all challenges at a moment (None: now), in the rules' order."""
    rules = context.program.rules
    statuses = await context.loaders.challenges.load(ChallengesAsked(member, at or context.at))
    return [MemberChallenge.of(rules, key, member, status) for key, status in statuses.items()]


async def standing_in(
    context: Context, member: MemberId, key: str, *, run: str
) -> MemberChallenge | None:
    """How a member stands to one run of a challenge now; None if the rules have dropped it."""
    rules = context.program.rules
    challenge = rules.challenges.get(key)
    if challenge is None:
        return None
    keys = [TallyKey(member, metric, run, "") for metric in challenge.run_metrics]
    found = dict(zip(keys, await context.loaders.tallies.load_many(keys), strict=True))
    window = run_named(challenge, run, rules.calendar)
    names = challenge.shared_keys(run)
    numbers = await context.loaders.shared_numbers.load_many(names)
    shared = dict(zip(names, numbers, strict=True))
    status = status_at(challenge, member, found.get, run=window, at=context.at, shared=shared)
    return MemberChallenge.of(rules, key, member, status)
