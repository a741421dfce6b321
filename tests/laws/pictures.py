"""All that a program derives from its facts, as one value that can be compared with another.

Left out is what only tells how the state came about: peaks, which may be too high; entries, of
which only the sums are meaning; and what is left of an account that was opened and emptied again.
"""

from dataclasses import dataclass
from datetime import datetime

from gamification.definition.compiled import CompiledBoard
from gamification.ids import MemberId
from gamification.lots import Allocation, Lots
from gamification.places import Place
from gamification.ports import Totals
from gamification.rules.earning import OPENING
from gamification.state import Award, AwardKey
from gamification.use_cases.rank import page_of_board
from gamification.windows import Rolling, keys_read
from tests.laws.histories import MOMENTS
from tests.scene import Scene

PLACES_MAX = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """What is derived, by readable names; two pictures of the same facts are equal."""

    tallies: dict[tuple[int, str, str, str], tuple[int, datetime, int, bool]]
    accounts: dict[tuple[MemberId, str], tuple[int, datetime | None, datetime | None, Lots | None]]
    postings: dict[tuple[int, str, str, str], tuple[int, int, str, tuple[Allocation, ...]]]
    awards: dict[AwardKey, Award]
    boards: dict[tuple[str, tuple[str, ...]], list[Place]]
    known: dict[MemberId, str]
    """What is known of the members, as text: 1 and true are not the same."""


async def picture(scene: Scene) -> Picture:
    """The program as it is stored now."""
    totals = list((await scene.totals()).values())
    boards: dict[tuple[str, tuple[str, ...]], list[Place]] = {}
    reading = scene.store.reading(scene.program.record)
    for board in scene.program.rules.boards.values():
        for windows in windows_of(scene, board):
            boards[board.key, windows] = await page_of_board(
                reading, board, windows, limit=PLACES_MAX
            )
    return Picture(
        tallies={
            (key.member, key.metric, key.window, key.subject): (
                tally.value,
                tally.reached_at,
                tally.touches,
                key in each.ranked,
            )
            for each in totals
            for key, tally in each.tallies.items()
        },
        accounts={
            (key.member, key.unit): (
                account.balance,
                account.debited_at,
                account.clamped_at,
                account.lots,
            )
            for each in totals
            for key, account in each.accounts.items()
            if _open_units(each) & {key.unit}
        },
        postings={
            (key.member, key.unit, key.cause, key.rule): (
                posting.granted,
                posting.requested,
                posting.limited_by,
                posting.allocations,
            )
            for each in totals
            for key, posting in each.postings.items()
            if posting.requested and key.unit in _open_units(each)
        },
        awards={key: award for each in totals for key, award in each.awards.items()},
        boards=boards,
        known={
            member.id: repr(sorted(member.attributes.items())) for member in await scene.members()
        },
    )


def windows_of(scene: Scene, board: CompiledBoard) -> list[tuple[str, ...]]:
    """The windows of a board that any moment of the histories lies in."""
    calendar = scene.program.rules.calendar
    found = {keys_read(board.window, at, calendar): None for at in MOMENTS}
    return [windows for windows in found if windows]


def is_rolling(board: CompiledBoard) -> bool:
    return isinstance(board.window, Rolling)


def _open_units(totals: Totals) -> set[str]:
    """The units in which a member has earned or lost something that has not been taken back."""
    return {
        key.unit
        for key, posting in totals.postings.items()
        if key.rule != OPENING and posting.requested
    }
