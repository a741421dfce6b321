"""Subscriptions that ask for the same are executed and encoded once, for all who follow them.

Without this ten thousand pages with the same board would cost ten thousand executions a tick.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, cast

from graphql import FieldNode, GraphQLError, NonNullTypeNode, VariableNode
from strawberry.schema.base import BaseSchema
from strawberry.types.execution import ExecutionResult

from gql.audience import After, Begin, Follower
from gql.context import Context
from gql.documents import Subscribed, canonical, declared
from gql.encoding import Encoded
from gql.errors import unexpected, was_executed
from gql.observing import Outcome, outcome_of, outcome_of_refusal

SLICE_SECONDS = 0.001
"""So long results are handed out before others have a turn on the event loop."""

_SLICE_CHECKED_EACH = 16


class Asked(NamedTuple):
    """A subscription as it is executed for all, and where this follower begins."""

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]
    after: After

    @classmethod
    def of(
        cls,
        query: str,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
        subscribed: Subscribed,
    ) -> "Asked":
        """The cursor is taken out of the variables, where it is one of its own: those who come
        back after different cursors will follow the same."""
        variables = declared(subscribed.operation, variables)
        name = _variable_of_after(subscribed)
        if name is not None and isinstance(after := variables.get(name, 0), str | None):
            rest = {key: value for key, value in variables.items() if key != name}
            return cls(query, operation_name, rest, after)
        return cls(query, operation_name, variables, Begin.AS_EXECUTED)

    def key(self, context: Context) -> Hashable:
        """Who has the same key is told the same."""
        variables = canonical(self.variables)
        assert variables is not None, "`subscription_of` finds no subscription with others"
        return context.viewer, self.query, self.operation_name, variables


class Groups:
    """The subscriptions that run in this process, each with those who follow it."""

    def __init__(self, schema: BaseSchema) -> None:
        self._schema = schema
        self._groups: dict[Hashable, Group] = {}

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def followers(self) -> int:
        """How many follow all of them."""
        return sum(len(group.audience) for group in self._groups.values())

    def join(self, asked: Asked, context: Context, follower: Follower) -> "Group":
        """Let somebody follow what they ask for; the first one's `context` serves them all."""
        key = asked.key(context)
        group = self._groups.get(key)
        if group is None:
            group = Group(self._schema, asked, context, on_empty=partial(self._forget, key))
            self._groups[key] = group
            # The task is the group's own: it goes on when the one who came first has left.
            group.task = asyncio.create_task(group.run())
            group.task.add_done_callback(partial(self._end, key, group))
        group.audience.join(follower, asked.after)
        return group

    def _end(self, key: Hashable, group: "Group", _: "asyncio.Task[None]") -> None:
        self._forget(key, group)
        group.task = None  # its exception would hold the frames that hold the group

    def _forget(self, key: Hashable, group: "Group") -> None:
        if self._groups.get(key) is group:
            del self._groups[key]


