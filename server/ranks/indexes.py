"""Without this module the parts that keep ranks would have to be started and stopped one by one."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from gamification.ids import ProgramId
from gamification.ports import Store
from server.metrics import Metrics
from server.ranks.checking import RankChecks
from server.ranks.held import HeldRanks
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class RankIndexes:
    """The indexes of this process, and what compares them with the store."""

    held: HeldRanks
    checks: RankChecks

    @classmethod
    def of(
        cls, settings: Settings, store: Store, version_of: Callable[[ProgramId], Awaitable[int]]
    ) -> Self:
        """No index yet: one is made when it is worth it."""
        held = HeldRanks(
            store, version_of, members_max=settings.rank_index_members_max, clock=time.monotonic
        )
        return cls(held, RankChecks(store, held, version_of, seconds=settings.rank_check_seconds))

    def show(self, metrics: Metrics) -> None:
        """What operators see of the indexes."""
        held, checks = self.held, self.checks
        numbers: dict[str, tuple[str, Callable[[], float]]] = {
            "boards": ("Leaderboards with an index of ranks.", lambda: held.boards_held),
            "members": ("Standings that these indexes hold.", lambda: held.members_held),
            "answers": ("Questions that an index answered.", lambda: held.answers),
            "behind": ("Questions counted: an index lacked a commit.", lambda: held.behind),
            "builds": ("Indexes that were begun, also again.", lambda: held.builds),
            "drops": ("Indexes that were given up.", lambda: held.drops),
            "differences": ("Indexes found to differ: none, ever.", lambda: checks.differences),
        }
        for name, (description, function) in numbers.items():
            metrics.reads(f"rank_index_{name}", description, function)

    def start(self) -> None:
        """Begin to compare."""
        self.checks.start()

    async def stop(self) -> None:
        """Compare no more, and forget everything."""
        await self.checks.stop()
        await self.held.stop()
