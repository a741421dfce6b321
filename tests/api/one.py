"""What a server of a world holds by itself, and a server that is the only one of its world."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from gamification.commands import NewFact
from gamification.live import Hub
from gamification.ports import Store
from gamification.program import Program
from gamification.ranks.asking import NoIndexes, Ranks
from gamification.refusals import Refusal
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from gql.answers import Answers
from gql.context import Context, Recorder
from server.live.hub import LocalHub
from server.retrying import retrying

NOON = datetime(2017, 8, 30, 12, tzinfo=UTC)
"""A Wednesday: its week began on 2017-08-28."""


@dataclass
class Clock:
    """What time it is in a world, and the keys that are made there, one after the other."""

    at: datetime = NOON
    keys: "count[int]" = field(default_factory=lambda: count(1))

    def now(self) -> datetime:
        return self.at

    def new_key(self) -> str:
        return f"made-{next(self.keys):04d}"


class Process(Protocol):
    """What a server of a world holds by itself."""

    answers: Answers | None

    @property
    def store(self) -> Store: ...

    @property
    def program(self) -> Program:
        """With the rules that this server holds to be in force."""
        ...

    @property
    def hub(self) -> Hub: ...

    @property
    def local(self) -> LocalHub:
        """Those who listen at this server."""
        ...

    @property
    def recorder(self) -> Recorder: ...

    async def context(self, scopes: frozenset[str]) -> Context:
        """The world as the bearer of credentials with these scopes may see it here."""
        ...

    async def stop_looking(self) -> None:
        """Hear from now on only what is told, and look no more whether anything was missed."""
        ...

    def beside(self, program: Program) -> "Process":
        """The same server, for another program."""
        ...


@dataclass
class Alone:
    """The only server of a world."""

    store: Store
    program: Program
    clock: Clock
    local: LocalHub = field(default_factory=LocalHub)
    ranks: Ranks = field(default_factory=NoIndexes)
    answers: Answers | None = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Answers(self.store.data_versions)

    @property
    def hub(self) -> LocalHub:
        return self.local

    @property
    def recorder(self) -> "Alone":
        return self

    async def latest(self, program: Program) -> Program:
        return self.program

    def current(self, program: Program) -> Program:
        return self.program

    async def replace(self, program: Program) -> None:
        self.program = program

    async def record(self, program: Program, new: NewFact) -> Recorded | Refusal:
        (result,) = await self.record_all(program, [new])
        return result

    async def record_all(
        self, program: Program, new: Sequence[NewFact]
    ) -> Sequence[Recorded | Refusal]:
        return await record_activities(
            self.store, self.hub, program, new, now=self.clock.at, new_key=self.clock.new_key
        )

    async def context(self, scopes: frozenset[str]) -> Context:
        return Context(
            program=self.program,
            store=self.store,
            hub=self.hub,
            recorder=self.recorder,
            retrying=retrying,
            programs=self,
            scopes=scopes,
            now=self.clock.now,
            new_key=self.clock.new_key,
            ranks=self.ranks,
        )

    async def stop_looking(self) -> None: ...

    def beside(self, program: Program) -> "Alone":
        return Alone(self.store, program, self.clock, self.local)
