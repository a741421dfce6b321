"""What a resolver may reach: without it the program, the ports and the clock would be global."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeVar

import strawberry

from gamification.commands import NewFact
from gamification.live import Hub
from gamification.ports import Board, Store
from gamification.program import Program
from gamification.ranks.asking import NoIndexes, Ranking, Ranks
from gamification.reading import Reading
from gamification.refusals import Refusal
from gamification.use_cases.recorded import Recorded
from gql.audience import Audience
from gql.loaders import Loaders
from gql.observing import UNOBSERVED, Observer

T = TypeVar("T")


class Recorder(Protocol):
    """Records activities. What passes by itself, such as a lost connection, is tried again."""

    async def record(self, program: Program, new: NewFact) -> Recorded | Refusal:
        """Record a fact, maybe in one transaction with others that came at the same time."""
        ...

    async def record_all(
        self, program: Program, new: Sequence[NewFact]
    ) -> Sequence[Recorded | Refusal]:
        """Record activities in a transaction of their own: one result for each, in order."""
        ...


class Retrying(Protocol):
    """Tries again what failed for a reason that passes by itself."""

    async def __call__(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, which must be harmless to repeat."""
        ...


class Programs(Protocol):
    """The compiled programs that this process holds."""

    async def latest(self, program: Program) -> Program:
        """The same program with the rules in force now."""
        ...

    def current(self, program: Program) -> Program:
        """The same program with the latest rules that are known here, without waiting."""
        ...

    async def replace(self, program: Program) -> None:
        """These are the program's rules: returns when no process answers by older ones."""
        ...


@dataclass
class Context:
    """One operation's view of the world. The server makes one for each request or connection.

    `scopes` are what the credentials allow: "read", "activities:write", "members:write",
    "points:write", "definition:write".
    """

    program: Program
    store: Store
    hub: Hub
    recorder: Recorder
    retrying: Retrying
    programs: Programs
    scopes: frozenset[str]
    now: Callable[[], datetime]
    new_key: Callable[[], str]
    ranks: Ranks = field(default_factory=NoIndexes)
    credentials: Hashable = None
    """What was shown to get in. Whoever has shown the same is sent away with it."""
    audience: Audience = field(default_factory=Audience)
    """Whom the results of a subscription are for."""
    observer: Observer = UNOBSERVED
    at: datetime = field(init=False)
    """The moment that every part of one answer is about."""

    def __post_init__(self) -> None:
        self.at = self.now()

    @cached_property
    def reading(self) -> Reading:
        return self.store.reading(self.program.record)

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.program, self.reading, self.ranks, at=self.at)

    async def ranking(self, board: Board) -> Ranking:
        """What tells fastest who stands where on a board now; for one question."""
        return await self.ranks.ranking(self.program.record, board, self.reading)

    @property
    def viewer(self) -> Hashable:
        """Who sees what: for the same viewer, the same operation has the same answer."""
        return self.program.id, self.scopes

    async def fresh(self) -> "Context":
        """The context of another operation with the same credentials."""
        return Context(
            program=await self.programs.latest(self.program),
            store=self.store,
            hub=self.hub,
            recorder=self.recorder,
            retrying=self.retrying,
            programs=self.programs,
            scopes=self.scopes,
            now=self.now,
            new_key=self.new_key,
            observer=self.observer,
            ranks=self.ranks,
            credentials=self.credentials,
        )

    def renew(self) -> None:
        """Forget what was read: what follows is about the present moment and the present rules."""
        self.program = self.programs.current(self.program)
        self.at = self.now()
        self.forget()

    def forget(self) -> None:
        """Forget what was read, because it may have changed: a document can hold several mutations,
        and each tells what it has left."""
        for name in ("reading", "loaders"):
            self.__dict__.pop(name, None)


Info = strawberry.Info[Context, None]
