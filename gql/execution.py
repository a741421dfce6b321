"""The short way to an answer: strawberry's own asks its extensions eight times for each request."""

from collections.abc import Iterable, Sequence
from inspect import isawaitable
from typing import Any, cast

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionContext, ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from gql.context import Context
from gql.documents import Prepared, name_of, objections, prepared_once
from gql.errors import tell, unexpected
from gql.executor import ListExecutor
from gql.observing import Kind, Outcome, outcome_of


class Schema(strawberry.Schema):
    """A schema that tells errors with codes, logs only those that nobody foresaw, and executes
    queries and mutations from documents that were prepared once."""

    def process_errors(
        self,
        errors: Sequence[GraphQLError],
        execution_context: ExecutionContext | None = None,
    ) -> None:
        tell(errors)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """As strawberry's, for a schema whose extensions concern sockets only. The context's
        observer is told how it went."""
        if not query:
            raise MissingQueryError
        observer = cast("Context", context_value).observer
        try:
            prepared = prepared_once(self._core, query)
        except GraphQLSyntaxError as error:
            observer.begins(Kind.UNKNOWN, None, 0).ends(Outcome.REFUSED)
            return _refused([error])
        operation = prepared.operation(operation_name)
        if operation is None:
            raise CannotGetOperationTypeError(operation_name)
        kind = OperationType(operation.operation.value)
        if allowed_operation_types is not None and kind not in allowed_operation_types:
            raise InvalidOperationTypeError(kind)
        observed = observer.begins(Kind(kind.value), name_of(operation), prepared.size.cost)
        outcome = Outcome.ABANDONED
        try:
            result = await self._answered(prepared, variable_values, context_value, operation_name)
            outcome = outcome_of(result)
            return result
        finally:
            observed.ends(outcome)

    async def _answered(
        self,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Any,
        operation_name: str | None,
    ) -> ExecutionResult:
        if errors := objections(self._core, prepared, operation_name, variables):
            return _refused(errors)
        try:
            result = await self._executed(prepared, variables, context, operation_name)
        except Exception as error:  # noqa: BLE001 (whatever it is, the client gets an answer)
            return PreExecutionError(data=None, errors=[unexpected(error)])
        if result.errors:
            tell(result.errors)
        return ExecutionResult(data=result.data, errors=result.errors)

    async def _executed(
        self,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Any,
        operation_name: str | None,
    ) -> CoreResult:
        build = cast("Any", ListExecutor).build  # its generics are left open
        executor = build(
            self._core,
            prepared.document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
            is_awaitable=optimized_is_awaitable,
            plans=prepared.plans,
        )
        if isinstance(executor, list):  # the variables are not what the document asks for
            return CoreResult(None, errors=cast("list[GraphQLError]", executor))
        result = executor.execute_operation()
        return await result if isawaitable(result) else result

    @property
    def _core(self) -> GraphQLSchema:
        """graphql-core's schema inside strawberry's."""
        return self._schema


def _refused(errors: list[GraphQLError]) -> ExecutionResult:
    tell(errors)
    return PreExecutionError(data=None, errors=errors)
