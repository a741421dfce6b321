"""Members join challenges, leave them, and are invited to them."""

from datetime import datetime
from typing import Annotated, Protocol, Self

import strawberry

from gamification.commands import NewCommand
from gamification.program import Program
from gamification.refusals import Refusal
from gamification.use_cases.invite_to_challenge import invitation
from gamification.use_cases.join_challenge import joining
from gamification.use_cases.leave_challenge import leaving
from gql.activities.changes import Told
from gql.badges.types import Award
from gql.challenges.reading import standing_in
from gql.challenges.types import MemberChallenge
from gql.commands import carried_out
from gql.context import Context, Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WriteActivities
from gql.points.types import PointsEntry


@input_type(description="A member, and a challenge.")
class ChallengeInput:
    member: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    challenge: str = strawberry.field(description="The challenge's name in the definition.")
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program, which makes retries safe.",
    )


@strawberry.type(description="What became of a member's part in a challenge.")
class ChallengePayload:
    member: Member | None = strawberry.field(description="Who. Null if it was refused.")
    challenge: MemberChallenge | None = strawberry.field(
        description="How the member stands to the run now. Null if it was refused."
    )
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again; awards and "
        "entries are those of the first time."
    )
    awards: list[Award] = strawberry.field(
        description="The badges that it completed: who joins may have reached the goal before."
    )
    entries: list[PointsEntry] = strawberry.field(
        description="The entries it made in the ledger of points."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @classmethod
    async def of(cls, context: Context, told: Told) -> Self:
        fact, member = told.recorded.activity, told.recorded.member
        challenge, run = str(fact.properties["challenge"]), str(fact.properties["run"])
        return cls(
            member=Member.of(member),
            challenge=await standing_in(context, member.id, challenge, run=run),
            replayed=told.recorded.replayed,
            awards=told.awards,
            entries=told.entries,
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            member=None,
            challenge=None,
            replayed=False,
            awards=[],
            entries=[],
            user_errors=user_errors(refusal),
        )


@strawberry.type
class ChallengeMutations:
    @strawberry.mutation(
        description="Let a member take part in the run of a challenge that is going on, or in the "
        "next one. Refused with `ALREADY_JOINED`, `NOT_INVITED`, or `NOT_OPEN` where it is over.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(ChallengePayload.refused)
    async def join_challenge(
        self, info: Info, input: Annotated[ChallengeInput, INPUT]
    ) -> ChallengePayload:
        return await _taken_up(info.context, joining, input)

    @strawberry.mutation(
        description="Let a member take part no longer. What was counted stays, should they return. "
        "Refused with `NOT_JOINED`, or `NOT_OPEN` where it is over.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(ChallengePayload.refused)
    async def leave_challenge(
        self, info: Info, input: Annotated[ChallengeInput, INPUT]
    ) -> ChallengePayload:
        return await _taken_up(info.context, leaving, input)

    @strawberry.mutation(
        description="Let a member join a challenge that only the invited can join.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(ChallengePayload.refused)
    async def invite_to_challenge(
        self, info: Info, input: Annotated[ChallengeInput, INPUT]
    ) -> ChallengePayload:
        return await _taken_up(info.context, invitation, input)


class _Asked(Protocol):
    """Makes the command that a member's wish about a challenge comes to."""

    def __call__(
        self, program: Program, *, member: str, challenge: str, key: str | None, now: datetime
    ) -> NewCommand: ...


async def _taken_up(context: Context, asked: _Asked, input: ChallengeInput) -> ChallengePayload:
    command = asked(
        context.program,
        member=input.member,
        challenge=input.challenge,
        key=input.key,
        now=context.at,
    )
    return await ChallengePayload.of(context, await carried_out(context, command))
