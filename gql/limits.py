"""How large a document may be: without limits a few hundred bytes keep the server busy for minutes.

One pass, with each fragment measured once, so that the work is linear in the document whatever its
fragments do. Counts are those after expansion: what the executor would have to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    get_named_type,
)

from gql.errors import QUERY_TOO_LARGE, refused
from gql.pages import PAGE_SIZE, PAGE_SIZE_MAX

TOKENS_MAX = 2_000
"""Of a document; the parser stops there."""

_COUNT_MAX = 10**9
_LIST_ASSUMED = 10
"""How many elements a list has that is no page: a member's progress bars, a badge's levels."""
_INTROSPECTION = frozenset({"__schema", "__type"})
_INTROSPECTION_COST = 50


class Size(NamedTuple):
    """What executing a selection comes to. `cost`: one for each object that must be made."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both selections of one object."""
        added = (min(_COUNT_MAX, mine + its) for mine, its in zip(self[1:], other[1:], strict=True))
        return Size(max(self.depth, other.depth), *added)


LIMIT = Size(depth=15, fields=500, aliases=50, directives=50, cost=10_000)


def too_large(size: Size) -> GraphQLError | None:
    """Why a document of this size is refused; None if it is not."""
    for name, got, most in zip(Size._fields, size, LIMIT, strict=True):
        if got > most:
            shown = f"more than {most}" if got >= _COUNT_MAX else str(got)
            message = f"The query is too large: {name} {shown}, and {most} is the most"
            return refused(QUERY_TOO_LARGE, f"{message}. Ask for less, or in several requests.")
    return None


def measure(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None
) -> Size:
    """The size of a document's largest operation.

    Page sizes in variables that are not given count as the largest there are.
    """
    measuring = _Measuring(schema, document, variables)
    sizes = [
        measuring.operation(each)
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    ]
    return Size(*map(max, zip(*sizes, strict=True))) if sizes else Size()


class _Measuring:
    """One pass over one document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any] | None,
    ) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._measured: dict[str, Size] = {}
        self._open: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> Size:
        root = self._schema.get_root_type(operation.operation)
        size = self._selections(operation.selection_set.selections, root)
        return size.beside(_of_directives(operation.directives))

    def _selections(
        self, selections: Iterable[SelectionNode], parent: GraphQLNamedType | None
    ) -> Size:
        size = Size()
        for each in selections:
            size = size.beside(_of_directives(each.directives))
            if isinstance(each, FieldNode):
                size = size.beside(self._field(each, parent))
            elif isinstance(each, InlineFragmentNode):
                condition = each.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                size = size.beside(self._selections(each.selection_set.selections, inner))
            elif isinstance(each, FragmentSpreadNode):
                size = size.beside(self._fragment(each.name.value))
        return size

    def _fragment(self, name: str) -> Size:
        """A fragment's size. Unknown ones and cycles are for validation to report."""
        if name in self._measured:
            return self._measured[name]
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:
            return Size()
        self._open.add(name)
        parent = self._schema.get_type(fragment.type_condition.name.value)
        size = self._selections(fragment.selection_set.selections, parent)
        self._open.discard(name)
        self._measured[name] = size
        return size

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        own = Size(depth=1, fields=1, aliases=1 if node.alias else 0)
        if node.name.value in _INTROSPECTION:
            # Its depth has a validation rule of its own, and its lists are those of the schema.
            return own.beside(Size(cost=_INTROSPECTION_COST))
        if node.selection_set is None:
            return own
        definition = _definition(parent, node.name.value)
        inner = self._selections(
            node.selection_set.selections,
            _named(definition) if definition else None,
        )
        times = self._times(node, definition)
        cost = min(_COUNT_MAX, 1 + times * max(1, inner.cost))
        return Size(1 + inner.depth, *own.beside(inner)[1:-1], cost)

    def _times(self, node: FieldNode, definition: GraphQLField | None) -> int:
        """How many objects the field leads to."""
        if definition is None or node.name.value == "edges":
            return 1  # the connection's own page size has counted its edges
        if "first" in definition.args:
            return self._given(node, "first", default=PAGE_SIZE)
        if "radius" in definition.args:
            return 1 + 2 * self._given(node, "radius", default=PAGE_SIZE)
        return _LIST_ASSUMED if isinstance(_nullable(definition), GraphQLList) else 1

    def _given(self, node: FieldNode, name: str, *, default: int) -> int:
        for argument in node.arguments or ():
            if argument.name.value != name:
                continue
            if isinstance(argument.value, IntValueNode):
                digits = argument.value.value
                return max(0, int(digits)) if len(digits) < 10 else _COUNT_MAX
            if isinstance(argument.value, VariableNode):
                return self._variable(argument.value.name.value)
        return default

    def _variable(self, name: str) -> int:
        given = (self._variables or {}).get(name, PAGE_SIZE_MAX)
        is_size = isinstance(given, int) and not isinstance(given, bool)
        return max(0, min(given, _COUNT_MAX)) if is_size else PAGE_SIZE_MAX


def _of_directives(directives: Sequence[DirectiveNode] | None) -> Size:
    return Size(directives=len(directives or ()))


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType) else None


def _nullable(definition: GraphQLField) -> Any:
    kind = cast("Any", definition).type
    return cast("Any", kind).of_type if isinstance(kind, GraphQLNonNull) else kind


def _named(definition: GraphQLField) -> GraphQLNamedType:
    return cast("GraphQLNamedType", get_named_type(cast("Any", definition).type))
