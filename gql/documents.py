"""Documents are parsed, measured and validated once: for a small query that is most of the work."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, cast

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.base import BaseSchema
from strawberry.schema.schema import validate_document
from strawberry.types.execution import ParseOptions

from gql.errors import BAD_REQUEST, refused
from gql.executor import Plans
from gql.lasting import is_lasting
from gql.limits import TOKENS_MAX, Size, measure, too_large

DOCUMENTS_CACHED_MAX = 256
TEXT_CACHED_MAX = 10_000
"""Longer documents are rare, and would let a stranger fill the memory with the cache."""


class Prepared(NamedTuple):
    """A document that was looked at: `size` counts variables for page sizes as if they were the
    largest; `errors` is empty if the document may run; `plans` are the executor's (None where
    directives make each execution another). Of one that `is_lasting` answers may be kept
    (answers.py). Of one with a subscription it is known how often variables are mentioned."""

    document: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    size: Size
    errors: tuple[GraphQLError, ...]
    plans: Plans | None
    is_lasting: bool
    mentions: Mapping[str, int]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name; the first one, where none is named."""
        return next(
            (
                each
                for each in self.operations
                if name is None or (each.name is not None and each.name.value == name)
            ),
            None,
        )


def name_of(operation: OperationDefinitionNode) -> str | None:
    """What a document calls an operation, whether or not the request names it; None: nothing."""
    return operation.name.value if operation.name is not None else None


def prepare(schema: GraphQLSchema, text: str) -> Prepared:
    """Parse, measure and validate a document. It is not validated if it is too large for that.

    Raises `GraphQLSyntaxError`.
    """
    document = parse(text, max_lexical_tokens=TOKENS_MAX)
    operations = tuple(
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    )
    size = measure(schema, document, None)
    # Page sizes may come with the variables: only the cost can still turn out to be lower.
    if error := too_large(size._replace(cost=0)):
        errors = (error,)
    else:
        errors = tuple(validate_document(schema, document, specified_rules))
    return Prepared(
        document,
        operations,
        size,
        errors,
        plans=None if size.directives else {},
        is_lasting=not errors and is_lasting(schema, document),
        mentions=_mentions(document, operations),
    )


def _mentions(
    document: DocumentNode, operations: Sequence[OperationDefinitionNode]
) -> Mapping[str, int]:
    counted = _Variables()
    if any(each.operation is OperationType.SUBSCRIPTION for each in operations):
        visit(document, counted)
    return counted.mentions


class _Variables(Visitor):
    """Counts how often a document mentions each variable."""

    def __init__(self) -> None:
        super().__init__()
        self.mentions: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.mentions[node.name.value] += 1


_prepare_cached = lru_cache(maxsize=DOCUMENTS_CACHED_MAX)(prepare)


def prepared_once(schema: GraphQLSchema, text: str) -> Prepared:
    """As `prepare`, which is asked only once for a document that keeps coming."""
    return (_prepare_cached if len(text) <= TEXT_CACHED_MAX else prepare)(schema, text)


def objections(
    schema: GraphQLSchema,
    prepared: Prepared,
    operation_name: str | None,
    variables: Mapping[str, Any] | None,
) -> list[GraphQLError]:
    """Why a document may not be executed with these variables; empty if it may."""
    if prepared.errors:
        return list(prepared.errors)
    if operation_name is None and len(prepared.operations) > 1:
        # Strawberry would run the first of several operations where none is named.
        message = "The query has several operations: `operationName` must tell which one is meant."
        return [refused(BAD_REQUEST, message)]
    if too_large(prepared.size):
        error = too_large(measure(schema, prepared.document, variables))
        return [error] if error else []
    return []


def declared(
    operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Of the variables that came with an operation those that it declares, and so can read."""
    given = variables or {}
    names = [each.variable.name.value for each in operation.variable_definitions or ()]
    return {name: given[name] for name in names if name in given}


def canonical(variables: Mapping[str, Any]) -> bytes | None:
    """Variables in one form, whatever the order they came in. None if they are nested deeper than
    any argument is."""
    try:
        return orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None


def subscription_of(
    schema: BaseSchema, text: str, name: str | None, variables: Mapping[str, Any] | None
) -> "Subscribed | None":
    """The subscription that a request asks for; None if it is for anything else, or may not run."""
    core = core_schema(schema)
    try:
        prepared = prepared_once(core, text)
    except GraphQLSyntaxError:
        return None
    operation = prepared.operation(name)
    if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
        return None
    if objections(core, prepared, name, variables):
        return None
    if canonical(declared(operation, variables)) is None:
        return None  # the execution tells what is wrong with them
    return Subscribed(operation, prepared.size.cost, prepared.mentions)


class Subscribed(NamedTuple):
    """A subscription that may be executed, its static cost, and how often its document mentions
    each variable."""

    operation: OperationDefinitionNode
    cost: int
    mentions: Mapping[str, int]

    @property
    def name(self) -> str | None:
        """What its document calls it."""
        return name_of(self.operation)


class PreparedDocuments(SchemaExtension):
    """Puts the prepared document into strawberry's execution, in place of parsing and validating
    it: that of the operations of sockets, which stream their results."""

    prepared: Prepared | None = None

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        # Documents that cannot be parsed are parsed again after this hook, where errors are told.
        execution.parse_options = cast("ParseOptions", {"max_lexical_tokens": TOKENS_MAX})
        if execution.query:
            with suppress(GraphQLSyntaxError):
                self.prepared = prepared_once(core_schema(execution.schema), execution.query)
                execution.graphql_document = self.prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        execution, prepared = self.execution_context, self.prepared
        if prepared is not None:
            name = cast("Any", execution)._provided_operation_name
            execution.pre_execution_errors = objections(
                core_schema(execution.schema), prepared, name, execution.variables
            )
        yield


def core_schema(schema: BaseSchema) -> GraphQLSchema:
    """graphql-core's schema inside strawberry's, as strawberry's own caches take it."""
    return cast("Any", schema)._schema
