"""The program as its clients see it: what may be sent, and what can be earned."""

from enum import Enum
from typing import Annotated

import strawberry

from gamification.definition import document
from gamification.program import Program as ProgramValue
from gql.badges.types import Badge
from gql.campaigns.types import Campaign
from gql.challenges.types import Challenge
from gql.context import Context, Info
from gql.lasting import LASTING
from gql.leaderboards.types import Leaderboard
from gql.pages import After, Connection, First, Node, node_id
from gql.permissions import WriteDefinition
from gql.points.types import PointsUnit
from gql.programs.versions import DefinitionVersion, versions_of


@strawberry.enum(description="The type of an activity's property.")
class PropertyType(Enum):
    STRING = strawberry.enum_value("STRING", description="Text.")
    BOOLEAN = strawberry.enum_value("BOOLEAN", description="True or false.")
    INTEGER = strawberry.enum_value("INTEGER", description="A whole number.")
    NUMBER = strawberry.enum_value(
        "NUMBER", description="A number with at most four digits after the point."
    )


@strawberry.type(description="Something that is told about an activity.")
class PropertyDefinition:
    name: str = strawberry.field(description="Its key in `properties`.")
    type: PropertyType = strawberry.field(description="Which values it takes.")
    is_optional: bool = strawberry.field(description="Whether it may be left out.")


@strawberry.type(description="A kind of activity that may be sent.")
class ActivityType:
    key: str = strawberry.field(description="What to send as `type`.")
    name: str | None = strawberry.field(description="What people call it.")
    description: str | None = strawberry.field(description="What it means.")
    value: str | None = strawberry.field(description="What its `value` counts, such as `amount`.")
    properties: list[PropertyDefinition] = strawberry.field(
        description="What is told about it. Other properties are refused."
    )

    @classmethod
    def of(cls, key: str, written: document.ActivityType) -> "ActivityType":
        return cls(
            key=key,
            name=written.name,
            description=written.description,
            value=written.value,
            properties=[_property(name, each) for name, each in written.properties.items()],
        )


@strawberry.type(description="A gamification or loyalty programme: its rules and its members.")
class Program(Node):
    value: strawberry.Private[ProgramValue]
    key: str = strawberry.field(description="Its name in the definition.", metadata=LASTING)
    name: str = strawberry.field(description="What people call it.", metadata=LASTING)
    description: str | None = strawberry.field(description="What it is for.", metadata=LASTING)
    time_zone: str = strawberry.field(
        description="The IANA zone whose days, weeks and months are meant: `Europe/Lisbon`.",
        metadata=LASTING,
    )
    version: int = strawberry.field(
        description="The version of the definition in force.", metadata=LASTING
    )

    @strawberry.field(description="An opaque id.", metadata=LASTING)
    def id(self) -> strawberry.ID:
        return node_id("Program", self.key)

    @strawberry.field(description="What may be sent with `recordActivity`.")
    def activity_types(self) -> list[ActivityType]:
        written = self.value.rules.definition.activities
        return [ActivityType.of(key, each) for key, each in written.items()]

    @strawberry.field(
        description="The badges that can be earned. Of secret ones nothing is told, unless the "
        "viewer has earned them."
    )
    async def badges(
        self,
        info: Info,
        viewer: Annotated[
            str | None,
            strawberry.argument(description="The external id of the member who is looking."),
        ] = None,
    ) -> list[Badge]:
        rules = self.value.rules
        secret = frozenset(key for key, badge in rules.badges.items() if badge.is_secret)
        earned = await _earned(info.context, viewer, secret) if viewer and secret else set[str]()
        badges = [Badge.of(rules, key, is_earned=key in earned) for key in rules.badges]
        return [badge for badge in badges if badge]

    @strawberry.field(description="The units of points.")
    def points(self) -> list[PointsUnit]:
        return [PointsUnit.of(unit) for unit in self.value.rules.units.values()]

    @strawberry.field(description="The challenges that can be taken up.")
    def challenges(self) -> list[Challenge]:
        rules = self.value.rules
        found = (Challenge.of(rules, key) for key in rules.challenges)
        return [challenge for challenge in found if challenge]

    @strawberry.field(description="The leaderboards.", metadata=LASTING)
    def leaderboards(self) -> list[Leaderboard]:
        return [Leaderboard.of(board) for board in self.value.rules.boards.values()]

    @strawberry.field(description="The campaigns, also those that are over.")
    def campaigns(self, info: Info) -> list[Campaign]:
        campaigns = self.value.rules.campaigns.values()
        return [Campaign.of(info.context, campaign) for campaign in campaigns]

    @strawberry.field(
        description="Every version of the definition, the newest first. It tells all rules, "
        "secret badges too, so it asks for the scope `definition:write` besides `read`.",
        permission_classes=[WriteDefinition],
    )
    def versions(self, first: First = 20, after: After = None) -> Connection[DefinitionVersion]:
        return versions_of(self.value, first, after)

    @strawberry.field(description="How many members the program has.")
    async def member_count(self, info: Info) -> int:
        return await info.context.loaders.member_count

    @classmethod
    def of(cls, program: ProgramValue) -> "Program":
        definition = program.rules.definition
        return cls(
            value=program,
            key=program.key,
            name=definition.name,
            description=definition.description,
            time_zone=definition.time_zone,
            version=program.rules.version,
        )


async def _earned(context: Context, viewer: str, badges: frozenset[str]) -> set[str]:
    """Which of the badges a member has earned."""
    member = await context.loaders.members_named.load(viewer)
    if member is None:
        return set()
    held = await context.reading.earned([member.id], badges)
    return {key.badge for key in held}


def _property(name: str, written: document.PropertyKind | document.Property) -> PropertyDefinition:
    is_long = isinstance(written, document.Property)
    kind = written.type if is_long else written
    return PropertyDefinition(
        name=name, type=PropertyType[kind.name], is_optional=is_long and written.optional
    )
