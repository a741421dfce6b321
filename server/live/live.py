"""Without this module nobody would act on what the other server processes tell."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from gamification.ids import ProgramId
from gamification.ports import Committed, Store
from gamification.ranks.fed import moves_of
from server.live.messages import KeyRevoked, Message, Moved, RulesApplied, Told
from server.live.shared_hub import SharedHub
from server.live.watching import Watch
from server.programs import CachedPrograms
from server.ranks.held import HeldRanks
from server.revoking import Revoking

if TYPE_CHECKING:
    from server.live.neighbours import Neighbours


@dataclass(frozen=True, slots=True)
class Live:
    """What a process does to hear of the others, and to be heard by them."""

    store: Store
    hub: SharedHub
    ranks: HeldRanks
    watch: Watch
    neighbours: "Neighbours | None"
    programs: CachedPrograms
    revoking: Revoking

    def start(self) -> None:
        """Begin to hear and to watch."""
        self.programs.on_replaced = self._apply
        if self.neighbours is not None:
            self.neighbours.on_message = self._hear
            self.store.watch(self._tell_moves)
            self.neighbours.start()
        self.watch.start()
        self.revoking.start()

    async def stop(self) -> None:
        """Send what waits to be sent, and end."""
        await self.revoking.stop()
        await self.watch.stop()
        if self.neighbours is not None:
            await self.neighbours.stop()

    @property
    def redis_status(self) -> str | None:
        """Whether the other processes are heard at once; None where no Redis is set."""
        if self.neighbours is None:
            return None
        return "ok" if self.neighbours.is_connected else "away"

    def _apply(self, program: ProgramId) -> None:
        """This process has applied other rules."""
        self.watch.suspect(program)
        if self.neighbours is not None:
            self.neighbours.tell(RulesApplied(program))

    def _tell_moves(self, committed: Committed) -> None:
        """This process has made a commit, which the others' rank indexes are to follow."""
        assert self.neighbours is not None
        self.neighbours.tell(Moved.of(moves_of(committed)))

    def _hear(self, message: Message) -> None:
        match message:
            case Told():
                self.hub.hear(message)
            case Moved():
                self.ranks.hear(message.moves)
            case RulesApplied():
                self.programs.expire(message.program)
                self.watch.suspect(message.program)
            case KeyRevoked():
                self.revoking.hear(message.program)
            case _:
                assert_never(message)
