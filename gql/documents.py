"""Documents are parsed, measured and validated once: for a small query that is most of the work."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.execution import ExecutionContext, ParseOptions

from gql.errors import BAD_REQUEST, refused
from gql.limits import TOKENS_MAX, Size, measure, too_large

DOCUMENTS_CACHED_MAX = 256
TEXT_CACHED_MAX = 10_000
"""Longer documents are rare, and would let a stranger fill the memory with the cache."""


class Prepared(NamedTuple):
    """A document that was looked at: `size` counts variables for page sizes as if they were the
    largest; `errors` is empty if the document may run."""

    document: DocumentNode
    size: Size
    errors: tuple[GraphQLError, ...]


def prepare(schema: GraphQLSchema, text: str) -> Prepared:
    """Parse, measure and validate a document. It is not validated if it is too large for that."""
    document = parse(text, max_lexical_tokens=TOKENS_MAX)
    size = measure(schema, document, None)
    # Page sizes may come with the variables: only the cost can still turn out to be lower.
    if error := too_large(size._replace(cost=0)):
        return Prepared(document, size, (error,))
    return Prepared(document, size, tuple(validate_document(schema, document, specified_rules)))


_prepare_cached = lru_cache(maxsize=DOCUMENTS_CACHED_MAX)(prepare)


class PreparedDocuments(SchemaExtension):
    """Puts the prepared document into the execution, in place of parsing and validating it."""

    prepared: Prepared | None = None

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        # Documents that cannot be parsed are parsed again after this hook, where errors are told.
        execution.parse_options = cast("ParseOptions", {"max_lexical_tokens": TOKENS_MAX})
        text = execution.query
        if text:
            remembered = _prepare_cached if len(text) <= TEXT_CACHED_MAX else prepare
            with suppress(GraphQLSyntaxError):
                self.prepared = remembered(_core_schema(execution), text)
                execution.graphql_document = self.prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        execution, prepared = self.execution_context, self.prepared
        if prepared is not None:
            errors = list(prepared.errors) or _ambiguity(execution, prepared.document)
            if not errors and too_large(prepared.size):
                schema = _core_schema(execution)
                error = too_large(measure(schema, prepared.document, execution.variables))
                errors = [error] if error else []
            execution.pre_execution_errors = errors
        yield


def _ambiguity(execution: ExecutionContext, document: DocumentNode) -> list[GraphQLError]:
    """Strawberry would run the first of several operations where none is named."""
    if len(document.definitions) == 1 or cast("Any", execution)._provided_operation_name:
        return []
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    message = "The query has several operations: `operationName` must tell which one is meant."
    return [refused(BAD_REQUEST, message)] if len(operations) > 1 else []


def _core_schema(execution: ExecutionContext) -> GraphQLSchema:
    """graphql-core's schema inside strawberry's, as strawberry's own caches take it."""
    return cast("Any", execution.schema)._schema
