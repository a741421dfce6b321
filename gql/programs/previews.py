"""What new rules would change, as clients see it before they put them in force."""

import asyncio
from datetime import datetime

import strawberry

from gamification.definition.document import Definition
from gamification.ports import Store
from gamification.program import Program
from gamification.use_cases import effects
from gamification.use_cases.preview_definition import preview_definition
from gql.scalars import Quantity

PREVIEWED_ACTIVITIES_MAX = 20_000
"""An answer must come within seconds; the command line has more time."""


@strawberry.type(description="Members who would gain, or lose, awards of one level of a badge.")
class PreviewedAwards:
    members: int = strawberry.field(description="How many members.")
    awards: int = strawberry.field(description="How many awards, all of theirs together.")
    sample: list[str] = strawberry.field(
        description=f"The external ids of some of them, at most {effects.SAMPLE_SIZE}."
    )

    @classmethod
    def of(cls, share: effects.Share) -> "PreviewedAwards":
        return cls(members=share.members, awards=share.total, sample=share.sample)


@strawberry.type(description="One level of a badge that somebody would gain or lose.")
class PreviewedBadge:
    key: str = strawberry.field(description="The badge's name in the definition.")
    level: int = strawberry.field(description="The level, counted from 1.")
    level_key: str | None = strawberry.field(
        description="The level's name in the definition. Null for a badge without levels."
    )
    gaining: PreviewedAwards = strawberry.field(description="Who would gain awards.")
    losing: PreviewedAwards = strawberry.field(description="Who would lose awards.")

    @classmethod
    def of(cls, effect: effects.BadgeEffect) -> "PreviewedBadge":
        return cls(
            key=effect.badge,
            level=effect.level,
            level_key=effect.level_key,
            gaining=PreviewedAwards.of(effect.gaining),
            losing=PreviewedAwards.of(effect.losing),
        )


@strawberry.type(description="A challenge that somebody would complete, or would not have.")
class PreviewedChallenge:
    key: str = strawberry.field(description="The challenge's name in the definition.")
    completing: PreviewedAwards = strawberry.field(description="Who would complete runs of it.")
    reopened: PreviewedAwards = strawberry.field(
        description="Who has completed runs of it, and would not have."
    )
    waiting: PreviewedAwards = strawberry.field(
        description="Who would have reached all of runs of it, and has no place among the first: a "
        "backfill gives those that are left, in the order in which it comes to the members."
    )

    @classmethod
    def of(cls, effect: effects.ChallengeEffect) -> "PreviewedChallenge":
        return cls(
            key=effect.challenge,
            completing=PreviewedAwards.of(effect.completing),
            reopened=PreviewedAwards.of(effect.reopened),
            waiting=PreviewedAwards.of(effect.waiting),
        )


@strawberry.type(description="Members whose level, or streak, would be another one.")
class PreviewedMembers:
    members: int = strawberry.field(description="How many members.")
    total: int = strawberry.field(
        description="By how many levels, or periods of the streak, all of theirs together."
    )
    sample: list[str] = strawberry.field(
        description=f"The external ids of some of them, at most {effects.SAMPLE_SIZE}."
    )

    @classmethod
    def of(cls, share: effects.Share) -> "PreviewedMembers":
        return cls(members=share.members, total=share.total, sample=share.sample)


@strawberry.type(description="How many members would go from one level of a ladder to another.")
class PreviewedLevelMove:
    before: str | None = strawberry.field(
        description="The key of the level they hold. Null: none, or there is no such ladder."
    )
    after: str | None = strawberry.field(
        description="The key of the level they would hold. Null: none, or there is no such ladder."
    )
    members: int = strawberry.field(description="How many members.")


@strawberry.type(description="A ladder on which somebody would rise or fall now.")
class PreviewedTier:
    key: str = strawberry.field(description="The ladder's name in the definition.")
    rising: PreviewedMembers = strawberry.field(description="Who would hold a higher level.")
    falling: PreviewedMembers = strawberry.field(description="Who would hold a lower level.")
    moves: list[PreviewedLevelMove] = strawberry.field(
        description="The same by levels, the most members first."
    )

    @classmethod
    def of(cls, effect: effects.TierEffect) -> "PreviewedTier":
        return cls(
            key=effect.tier,
            rising=PreviewedMembers.of(effect.rising),
            falling=PreviewedMembers.of(effect.falling),
            moves=[
                PreviewedLevelMove(before=before, after=after, members=members)
                for (before, after), members in effect.moves.most_common()
            ],
        )


@strawberry.type(description="A streak that would be of another length for somebody now.")
class PreviewedStreak:
    key: str = strawberry.field(description="The streak's name in the definition.")
    longer: PreviewedMembers = strawberry.field(description="Whose would be longer.")
    shorter: PreviewedMembers = strawberry.field(
        description="Whose would be shorter, and still running."
    )
    ended: PreviewedMembers = strawberry.field(description="Whose is running, and would not be.")

    @classmethod
    def of(cls, effect: effects.StreakEffect) -> "PreviewedStreak":
        return cls(
            key=effect.streak,
            longer=PreviewedMembers.of(effect.longer),
            shorter=PreviewedMembers.of(effect.shorter),
            ended=PreviewedMembers.of(effect.ended),
        )


