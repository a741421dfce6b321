"""The schema is the client's manual: it is in step with the code, and leaves nothing unsaid."""

from collections.abc import Iterator
from typing import cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_specified_directive,
    is_specified_scalar_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from gamification.refusals import InvalidInput, Refusal
from gql.errors import refusals_as
from gql.schema import schema
from tests.house.tree import ROOT

ROOT_TYPES = ("Query", "Mutation", "Subscription")

# The names that design and clients rely on: they may gain fields, never lose one.
PROMISED = {
    "Query": {"program", "member", "members", "leaderboard", "node"},
    "Mutation": {"recordActivity", "recordActivities", "retractActivity", "applyDefinition"},
    "Subscription": {"leaderboardUpdated", "memberUpdated", "feedUpdated"},
    "Member": {"externalId", "displayName", "progress", "badges", "points", "standing"},
    "Leaderboard": {"key", "name", "period", "periods"},
    "LeaderboardPeriod": {
        "startsAt",
        "endsAt",
        "state",
        "participantCount",
        "entries",
        "around",
        "entry",
        "threshold",
    },
    "LeaderboardEntry": {"rank", "position", "tiedWith", "score", "reachedAt", "member"},
    "Progress": {
        "kind",
        "key",
        "name",
        "current",
        "target",
        "fraction",
        "remaining",
        "nextMilestone",
        "milestones",
        "criteria",
        "completedAt",
    },
    "LeaderboardUpdate": {"cursor", "resync", "period"},
    "MemberUpdate": {"cursor", "resync", "member", "notices"},
}


def printed() -> GraphQLSchema:
    return build_schema(schema.as_str())


def own_types(of: GraphQLSchema) -> list[GraphQLNamedType]:
    return [
        kind
        for name, kind in of.type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(kind)
    ]


def described(of: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument, input field, enum value and directive, with its description."""
    for kind in own_types(of):
        yield kind.name, kind.description
        yield from _parts(kind)
    for directive in of.directives:
        if is_specified_directive(directive):
            continue
        yield f"@{directive.name}", directive.description
        for name, argument in directive.args.items():
            yield f"@{directive.name}({name}:)", argument.description


def _parts(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.description
            for argument_name, argument in field.args.items():
                yield f"{kind.name}.{name}({argument_name}:)", argument.description
    elif isinstance(kind, GraphQLInputObjectType):
        for name, input_field in kind.fields.items():
            yield f"{kind.name}.{name}", input_field.description
    elif isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            yield f"{kind.name}.{name}", value.description


def test_the_committed_schema_is_the_one_the_code_prints() -> None:
    committed = (ROOT / "schema.graphql").read_text("utf-8")
    assert committed.rstrip() == schema.as_str().rstrip(), "run: gamification schema --write"


def test_everything_in_the_schema_is_described() -> None:
    assert [name for name, text in described(printed()) if not (text or "").strip()] == []


def test_descriptions_are_sentences() -> None:
    loose = [
        name
        for name, text in described(printed())
        if text and not text.strip().endswith((".", "!", "?", "`", ")", ":"))
    ]
    assert loose == []


@pytest.mark.parametrize("name", PROMISED)
def test_promised_names_are_kept(name: str) -> None:
    kind = printed().type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    assert PROMISED[name] - set(kind.fields) == set()


@pytest.mark.parametrize("name", ROOT_TYPES)
def test_every_root_field_asks_for_permission(name: str) -> None:
    kind = schema.get_type_by_name(name)
    assert isinstance(kind, StrawberryObjectDefinition)
    assert [field.python_name for field in kind.fields if not field.permission_classes] == []


def test_mutations_take_one_input_and_report_user_errors() -> None:
    mutation = printed().mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        assert list(field.args) == ["input"], name
        payload = _named(field.type)
        assert isinstance(payload, GraphQLObjectType), name
        assert str(payload.fields["userErrors"].type) == "[UserError!]!", name


def test_every_mutation_answers_a_refusal_with_its_payload() -> None:
    kind = schema.get_type_by_name("Mutation")
    assert isinstance(kind, StrawberryObjectDefinition)
    bare = [
        field.python_name
        for field in kind.fields
        if _code(field) is not _code(refusals_as(_told)(_nothing))
    ]
    assert bare == [], "decorate it with `refusals_as(SomePayload.refused)`"


async def test_a_refusal_becomes_what_it_is_told_as_and_other_errors_pass() -> None:
    @refusals_as(_told)
    async def resolve(error: Exception | None) -> str:
        if error is not None:
            raise error
        return "done"

    assert await resolve(None) == "done"
    assert await resolve(InvalidInput("too long")) == "refused: too long"
    with pytest.raises(ZeroDivisionError):
        await resolve(ZeroDivisionError())


def test_no_float_crosses_the_edge() -> None:
    """Numbers are exact: `Decimal` in strings, or `Int`."""
    of = printed()
    assert "Float" not in of.type_map


def test_abstract_types_have_members() -> None:
    of = printed()
    for kind in own_types(of):
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            assert of.get_possible_types(kind), kind.name


def _told(refusal: Refusal) -> str:
    return f"refused: {refusal.message}"


async def _nothing() -> str:
    return ""


def _code(resolver: object) -> object:
    """What a field or a function runs: all that `refusals_as` decorates run the same."""
    for name in ("base_resolver", "wrapped_func"):
        resolver = getattr(resolver, name, resolver)
    return getattr(resolver, "__code__", None)


def _named(kind: object) -> object:
    while hasattr(kind, "of_type"):
        kind = cast("object", kind.of_type)
    return kind
