"""Two whole servers of one world, which know of each other only from PostgreSQL and from Valkey."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

from gamification.ports import Store
from gamification.program import Program
from gql.answers import Answers
from gql.context import Context
from server.live.hub import LocalHub
from server.live.shared_hub import SharedHub
from server.ranks.held import HeldRanks
from server.recorder import BatchingRecorder
from tests.api.one import Clock
from tests.api.world import World, new_program
from tests.server import processes
from tests.valkey import Valkey


@dataclass
class OneOfTwo:
    """A server as `gamification serve` makes it, but for the clock and the credentials."""

    process: processes.Process
    made: Program
    answers: Answers | None = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Answers(self.store.data_versions)

    @property
    def store(self) -> Store:
        return self.process.store

    @property
    def hub(self) -> SharedHub:
        return self.process.services.hub

    @property
    def local(self) -> LocalHub:
        return self.hub.local

    @property
    def ranks(self) -> HeldRanks:
        return self.process.services.ranks.held

    @property
    def recorder(self) -> BatchingRecorder:
        return self.process.services.recorder

    @property
    def program(self) -> Program:
        return self.process.services.programs.current(self.made)

    async def context(self, scopes: frozenset[str]) -> Context:
        services = self.process.services
        program = await services.programs.program(self.made.id)
        assert program is not None
        return services.context(program, scopes)

    async def stop_looking(self) -> None:
        await self.process.services.live.watch.stop()

    def beside(self, program: Program) -> "OneOfTwo":
        return OneOfTwo(self.process, program)


@asynccontextmanager
async def two_servers(url: str, valkey: Valkey, definition: str) -> AsyncGenerator[World]:
    """A world on two servers that hear each other."""
    clock = Clock()
    process = partial(
        processes.process,
        url,
        redis_url=valkey.url,
        redis_prefix=uuid4().hex,
        now=clock.now,
        new_key=clock.new_key,
    )
    async with process() as one, process() as other:
        program = await new_program(one.store, definition)
        for each in (one, other):
            await each.until_connected()
        yield World([OneOfTwo(one, program), OneOfTwo(other, program)], clock)
