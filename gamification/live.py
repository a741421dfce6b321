"""How subscribers hear of commits: without these ports a use case would know a server's hub."""

from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from gamification.ids import MemberId, ProgramId
from gamification.outcomes import Notice


class Changes(NamedTuple):
    """What one committed transaction changed: published to the live hub after the commit.

    `in_doubt`: perhaps more has changed than is said, and who listens has to look.
    """

    program: ProgramId
    members: frozenset[MemberId]
    boards: frozenset[str]
    notices: tuple[Notice, ...]
    in_doubt: bool = False


class Bus(Protocol):
    """Carries changes to subscribers. Publishing never fails and never waits."""

    def publish(self, changes: Changes) -> None:
        """Tell what a transaction has changed: at once after its commit, without waiting for
        anything between. A commit that nothing is published of leaves subscribers in doubt."""
        ...


class Listener(Protocol):
    """One subscriber's ear on the hub. It never holds more than one merged change."""

    async def changed(self) -> Changes:
        """Wait until something that is listened to has changed; then all changes since the last
        call, merged (the latest 100 notices of them). Changes without anything: it was woken."""
        ...

    @property
    def is_awake(self) -> bool:
        """Whether `changed` would return at once."""
        ...

    @property
    def changed_at(self) -> float | None:
        """When the first of the changes was committed that `changed` returned last, on the clock of
        the event loop; None if it was only woken, or only knows that it may have missed some."""
        ...

    def wake(self) -> None:
        """Let `changed` return without a change."""
        ...


class Hub(Bus, Protocol):
    """Carries changes from commits to the subscribers of this process."""

    def listen(
        self,
        program: ProgramId,
        *,
        member: MemberId | None = None,
        board: str | None = None,
        feed: bool = False,
    ) -> AbstractContextManager[Listener]:
        """Hear of a member, of a leaderboard, or (`feed`) of public notices."""
        ...