@strawberry.type(description="One member's balance, as it is and as it would be.")
class PreviewedBalance:
    external_id: str = strawberry.field(description="The member's id in your own system.")
    before: Quantity = strawberry.field(description="What the member has.")
    after: Quantity = strawberry.field(description="What the member would have.")

    @classmethod
    def of(cls, move: effects.BalanceMove) -> "PreviewedBalance":
        return cls(
            external_id=move.external_id,
            before=Quantity(move.before),
            after=Quantity(move.after),
        )


@strawberry.type(description="A unit of points in which somebody's balance would move.")
class PreviewedPoints:
    unit: str = strawberry.field(description="The key of the unit.")
    members_up: int = strawberry.field(description="How many members would have more.")
    members_down: int = strawberry.field(description="How many members would have less.")
    gained: Quantity = strawberry.field(description="How much more they would have together.")
    lost: Quantity = strawberry.field(description="How much less they would have together.")
    largest: list[PreviewedBalance] = strawberry.field(
        description=f"The greatest differences, up or down, at most {effects.SAMPLE_SIZE}."
    )

    @classmethod
    def of(cls, effect: effects.PointsEffect) -> "PreviewedPoints":
        return cls(
            unit=effect.unit,
            members_up=effect.rising.members,
            members_down=effect.falling.members,
            gained=Quantity(effect.rising.total),
            lost=Quantity(effect.falling.total),
            largest=[PreviewedBalance.of(move) for move in effect.largest],
        )


@strawberry.type(description="Stored activities that the rules would refuse if they came now.")
class PreviewedRefusal:
    type: str = strawberry.field(
        description="Their type. Those of a type that is gone would count for nothing, the others "
        "as far as they can."
    )
    activities: int = strawberry.field(description="How many they are.")
    reason: str = strawberry.field(description="What is the matter with the first of them.")

    @classmethod
    def of(cls, refused: effects.RefusedType) -> "PreviewedRefusal":
        return cls(type=refused.type, activities=refused.activities, reason=refused.reason)


@strawberry.type(
    description="What would be different if the rules had always been in force, which is what a "
    "backfill makes true. Without one the past stays as it is."
)
class DefinitionPreview:
    members: int = strawberry.field(description="How many members were looked at.")
    of_members: int = strawberry.field(description="How many members the program has.")
    activities: int = strawberry.field(description="How many of their activities were judged.")
    is_complete: bool = strawberry.field(
        description=f"Whether all members were looked at. Here at most "
        f"{PREVIEWED_ACTIVITIES_MAX:,} activities are judged, of some members wholly; "
        "`gamification apply --dry-run` judges all."
    )
    badges: list[PreviewedBadge] = strawberry.field(
        description="The levels of badges that somebody would gain or lose."
    )
    challenges: list[PreviewedChallenge] = strawberry.field(
        description="The challenges that somebody would complete, or would not have."
    )
    tiers: list[PreviewedTier] = strawberry.field(
        description="The ladders on which somebody would rise or fall, as of now."
    )
    streaks: list[PreviewedStreak] = strawberry.field(
        description="The streaks that would be longer or shorter for somebody, as of now."
    )
    points: list[PreviewedPoints] = strawberry.field(
        description="The units of points in which somebody's balance would move."
    )
    refused: list[PreviewedRefusal] = strawberry.field(
        description="Stored activities that the rules would refuse, by their type."
    )
    unjudged: list[str] = strawberry.field(
        description="The external ids of some members whose numbers would leave the range that "
        f"is counted in, at most {effects.SAMPLE_SIZE}. A backfill would leave them as they are."
    )

    @classmethod
    def of(cls, preview: effects.Preview) -> "DefinitionPreview":
        return cls(
            members=preview.members,
            of_members=preview.of_members,
            activities=preview.activities,
            is_complete=preview.is_complete,
            badges=[PreviewedBadge.of(each) for each in preview.badges],
            challenges=[PreviewedChallenge.of(each) for each in preview.challenges],
            tiers=[PreviewedTier.of(each) for each in preview.tiers],
            streaks=[PreviewedStreak.of(each) for each in preview.streaks],
            points=[PreviewedPoints.of(each) for each in preview.points],
            refused=[PreviewedRefusal.of(each) for each in preview.refused.values()],
            unjudged=preview.unjudged.sample,
        )


async def bounded_preview(
    store: Store, program: Program, definition: Definition, *, now: datetime
) -> DefinitionPreview:
    """As much of a preview as one answer has time for."""
    previews = preview_definition(
        store, program, definition, now=now, facts_max=PREVIEWED_ACTIVITIES_MAX
    )
    preview = await anext(previews)
    async for _ in previews:  # the same one, further along
        await asyncio.sleep(0)  # others have requests too
    return DefinitionPreview.of(preview)
