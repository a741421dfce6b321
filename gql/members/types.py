"""Members: what they have earned, where they stand, and how far they have come."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, cast

import strawberry

from gamification import ports
from gamification.definition.compiled.streaks import ZONE_METRIC
from gamification.facts import Order
from gamification.state import TallyKey
from gamification.streak_runs import zone_of
from gamification.teams import team_of, told_by_app
from gql.activities.types import Activity
from gql.badges.types import AwardConnection, awards_of
from gql.campaigns.types import Campaign, campaigns_for
from gql.challenges.reading import standings_of
from gql.challenges.types import ChallengeState, MemberChallenge
from gql.context import Context, Info
from gql.explain.badges import BadgeExplanation, explanation_of
from gql.explain.challenges import ChallengeExplanation, challenge_explained
from gql.explain.ranks import RankExplanation, rank_explained
from gql.explain.streaks import StreakExplanation, streak_explained
from gql.explain.tiers import TierExplanation, tier_explained
from gql.lasting import LASTING
from gql.leaderboards.boards import run_at
from gql.leaderboards.entries import LeaderboardEntry, entry_of
from gql.leaderboards.types import board_of
from gql.leagues.types import League, leagues_of
from gql.pages import (
    After,
    Connection,
    First,
    Node,
    Part,
    micros,
    moment,
    node_id,
    page,
    page_size,
    place_of,
)
from gql.points.types import PointsAccount
from gql.progress.types import Progress, ProgressKind
from gql.scalars import Properties
from gql.streaks.types import Streak
from gql.teams.types import Team
from gql.tiers.types import Tier


@strawberry.type(description="A person in the program, known by the app's own id.")
class Member(Node):
    record: strawberry.Private[ports.Member]

    @strawberry.field(description="The app's own id of this person.", metadata=LASTING)
    def external_id(self) -> str:
        return self.record.external_id

    @strawberry.field(description="What others read.", metadata=LASTING)
    def display_name(self) -> str | None:
        return self.record.display_name

    @strawberry.field(
        description="What the app told about the member; leaderboards may select by it."
    )
    def attributes(self) -> Properties:
        return cast("Properties", told_by_app(self.record.attributes))

    @strawberry.field(description="The team that the member is in. Null: in none.")
    def team(self) -> Team | None:
        name = team_of(self.record.attributes)
        return None if name is None else Team(name=name)

    @strawberry.field(description="When the program first heard of the member.")
    def registered_at(self) -> datetime:
        return self.record.registered_at

    @strawberry.field(
        description="The time zone that the member lives in. Null: nobody said, and the program's "
        "counts."
    )
    async def time_zone(self, info: Info) -> str | None:
        key = TallyKey(self.record.id, ZONE_METRIC, "", "")
        tally = await info.context.loaders.tallies.load(key)
        lived_in = zone_of(self.record.id, lambda _: tally)
        return None if lived_in is None else lived_in.key

    @strawberry.field(description="An opaque id.", metadata=LASTING)
    def id(self) -> strawberry.ID:
        return node_id("Member", self.record.external_id)

    @strawberry.field(
        description="The member's progress bars, in the order of the definition. Those of secret "
        "badges appear once they are earned."
    )
    async def progress(
        self,
        info: Info,
        kinds: Annotated[
            list[ProgressKind] | None,
            strawberry.argument(description="Only bars of these kinds. All, if left out."),
        ] = None,
    ) -> list[Progress]:
        bars = await info.context.loaders.progress.load(self.record.id)
        wanted = None if kinds is None else {kind.name for kind in kinds}
        return [Progress.of(bar) for bar in bars if wanted is None or bar.kind.name in wanted]

    @strawberry.field(description="What the member has earned, the newest first.")
    async def badges(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        badges: Annotated[
            list[str] | None,
            strawberry.argument(description="Only awards of these badges, by their keys."),
        ] = None,
    ) -> AwardConnection:
        return await awards_of(
            info.context, self.record.id, first=first, after=after, badges=badges
        )

    @strawberry.field(description="The member's account in each unit of the program.")
    async def points(self, info: Info) -> list[PointsAccount]:
        context = info.context
        accounts = await context.loaders.accounts.load(self.record.id)
        return [
            PointsAccount.of(self.record.id, unit, accounts.get(key), context)
            for key, unit in context.program.rules.units.items()
        ]

    @strawberry.field(description="The member's streaks, in the order of the definition.")
    async def streaks(self, info: Info) -> list[Streak]:
        context = info.context
        rules = context.program.rules
        statuses = await context.loaders.streaks.load(self.record.id)
        return [
            Streak.of(streak, statuses[key], context.at) for key, streak in rules.streaks.items()
        ]

    @strawberry.field(description="The member's level on each ladder, in the definition's order.")
    async def tiers(self, info: Info) -> list[Tier]:
        statuses = await info.context.loaders.tiers.load(self.record.id)
        tiers = info.context.program.rules.tiers
        return [Tier.of(tier, statuses[key]) for key, tier in tiers.items()]

    @strawberry.field(
        description="The campaigns that run at this moment and are for the member, by what is "
        "known of them."
    )
    async def campaigns(self, info: Info) -> list[Campaign]:
        return await campaigns_for(info, self.record)

    @strawberry.field(
        description="How the member stands to each challenge, in the definition's order: to the "
        "run that is going on, or else the next one, or else the last."
    )
    async def challenges(
        self,
        info: Info,
        state: Annotated[
            list[ChallengeState] | None,
            strawberry.argument(description="Only those in one of these states. All, if left out."),
        ] = None,
        at: Annotated[
            datetime | None,
            strawberry.argument(
                description="The runs of this moment, with what is known of them now. Now, if left "
                "out."
            ),
        ] = None,
    ) -> list[MemberChallenge]:
        standings = await standings_of(info.context, self.record.id, at)
        return [each for each in standings if state is None or each.state in state]

    @strawberry.field(
        description="Why the member has completed a challenge, or has it not: what is missing, and "
        "which activities counted."
    )
    async def explain_challenge(
        self,
        info: Info,
        challenge: Annotated[str, strawberry.argument(description="The challenge's key.")],
        at: Annotated[
            datetime | None,
            strawberry.argument(description="In the run of this moment. Now, if left out."),
        ] = None,
    ) -> ChallengeExplanation:
        return await challenge_explained(info.context, self.record.id, challenge, at)

    @strawberry.field(
        description="Why a streak of the member is as long as it is: what became of each of the "
        "latest periods, and what ended it."
    )
    async def explain_streak(
        self,
        info: Info,
        streak: Annotated[str, strawberry.argument(description="The streak's key.")],
    ) -> StreakExplanation:
        return await streak_explained(info.context, self.record.id, streak)

    @strawberry.field(
        description="Why the member holds the level they hold on a ladder: what each window was "
        "enough for, what holds the level, and what made it so."
    )
    async def explain_tier(
        self,
        info: Info,
        tier: Annotated[str, strawberry.argument(description="The ladder's key.")],
    ) -> TierExplanation:
        return await tier_explained(info.context, self.record.id, tier)

    @strawberry.field(
        description="The member's part in the leagues, in the order of the definition."
    )
    async def leagues(
        self,
        info: Info,
        at: Annotated[
            datetime | None,
            strawberry.argument(description="In the runs of this moment. Now, if left out."),
        ] = None,
    ) -> list[League]:
        return await leagues_of(info.context, self.record.id, at=at)

    @strawberry.field(
        description="Why the member has a badge, or has it not: which criteria are met, what is "
        "missing, and which activities count."
    )
    async def explain_badge(
        self,
        info: Info,
        badge: Annotated[str, strawberry.argument(description="The badge's key.")],
        subject: Annotated[
            str | None,
            strawberry.argument(
                description="The post, store, … in question, for a badge that counts for each. "
                "The one that is nearest to the goal, if left out."
            ),
        ] = None,
        at: Annotated[
            datetime | None,
            strawberry.argument(
                description="In the windows this moment belongs to. Now, if left out."
            ),
        ] = None,
    ) -> BadgeExplanation:
        return await explanation_of(info.context, self.record.id, badge, subject=subject, at=at)

    @strawberry.field(
        description="Why the member stands where they stand on a leaderboard, or does not."
    )
    async def explain_rank(
        self,
        info: Info,
        leaderboard: Annotated[
            str, strawberry.argument(description="The leaderboard's name in the definition.")
        ],
        at: Annotated[
            datetime | None,
            strawberry.argument(description="In the run this moment belongs to. Now, if left out."),
        ] = None,
    ) -> RankExplanation:
        context = info.context
        board = board_of(context, leaderboard)
        run = run_at(board, at or context.at, context.program.rules.calendar)
        return await rank_explained(info, run, self.record)

    @strawberry.field(description="What the member did, the latest first.")
    async def activities(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Activity]:
        size = page_size(first)
        rows = await info.context.reading.activity_page(
            self.record.id, before=_order(after) if after is not None else None, limit=size + 1
        )
        return page(
            rows,
            size,
            node=Activity.of_row,
            place=lambda row: ("activity", micros(row.activity.occurred_at), row.activity.key),
            follows=after is not None,
        )

    @strawberry.field(
        description="Where the member stands on a leaderboard. Null while they have no score."
    )
    async def standing(
        self,
        info: Info,
        leaderboard: Annotated[
            str, strawberry.argument(description="The leaderboard's name in the definition.")
        ],
        at: Annotated[
            datetime | None,
            strawberry.argument(description="In the run this moment belongs to. Now, if left out."),
        ] = None,
    ) -> LeaderboardEntry | None:
        context = info.context
        board = board_of(context, leaderboard)
        run = run_at(board, at or context.at, context.program.rules.calendar)
        return await entry_of(info, run, self.record.id)

    @classmethod
    def of(cls, record: ports.Member) -> "Member":
        return cls(record=record)

    @classmethod
    async def found(cls, context: Context, parts: Sequence[Part]) -> "Member | None":
        """The member that a node id names."""
        match parts:
            case [str(external_id)]:
                record = await context.loaders.members_named.load(external_id)
                return cls.of(record) if record else None
            case _:
                return None


def _order(after: str) -> Order:
    at, key = place_of(after, "activity", int, str)
    return Order(moment(int(at)).astimezone(UTC), str(key))
