"""Plain values are read directly: a top hundred executes ten times faster that way.

graphql-core resolves and completes every leaf on its own, at some two microseconds each. Where all
that is selected of an object, or of a list's elements, are attributes, argument-free synchronous
methods and objects made of such, a plan is made once for it, and kept with the document. For lists
it goes field by field, through all elements at once: most of its loops run in C. Whatever a plan
does not foresee, in its making or in a value, goes through graphql-core: results, errors and nulls
are always those of graphql-core (tests/api/test_executor.py compares them).
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import chain, islice
from operator import attrgetter
from types import NoneType
from typing import Any, NamedTuple, Protocol, cast

from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path, UndefinedType
from graphql.type import GraphQLResolveInfoHelpers
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

Read = Callable[[Any], Any]
"""Reads a field of one object."""

OutputType = Any
"""graphql-core's union of all output types, whose generics it leaves open."""

FieldDetailsList = list[FieldDetails]


class Plan(Protocol):
    """Makes of values what the response holds. None of the values is null."""

    def one(self, value: Any) -> Any:
        """Complete one value."""
        ...

    def many(self, values: list[Any], types: set[type]) -> list[Any]:
        """Complete values, which are of these types, all at once."""
        ...


Plans = dict[tuple[Any, ...], Plan | None]
"""By type and nodes (their ids: the document must outlive them); None where there is no plan.

They hold for every execution of a document without directives, whatever its variables.
"""

MANY_MIN = 6
"""Fewer elements of a list are sooner completed one by one."""


class _Unforeseen(Exception):
    """A value that the plan has no answer for."""


class _Field(NamedTuple):
    """One field of an object, or of many objects."""

    response_name: str
    read: Read
    plan: Plan
    is_nullable: bool

    def of_all(self, sources: list[Any]) -> list[Any]:
        """What the response holds of each source."""
        values = list(map(self.read, sources))
        types = set(map(type, values))
        if NoneType not in types:
            return self.plan.many(values, types)
        if not self.is_nullable:
            raise _Unforeseen
        types.remove(NoneType)
        present = iter(self.plan.many([each for each in values if each is not None], types))
        return [None if each is None else next(present) for each in values]


def _unhelpful(_: object) -> Any:
    raise NotImplementedError("resolvers here wait for what they begin")


_HELPERS = GraphQLResolveInfoHelpers(gather=_unhelpful, track=_unhelpful)


class ListExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with the short way through lists of plain objects."""

    def __init__(self, *args: Any, plans: "Plans | None" = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # graphql-core's are methods of the executor: a cycle that would keep every answer in memory
        # until the collector comes.
        self.async_helpers = _HELPERS
        self._plans: Plans = {} if plans is None else plans

    def build_per_event_executor(self, payload: Any) -> "ListExecutor":
        """As graphql-core's, with notes of its own: a subscription's executor would keep those of
        every event, as long as the subscription lives."""
        inherited = cast("Any", super()).build_per_event_executor  # its generics are left open
        executor = cast("ListExecutor", inherited(payload))
        executor._relevant_sub_fields = {}
        return executor

    def complete_iterable_value(
        self,
        item_type: OutputType,
        field_details_list: FieldDetailsList,
        info: Any,
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Awaitable[list[Any]] | list[Any]:
        if isinstance(items, list) and items:
            plan = self._plan(item_type, field_details_list)
            if plan is not None:
                with suppress(Exception):  # graphql-core tells what is wrong
                    return _list(plan, items)
        # graphql-core leaves the generics of its executor open.
        return super().complete_iterable_value(  # pyright: ignore[reportUnknownMemberType]
            item_type, field_details_list, info, path, items, position_context
        )

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: Any,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Awaitable[dict[str, Any]] | dict[str, Any]:
        plan = self._plan(return_type, field_details_list)
        if plan is not None:
            with suppress(Exception):
                return plan.one(result)
        # graphql-core leaves the generics of its executor open.
        return super().complete_object_value(  # pyright: ignore[reportUnknownMemberType]
            return_type, field_details_list, info, path, result, position_context
        )

    def _plan(self, kind: OutputType, fields: FieldDetailsList) -> Plan | None:
        """The plan for an object, or for each element of a list, made at its first sight."""
        key = (kind, *[id(details.node) for details in fields])
        if key in self._plans:
            return self._plans[key]
        plan = self._plans[key] = self._plan_of(kind, fields)
        return plan

    def _plan_of(self, item_type: OutputType, fields: FieldDetailsList) -> Plan | None:
        kind = _nullable(item_type)
        middleware = self.middleware_manager
        if (middleware and middleware.middlewares) or not isinstance(kind, GraphQLObjectType):
            return None
        return self._object(kind, fields)

    def _object(self, kind: GraphQLObjectType, fields: FieldDetailsList) -> Plan | None:
        """Completes objects by their selected fields; None if one of these is not plain."""
        collected = self.collect_subfields(kind, fields)
        if collected.new_defer_usages:
            return None
        selected: list[_Field] = []
        for response_name, details in collected.grouped_field_set.items():
            field = self._field(kind, response_name, details)
            if field is None:
                return None
            selected.append(field)
        return _Objects(kind, selected)

    def _field(
        self, kind: GraphQLObjectType, response_name: str, details: FieldDetailsList
    ) -> _Field | None:
        name = details[0].node.name.value
        if name == "__typename":
            return _Field(response_name, _constant(kind.name), _Leaves(str), is_nullable=False)
        definition = kind.fields.get(name)
        read = _plain_read(definition) if definition else None
        if definition is None or read is None:
            return None
        plan = self._value(_nullable(definition.type), details)
        is_nullable = not isinstance(definition.type, GraphQLNonNull)
        return _Field(response_name, read, plan, is_nullable) if plan else None

    def _value(self, kind: OutputType, details: FieldDetailsList) -> Plan | None:
        if is_leaf_type(kind):
            return _Ints() if kind is GraphQLInt else _Leaves(_EXACT.get(kind.name), kind)
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, details)
        if isinstance(kind, GraphQLList):
            of_type: OutputType = cast("Any", kind).of_type
            if isinstance(of_type, GraphQLNonNull):
                each = self._value(_nullable(of_type), details)
                return _Lists(each) if each else None
        return None


class _Objects:
    """Objects of one type, read field by field."""

    def __init__(self, kind: GraphQLObjectType, fields: list[_Field]) -> None:
        # Only types that implement interfaces are asked whether a value is one of theirs.
        backref = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        self._own: set[type] | None = {backref.origin} if kind.is_type_of else None
        self._fields = fields

    def one(self, value: Any) -> Any:
        if self._own is not None and type(value) not in self._own:
            raise _Unforeseen
        row: dict[str, Any] = {}
        for response_name, read, plan, is_nullable in self._fields:
            each = read(value)
            if each is not None:
                row[response_name] = plan.one(each)
            elif is_nullable:
                row[response_name] = None
            else:
                raise _Unforeseen
        return row

    def many(self, values: list[Any], types: set[type]) -> list[Any]:
        if self._own is not None and not types <= self._own:
            raise _Unforeseen
        rows: list[dict[str, Any]] = [{} for _ in values]
        for field in self._fields:
            name = field.response_name
            for row, each in zip(rows, field.of_all(values), strict=True):
                row[name] = each
        return rows


class _Lists:
    """Lists whose elements are not null."""

    def __init__(self, each: Plan) -> None:
        self._each = each

    def one(self, value: Any) -> Any:
        if type(value) is not list:
            raise _Unforeseen
        return _list(self._each, cast("list[Any]", value))

    def many(self, values: list[Any], types: set[type]) -> list[Any]:
        if not types <= {list}:
            raise _Unforeseen
        completed = iter(_list(self._each, list(chain.from_iterable(values))))
        return [list(islice(completed, len(value))) for value in values]


def _list(each: Plan, values: list[Any]) -> list[Any]:
    if len(values) < MANY_MIN:
        completed = [each.one(value) for value in values if value is not None]
        if len(completed) < len(values):
            raise _Unforeseen
        return completed
    types = set(map(type, values))
    if NoneType in types:
        raise _Unforeseen
    return each.many(values, types)


_EXACT: dict[str, type] = {"String": str, "ID": str, "Boolean": bool}
"""GraphQL's own scalars whose values, of exactly this type, are complete as they are."""

_NOTHING = {NoneType, UndefinedType}


class _Leaves:
    """Scalars and enums. Values of the `exact` type are complete; others their type completes."""

    def __init__(self, exact: type | None, kind: OutputType = None) -> None:
        self._exact = {exact}
        self._kind = kind

    def one(self, value: Any) -> Any:
        if type(value) in self._exact:
            return value
        completed = self._kind.coerce_output_value(value)
        if type(completed) in _NOTHING:
            raise _Unforeseen
        return completed

    def many(self, values: list[Any], types: set[type]) -> list[Any]:
        if types == self._exact:
            return values
        completed: list[Any] = list(map(self._kind.coerce_output_value, values))
        if not _NOTHING.isdisjoint(map(type, completed)):
            raise _Unforeseen
        return completed


class _Ints:
    """GraphQL's integers: those of 32 bits."""

    def one(self, value: Any) -> Any:
        if type(value) is int and -(2**31) <= value < 2**31:
            return value
        raise _Unforeseen

    def many(self, values: list[Any], types: set[type]) -> list[Any]:
        if types <= {int} and -(2**31) <= min(values, default=0) <= max(values, default=0) < 2**31:
            return values
        raise _Unforeseen


def _plain_read(definition: GraphQLField) -> Read | None:
    """Reads an attribute, or calls a synchronous method that takes nothing."""
    field: StrawberryField | None = definition.extensions.get(
        GraphQLCoreConverter.DEFINITION_BACKREF
    )
    if field is None or definition.args or field.extensions or field.is_async:
        return None
    resolver = cast("Any", field).base_resolver
    if resolver is None:
        return attrgetter(field.python_name)
    takes_only_itself = resolver.self_parameter and len(resolver.signature.parameters) == 1
    return cast("Read", resolver.wrapped_func) if takes_only_itself else None


def _nullable(kind: OutputType) -> OutputType:
    return cast("Any", kind).of_type if isinstance(kind, GraphQLNonNull) else kind


def _constant(value: Any) -> Read:
    return lambda _source: value