class Group:
    """One execution of a subscription, and those who follow it."""

    task: "asyncio.Task[None] | None" = None

    def __init__(
        self,
        schema: BaseSchema,
        asked: Asked,
        context: Context,
        *,
        on_empty: "Callable[[Group], None]",
    ) -> None:
        self._schema = schema
        self._asked = asked
        self._context = context
        self.audience = context.audience
        self._on_empty = on_empty

    def leave(self, follower: Follower) -> None:
        """Tell somebody nothing more; without followers the execution ends."""
        self.audience.leave(follower)
        if not self.audience:
            self._on_empty(self)  # who comes now begins another group
            if self.task is not None:
                self.task.cancel()

    async def run(self) -> None:
        """Execute, and hand out, until there is no more."""
        try:
            await self._execute()
        except Exception as error:  # noqa: BLE001 (the edge: told, logged, and over)
            self._break_off([unexpected(error)])
        else:
            self._on_empty(self)
            for follower in self._everybody():
                follower.complete()

    async def _execute(self) -> None:
        results = await self._schema.stream(
            self._asked.query,
            variable_values=dict(self._asked.variables),
            context_value=self._context,
            operation_name=self._asked.operation_name,
        )
        async with aclosing(results):
            async for result in results:
                await self._hand_out(cast("ExecutionResult", result))

    async def _hand_out(self, result: ExecutionResult) -> None:
        if not was_executed(result):
            await self._end(result)
        elif self._is_to_be_withheld(result):
            self._context.observer.withheld()
            for follower in self.audience.withhold():
                follower.fail(result.errors or ())
        else:
            encoded = Encoded(result)
            if self.audience.is_news(encoded.json):
                followers = self.audience.addressed()
                encoded.cursor = await self._cursor(result, followers)
                await self._tell(followers, encoded)
                self._report(len(followers))

    def _is_to_be_withheld(self, result: ExecutionResult) -> bool:
        """Whether a result is no update, because what it should tell could not be read."""
        has_failed = outcome_of(result) is Outcome.FAILED
        return has_failed and (result.data is None or not self.audience.takes_parts)

    async def _end(self, result: ExecutionResult) -> None:
        """The execution is over, or has never begun."""
        errors = result.errors or []
        if outcome_of_refusal(errors) is Outcome.FAILED:
            self._break_off(errors)
            return
        self._on_empty(self)  # who comes while the others are told begins another group
        for follower in self.audience.not_begun():
            follower.fail(errors)
            self.audience.leave(follower)
        await self._tell(tuple(self.audience.begun), Encoded(result))

    def _break_off(self, errors: Sequence[GraphQLError]) -> None:
        """The execution has failed: those who have begun can go on elsewhere."""
        self._on_empty(self)
        for follower in self.audience.not_begun():
            follower.fail(errors)
            self.audience.leave(follower)
        for follower in tuple(self.audience.begun):
            follower.break_off()
            self.audience.leave(follower)

    def _report(self, followers: int) -> None:
        self._context.observer.told(followers)
        if followers and (changed_at := self.audience.changed_at) is not None:
            self._context.observer.lagged(asyncio.get_running_loop().time() - changed_at)
        self.audience.changed_at = None

    async def _cursor(self, result: ExecutionResult, followers: Collection[Follower]) -> str | None:
        """The cursor of a result, if anybody wants it. One without data has none: who comes back
        after it is told again what it should have told."""
        if result.data is None or not any(each.wants_cursor for each in followers):
            return None
        return await self.audience.cursor()

    async def _tell(self, followers: Collection[Follower], result: Encoded) -> None:
        """Hand out in slices, between which the loop does what else is to be done."""
        slice_ends = perf_counter() + SLICE_SECONDS
        for number, follower in enumerate(followers, 1):
            if self.audience.still_here(follower):
                follower.tell(result)
            if number % _SLICE_CHECKED_EACH == 0 and perf_counter() > slice_ends:
                await asyncio.sleep(0)
                slice_ends = perf_counter() + SLICE_SECONDS

    def _everybody(self) -> Collection[Follower]:
        return (*self.audience.begun, *self.audience.not_begun())


def _variable_of_after(subscribed: Subscribed) -> str | None:
    """The variable that is the subscription's `after`, and nothing else, and may be left out."""
    operation = subscribed.operation
    (*_, field) = operation.selection_set.selections
    arguments = (field.arguments if isinstance(field, FieldNode) else None) or ()
    value = next((each.value for each in arguments if each.name.value == "after"), None)
    if not isinstance(value, VariableNode):
        return None
    name = value.name.value
    is_used_once = subscribed.mentions[name] == 2  # where it is declared, and here
    may_be_left_out = any(
        each.variable.name.value == name and not isinstance(each.type, NonNullTypeNode)
        for each in operation.variable_definitions or ()
    )
    return name if is_used_once and may_be_left_out else None
