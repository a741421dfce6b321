"""Without this module the adapters would know which database they talk to."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from gamification.ids import ProgramId
from models.statement import Argument, Row, Statement


class Session(Protocol):
    """Runs statements: inside one transaction, or each on its own."""

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        """The rows a statement returns. A statement over no rows at all is not run."""
        ...


class Transaction(Session, Protocol):
    """A session whose statements take effect together."""

    async def alone(self) -> None:
        """Wait for all other transactions of the program, and keep others out until the end."""
        ...


class Noting:
    """A transaction that notes whether anything was written in it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.has_written = False

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        if not statement.reads and (rows or not statement.takes_rows):
            self.has_written = True
        return await self._transaction.fetch(statement, *args, rows=rows)

    async def alone(self) -> None:
        await self._transaction.alone()


class Connections(Protocol):
    """How a pool of connections does."""

    def get_size(self) -> int:
        """How many there are."""
        ...

    def get_idle_size(self) -> int:
        """How many of them are not in use."""
        ...

    def get_max_size(self) -> int:
        """How many there may be."""
        ...


class Database(Protocol):
    """A database with its connections. Cancelling a task never harms it, nor does its restart."""

    @property
    def is_shared(self) -> bool:
        """Whether several transactions write at the same time, so that rows must be locked."""
        ...

    @property
    def pool(self) -> "Connections | None":
        """Its connections, where they are a pool."""
        ...

    @property
    def reader(self) -> Session:
        """Runs single reading statements outside any transaction."""
        ...

    @property
    def repeatable(self) -> Session:
        """Runs single statements that may write, outside any transaction of ours, and again where
        the answer was lost. The database ends each: nothing stays locked by a process that stands
        still."""
        ...

    def transaction(
        self, program: ProgramId | None = None
    ) -> AbstractAsyncContextManager[Transaction]:
        """One transaction, on one program or on none: left normally it commits, left by an
        exception it rolls back."""
        ...

    def moment(self) -> AbstractAsyncContextManager[Session]:
        """Statements that all see the same moment, and can write nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """One program's view of a database: `$1` of every statement is the program's id.

    No statement about a program's data is run in any other way, so none can forget to say whose.
    """

    session: Session
    program: ProgramId

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        """As `Session.fetch`; `args` begin with `$2`."""
        return await self.session.fetch(statement, self.program, *args, rows=rows)
