"""Challenges as a program defines them, how members stand to them, and who has completed them."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.challenges import (
    ChallengeStatus,
    StepStatus,
    run_shown,
)
from gamification.definition.compiled import CompiledChallenge, CompiledProgram
from gamification.definition.document_challenges import Join
from gamification.ids import MemberId
from gamification.state import Award as AwardValue
from gamification.state import AwardKey
from gql.badges.types import AwardEvidence, Badge, BadgeGift
from gql.challenges.runs import ChallengeRun
from gql.context import Info
from gql.scalars import Quantity

if TYPE_CHECKING:
    from gql.activities.types import Activity
    from gql.members.types import Member


@strawberry.enum(description="Who takes part in a challenge.")
class ChallengeJoin(Enum):
    AUTOMATIC = strawberry.enum_value("AUTOMATIC", description="Everybody, without joining.")
    OPT_IN = strawberry.enum_value("OPT_IN", description="Who joins it with `joinChallenge`.")
    INVITATION = strawberry.enum_value(
        "INVITATION", description="Who was invited with `inviteToChallenge`, and joins it."
    )


@strawberry.enum(description="How a member stands to a run of a challenge.")
class ChallengeState(Enum):
    UPCOMING = strawberry.enum_value("UPCOMING", description="The run has not begun.")
    NOT_JOINED = strawberry.enum_value(
        "NOT_JOINED", description="The run is going on, and the member takes no part in it."
    )
    ACTIVE = strawberry.enum_value(
        "ACTIVE", description="The run is going on, and the member takes part in it."
    )
    COMPLETED = strawberry.enum_value("COMPLETED", description="The member has completed it.")
    EXPIRED = strawberry.enum_value(
        "EXPIRED", description="The run is over, and the member has not completed it."
    )


@strawberry.type(description="A number to reach in a challenge.")
class ChallengeStep:
    name: str = strawberry.field(description="What is counted.")
    target: Quantity = strawberry.field(description="The number to reach.")


@strawberry.enum(description="Whose number has to reach the goal of a challenge.")
class ChallengeOf(Enum):
    MEMBER = strawberry.enum_value("MEMBER", description="Each member's own.")
    TEAM = strawberry.enum_value("TEAM", description="That of the members of a team.")
    COMMUNITY = strawberry.enum_value("COMMUNITY", description="That of all members together.")


@strawberry.enum(description="What the numbers of a team's members make together.")
class ChallengeCombine(Enum):
    SUM = strawberry.enum_value("SUM", description="Their sum.")
    MEAN = strawberry.enum_value(
        "MEAN", description="The mean over the members who are in the team at the moment."
    )
    BEST = strawberry.enum_value("BEST", description="The sum of the highest of them.")


@strawberry.type(description="A goal, or several steps, to reach within a run.")
class Challenge:
    definition: strawberry.Private[CompiledChallenge]
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    description: str | None = strawberry.field(description="What it is for.")
    image: str | None = strawberry.field(description="Where its picture is.")
    join: ChallengeJoin = strawberry.field(description="Who takes part.")
    counts_from_joining: bool = strawberry.field(
        description="Whether only what a member does while taking part counts. Else all of the run "
        "does."
    )
    is_sequential: bool = strawberry.field(
        description="Whether a step counts only once the one before it has been reached."
    )
    goal_of: ChallengeOf = strawberry.field(description="Whose number has to reach the goal.")
    combine: ChallengeCombine | None = strawberry.field(
        description="What the numbers of a team's members make. Null where teams have no goals."
    )
    best: int | None = strawberry.field(
        description="How many of the highest numbers are added up. Null where not only they count."
    )
    winners: int | None = strawberry.field(
        description="How many members can complete a run: the first who do. Null: all."
    )
    every: str | None = strawberry.field(
        description="How often a new run begins: `week`. Null: there is one."
    )
    steps: list[ChallengeStep] = strawberry.field(description="All that is to be reached.")
    gives: list[BadgeGift] = strawberry.field(description="The points for completing it.")

    @strawberry.field(description="The badges for completing it, but for secret ones.")
    def badges(self, info: Info) -> list[Badge]:
        rules = info.context.program.rules
        found = (Badge.of(rules, badge, is_earned=False) for badge in self.definition.badges)
        return [badge for badge in found if badge is not None and not badge.is_masked]

    @strawberry.field(
        description="The run that is going on, or else the next one, or else the last. Null for "
        "seasons that have none."
    )
    def run(
        self,
        info: Info,
        at: Annotated[
            datetime | None, strawberry.argument(description="At this moment. Now, if left out.")
        ] = None,
    ) -> ChallengeRun | None:
        context = info.context
        calendar = context.program.rules.calendar
        run = run_shown(self.definition, at or context.at, calendar)
        return None if run is None else ChallengeRun.of(self.definition, run)

    @classmethod
    def of(cls, rules: CompiledProgram, key: str) -> "Challenge | None":
        """The challenge of the rules; None if they do not know it (any more)."""
        challenge = rules.challenges.get(key)
        if challenge is None:
            return None
        written = rules.definition.challenges[key]
        return cls(
            definition=challenge,
            key=key,
            name=challenge.name,
            description=written.description,
            image=written.image,
            join=_JOINS[challenge.join],
            counts_from_joining=challenge.counts_from_joining,
            is_sequential=challenge.is_sequential,
            goal_of=ChallengeOf[challenge.of.name],
            combine=ChallengeCombine[challenge.combine.name] if challenge.is_of_teams else None,
            best=challenge.best or None,
            winners=challenge.winners,
            every=written.every,
            steps=[
                ChallengeStep(name=step.name, target=Quantity(step.target))
                for step in challenge.steps
            ],
            gives=[BadgeGift(unit=unit, amount=Quantity(each)) for unit, each in challenge.gives],
        )


_JOINS = {
    Join.AUTOMATIC: ChallengeJoin.AUTOMATIC,
    Join.OPT_IN: ChallengeJoin.OPT_IN,
    Join.INVITATION: ChallengeJoin.INVITATION,
}


@strawberry.type(description="How far a member is with a step.")
class MemberChallengeStep:
    name: str = strawberry.field(description="What is counted.")
    current: Quantity = strawberry.field(description="What it has come to in the run.")
    target: Quantity = strawberry.field(description="The number to reach.")
    is_reached: bool = strawberry.field(description="Whether it has been reached.")
    reached_at: datetime | None = strawberry.field(description="When it was, if it was.")
    is_open: bool = strawberry.field(
        description="Whether what is done counts: in a sequence only once the steps before it have "
        "been reached."
    )

    @classmethod
    def of(cls, status: StepStatus) -> "MemberChallengeStep":
        return cls(
            name=status.name,
            current=Quantity(status.current),
            target=Quantity(status.target),
            is_reached=status.reached_at is not None,
            reached_at=status.reached_at,
            is_open=status.is_open,
        )


@strawberry.type(description="How a member stands to one run of a challenge.")
class MemberChallenge:
    member_id: strawberry.Private[MemberId]
    challenge: Challenge = strawberry.field(description="Which challenge.")
    run: ChallengeRun = strawberry.field(description="Which run of it.")
    state: ChallengeState = strawberry.field(description="How the member stands to it.")
    is_invited: bool = strawberry.field(description="Whether the member was invited to it.")
    joined_at: datetime | None = strawberry.field(
        description="When the member joined it. Null for who takes no part, and where everybody "
        "takes part."
    )
    completed_at: datetime | None = strawberry.field(
        description="When it was completed, if it was: by the member, or by a team or all together."
    )
    steps: list[MemberChallengeStep] = strawberry.field(
        description="How far each step is. Where members reach the goal together, it is the "
        "member's share."
    )

    @strawberry.field(description="The record that it was completed. Null while it is not.")
    async def completion(self, info: Info) -> "CompletedChallenge | None":
        key = AwardKey(self.member_id, self.challenge.definition.award, 1, self.run.key, "")
        row = await info.context.loaders.awards_by_key.load(key)
        return CompletedChallenge.of(info.context.program.rules, row.award) if row else None

    @classmethod
    def of(
        cls,
        rules: CompiledProgram,
        key: str,
        member: MemberId,
        status: ChallengeStatus,
        *,
        team: str | None,
    ) -> "MemberChallenge":
        challenge = Challenge.of(rules, key)
        assert challenge is not None, "it is one of the rules'"
        return cls(
            member_id=member,
            challenge=challenge,
            run=ChallengeRun.of(challenge.definition, status.run, team=team),
            state=ChallengeState[status.state.name],
            is_invited=status.is_invited,
            joined_at=status.joined_at,
            completed_at=status.completed_at,
            steps=[MemberChallengeStep.of(step) for step in status.steps],
        )


@strawberry.type(description="The record that a member completed a run of a challenge.")
class CompletedChallenge:
    cause: strawberry.Private[str]
    member_id: strawberry.Private[MemberId]
    challenge: Challenge | None = strawberry.field(
        description="What was completed. Null if the program has dropped it since."
    )
    challenge_key: str = strawberry.field(description="The key of the challenge.")
    run: str = strawberry.field(
        description="Which run: `w2026-03-02`. Empty for a challenge that has one."
    )
    completed_at: datetime = strawberry.field(description="When the completing activity occurred.")
    evidence: list[AwardEvidence] = strawberry.field(
        description="What the steps had come to at that moment."
    )
    version: int = strawberry.field(description="The version of the definition that awarded it.")

    @strawberry.field(
        description="The activity that completed it: the joining, where all had been done before."
    )
    async def activity(
        self, info: Info
    ) -> Annotated["Activity", strawberry.lazy("gql.activities.types")] | None:
        from gql.activities.types import Activity

        row = await info.context.loaders.activities.by_key.load(self.cause)
        return Activity.of_row(row) if row else None

    @strawberry.field(description="Who completed it.")
    async def member(self, info: Info) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        from gql.members.types import Member

        return Member.of(await info.context.loaders.member(self.member_id))

    @classmethod
    def of(cls, rules: CompiledProgram, award: AwardValue) -> "CompletedChallenge":
        return cls(
            cause=award.cause,
            member_id=award.key.member,
            challenge=Challenge.of(rules, award.key.challenge),
            challenge_key=award.key.challenge,
            run=award.key.window,
            completed_at=award.earned_at,
            evidence=[AwardEvidence.of(each) for each in award.evidence],
            version=award.version,
        )
