"""Progress bars: how far a member has come, and how far there is to go."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification import progress
from gql.scalars import Quantity


@strawberry.enum(description="What a progress bar is about.")
class ProgressKind(Enum):
    BADGE = strawberry.enum_value("BADGE", description="A badge, and its next level.")
    CHALLENGE = strawberry.enum_value(
        "CHALLENGE", description="A run of a challenge in which the member takes part."
    )
    STREAK = strawberry.enum_value(
        "STREAK", description="A streak that has targets, and the next of them."
    )
    TIER = strawberry.enum_value(
        "TIER",
        description="A ladder, and the level above the one that is held; at the top, what keeps "
        "the highest.",
    )


@strawberry.type(description="A threshold on a progress bar.")
class Milestone:
    key: str = strawberry.field(description="Its name in the definition, such as `gold`.")
    target: Quantity = strawberry.field(description="The number to reach.")
    is_reached: bool = strawberry.field(
        description="Whether it is reached: by the run of a streak that holds now, by the level of "
        "a ladder that is held now."
    )
    reached_at: datetime | None = strawberry.field(
        description="When it was reached, if it was. Null for streaks and ladders: what is reached "
        "there can be lost again."
    )

    @classmethod
    def of(cls, milestone: progress.Milestone) -> "Milestone":
        return cls(
            key=milestone.key,
            target=Quantity(milestone.target),
            is_reached=milestone.is_reached,
            reached_at=milestone.reached_at,
        )


@strawberry.type(description="How far one of several criteria is.")
class ProgressCriterion:
    name: str = strawberry.field(description="What is counted.")
    current: Quantity = strawberry.field(description="What it has come to.")
    target: Quantity = strawberry.field(description="The number to reach.")
    is_met: bool = strawberry.field(description="Whether it is reached.")

    @classmethod
    def of(cls, criterion: progress.CriterionProgress) -> "ProgressCriterion":
        return cls(
            name=criterion.name,
            current=Quantity(criterion.current),
            target=Quantity(criterion.target),
            is_met=criterion.is_met,
        )


@strawberry.type(
    description="All that a progress bar shows. With several criteria, `current` and `target` are "
    "those of the one that is furthest behind; of a ladder, where any of them will do, of the one "
    "that has come furthest."
)
class Progress:
    kind: ProgressKind = strawberry.field(description="What the bar is about.")
    key: str = strawberry.field(
        description="The key of the badge it leads to, or of the challenge, streak or ladder."
    )
    name: str = strawberry.field(description="What members read.")
    subject: str | None = strawberry.field(
        description="The post, store, … that is nearest to the goal, where one is counted for each."
    )
    starts_at: datetime | None = strawberry.field(
        description="Since when is counted. Null: since ever, and for streaks."
    )
    ends_at: datetime | None = strawberry.field(
        description="When counting begins anew; of a streak, when it ends unless something is done "
        "before. Null: never, or no streak is running."
    )
    current: Quantity = strawberry.field(description="How far the member has come.")
    target: Quantity = strawberry.field(description="Where the next milestone is.")
    fraction: Quantity = strawberry.field(description="`current / target`, from 0 to 1.")
    remaining: Quantity = strawberry.field(description="What is missing, 0 or more.")
    next_milestone: Milestone | None = strawberry.field(
        description="The lowest milestone that is not reached. Null: all are."
    )
    milestones: list[Milestone] = strawberry.field(description="All of them, the lowest first.")
    criteria: list[ProgressCriterion] = strawberry.field(
        description="The criteria of the next milestone, each on its own."
    )
    share: Quantity | None = strawberry.field(
        description="The member's own part of what all members, or a team, reach together. Null "
        "elsewhere."
    )
    completed_at: datetime | None = strawberry.field(
        description="When the last milestone was reached, if it was. Null for streaks and ladders."
    )

    @classmethod
    def of(cls, bar: progress.Progress) -> "Progress":
        upcoming = bar.next_milestone
        return cls(
            kind=ProgressKind[bar.kind.name],
            key=bar.key,
            name=bar.name,
            subject=bar.subject or None,
            starts_at=bar.starts_at,
            ends_at=bar.ends_at,
            current=Quantity(bar.current),
            target=Quantity(bar.target),
            fraction=Quantity(bar.fraction),
            remaining=Quantity(bar.remaining),
            next_milestone=Milestone.of(upcoming) if upcoming else None,
            milestones=[Milestone.of(each) for each in bar.milestones],
            criteria=[ProgressCriterion.of(each) for each in bar.criteria],
            share=None if bar.share is None else Quantity(bar.share),
            completed_at=bar.completed_at,
        )
