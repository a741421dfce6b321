"""Why a member has completed a challenge, or has it not, as clients see it."""

from datetime import datetime

import strawberry

from gamification.explain.challenges import CountedActivity, counted_toward
from gamification.ids import MemberId
from gamification.refusals import NotFound
from gql.activities.types import Activity
from gql.challenges.reading import standings_of
from gql.challenges.types import ChallengeState, MemberChallenge, MemberChallengeStep
from gql.context import Context
from gql.scalars import Quantity

COUNTED_MAX = 100


@strawberry.type(description="What an activity made of one step of a challenge.")
class ChallengeStepMoved:
    step: str = strawberry.field(description="The name of the step.")
    before: Quantity = strawberry.field(description="What it had come to before.")
    after: Quantity = strawberry.field(description="What it came to.")


@strawberry.type(description="An activity that counted toward a challenge.")
class ChallengeActivity:
    activity: Activity = strawberry.field(description="The activity.")
    moved: list[ChallengeStepMoved] = strawberry.field(description="The steps that it moved.")

    @classmethod
    def of(cls, counted: CountedActivity, steps: list[MemberChallengeStep]) -> "ChallengeActivity":
        return cls(
            activity=Activity.of(counted.activity, counted.retractions),
            moved=[
                ChallengeStepMoved(
                    step=steps[each.step].name,
                    before=Quantity(each.before),
                    after=Quantity(each.after),
                )
                for each in counted.moved
            ],
        )


@strawberry.type(description="Why a member has completed a run of a challenge, or has it not.")
class ChallengeExplanation:
    standing: MemberChallenge = strawberry.field(description="How the member stands to the run.")
    version: int = strawberry.field(description="The version of the definition in force.")
    is_joining_missing: bool = strawberry.field(
        description="Whether the member would have to join."
    )
    first_unmet: MemberChallengeStep | None = strawberry.field(
        description="The first step, in the definition's order, that has not been reached."
    )
    activities: list[ChallengeActivity] = strawberry.field(
        description=f"The activities that counted, the latest first, at most {COUNTED_MAX}: the "
        "member's history judged again."
    )


async def challenge_explained(
    context: Context, member: MemberId, key: str, at: datetime | None
) -> ChallengeExplanation:
    """Explain a challenge to a member. Refuses unknown ones."""
    standings = {each.challenge.key: each for each in await standings_of(context, member, at)}
    standing = standings.get(key)
    if standing is None:
        raise NotFound(f"there is no challenge {key[:64]!r}", field=("challenge",))
    async with context.store.judging(context.program.record) as judging:
        history, stored = await judging.history(member), await judging.totals(member)
    challenge, timeline = standing.challenge.definition, context.program.timeline
    run = standing.run.key
    counted = counted_toward(timeline, challenge, run, history, stored.postings)
    return ChallengeExplanation(
        standing=standing,
        version=context.program.rules.version,
        is_joining_missing=standing.state is ChallengeState.NOT_JOINED,
        first_unmet=next((step for step in standing.steps if not step.is_reached), None),
        activities=[ChallengeActivity.of(each, standing.steps) for each in counted[:COUNTED_MAX]],
    )
