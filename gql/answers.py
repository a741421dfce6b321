"""Without this module a page that a thousand people open would be worked out a thousand times.

A query about public leaderboards alone is answered with the bytes of the last answer, for as long
as nothing has changed that it says. That is asked, not guessed: the program's data version is read
for every request (together for those that come together), so commits of other processes count as
well. Who asks while the same is being executed waits for that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLSyntaxError
from strawberry.schema.base import BaseSchema
from strawberry.types.execution import ExecutionResult

from gamification.program import Program
from gamification.turns import Stretch, stretch_at
from gql.bounded import Bounded
from gql.context import Context
from gql.documents import (
    TEXT_CACHED_MAX,
    core_schema,
    declared,
    name_of,
    prepared_once,
)
from gql.freshness import ReadVersions, Versions
from gql.observing import Kind, Observed, Observer, Outcome, outcome_of

ANSWERS_BYTES_MAX = 64 * 1024 * 1024
"""Bytes that answers take which are kept, if nothing else is set."""

ANSWERS_MAX = 10_000
"""Answers that are kept, if nothing else is set."""

Execute = Callable[[], Awaitable[ExecutionResult]]


class Answer(NamedTuple):
    """An answer without errors, as it goes out. `etag` names its bytes, as HTTP does."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, result: ExecutionResult) -> "Answer":
        """The result of an execution that nothing went wrong in."""
        body = orjson.dumps({"data": result.data})
        return cls(body, f'"{sha256(body).hexdigest()[:32]}"')


class Wording(NamedTuple):
    """What is asked, whoever asks."""

    text: str
    operation_name: str | None
    variables: bytes
    """Those that the query declares, in one form."""
    name: str | None
    """The operation's own name, which a request need not repeat."""
    cost: int

    @classmethod
    def of(
        cls,
        schema: BaseSchema,
        text: str,
        *,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
    ) -> "Wording | None":
        """None for a query that reads anything but public leaderboards, or that is none."""
        if len(text) > TEXT_CACHED_MAX:
            return None
        try:
            prepared = prepared_once(core_schema(schema), text)
        except GraphQLSyntaxError:
            return None
        operation = prepared.operation(operation_name) if prepared.is_lasting else None
        if operation is None:
            return None
        read = declared(operation, variables)
        if any(isinstance(value, dict | list) for value in read.values()):
            return None  # no field of a leaderboard takes any such
        written = orjson.dumps(read, option=orjson.OPT_SORT_KEYS)
        return cls(text, operation_name, written, name_of(operation), prepared.size.cost)


class Question(NamedTuple):
    """What decides an answer besides the data: who has the same key at one moment, and at one data
    version, is answered the same."""

    key: Hashable
    size: int
    program: Program
    at: datetime
    wording: Wording
    observer: Observer

    @classmethod
    def of(cls, wording: Wording, context: Context) -> "Question":
        """Something that is asked, by somebody and now."""
        version = context.program.record.versions[-1].version
        size = len(wording.text) + len(wording.variables)
        key = (context.viewer, version, wording)
        return cls(key, size, context.program, context.at, wording, context.observer)

    def begins(self) -> Observed:
        """A question that needs no execution of its own is an operation all the same."""
        return self.observer.begins(Kind.QUERY, self.wording.name, self.wording.cost)


class Counts(NamedTuple):
    """What became of the questions so far, and what is kept."""

    hits: int
    misses: int
    joined: int
    """Those that waited for the execution of another."""
    entries: int
    size: int
    """Bytes."""


class _Kept(NamedTuple):
    answer: Answer
    version: int
    stretch: Stretch


@dataclass(slots=True)
class _Flight:
    """One execution, and how many wait for it."""

    stretch: Stretch
    task: "asyncio.Task[Answer | ExecutionResult]"
    waiting: int = 0


class Answers:
    """The last answers to questions about public leaderboards."""

    def __init__(
        self,
        read_versions: ReadVersions,
        *,
        bytes_max: int = ANSWERS_BYTES_MAX,
        entries_max: int = ANSWERS_MAX,
    ) -> None:
        self._versions = Versions(read_versions)
        self._kept: Bounded[Hashable, _Kept] = Bounded(bytes_max=bytes_max, entries_max=entries_max)
        self._flights: dict[Hashable, _Flight] = {}
        self._hits = self._misses = self._joined = 0

    async def of(self, question: Question, execute: Execute) -> Answer | ExecutionResult:
        """The answer to a question: the last one while it holds, or what its execution says.

        Results with errors are for those who wait for them, and are not kept.
        """
        try:
            version = await self._versions.of(question.program.id)
        except Exception:  # noqa: BLE001 (what is wrong with the database, the execution tells)
            return await execute()
        kept = self._kept.get(question.key)
        if kept is not None and kept.version == version and kept.stretch.holds(question.at):
            self._hits += 1
            question.begins().ends(Outcome.DONE)
            return kept.answer
        return await self._flown(question, version, execute)

    def counts(self) -> Counts:
        """For who watches over the server."""
        return Counts(self._hits, self._misses, self._joined, len(self._kept), self._kept.size)

    async def _flown(
        self, question: Question, version: int, execute: Execute
    ) -> Answer | ExecutionResult:
        """What the execution says that is under way, or that begins now."""
        place = (question.key, version)
        flight = self._flights.get(place)
        if flight is not None and flight.stretch.holds(question.at):
            self._joined += 1
            return await self._joined_to(flight, place, question)
        self._misses += 1
        stretch = stretch_at(question.program.rules, question.at)
        # The task is nobody's own: it goes on when the one who came first has left.
        task = asyncio.create_task(self._execute(question, version, stretch, execute))
        flight = self._flights[place] = _Flight(stretch, task)
        return await self._landed(flight, place)

    async def _joined_to(
        self, flight: _Flight, place: Hashable, question: Question
    ) -> Answer | ExecutionResult:
        """What another's execution says."""
        observed, outcome = question.begins(), Outcome.ABANDONED
        try:
            result = await self._landed(flight, place)
            outcome = Outcome.DONE if isinstance(result, Answer) else outcome_of(result)
            return result
        finally:
            observed.ends(outcome)

    async def _landed(self, flight: _Flight, place: Hashable) -> Answer | ExecutionResult:
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                if self._flights.get(place) is flight:
                    del self._flights[place]
                flight.task.cancel()  # nobody wants it any more, unless it is done

    async def _execute(
        self, question: Question, version: int, stretch: Stretch, execute: Execute
    ) -> Answer | ExecutionResult:
        result = await execute()
        if result.errors or result.data is None:
            return result
        answer = Answer.of(result)
        kept = _Kept(answer, version, stretch)
        self._kept.put(question.key, kept, size=question.size + len(answer.body))
        return answer
