"""Laws 8 and 9: an index of a board says what the store says, at whatever moment of its building
members moved, came onto the board and left it, and in whatever order commits are heard."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledBoard, CompiledProgram
from gamification.facts import NewActivity
from gamification.ports import Board, Committed, Standing
from gamification.ranks.fed import FedIndex, moves_of
from tests.laws.effort import tried
from tests.laws.histories import done_by, with_keys
from tests.laws.pictures import windows_of
from tests.laws.programs import programs
from tests.laws.test_boards import CROWD, agrees
from tests.scene import Scene, now_done, staged

COUNTRIES = st.sampled_from(["PT", "TR"])


@dataclass
class Feeding:
    """Indexes of boards, built of a store page by page, and what they have not heard yet."""

    shown: Scene
    unheard: list[Committed] = field(default_factory=list[Committed])

    def __post_init__(self) -> None:
        self.shown.store.watch(self.unheard.append)

    async def version(self) -> int:
        program = self.shown.program.record.id
        return (await self.shown.store.data_versions([program]))[program]

    async def build(
        self, boards: Sequence[Board], meanwhile: Callable[[], None], page: int
    ) -> list[FedIndex]:
        """All at once, with what happens meanwhile between any two reads."""
        reading = self.shown.store.reading(self.shown.program.record)
        built = [FedIndex(board) for board in boards]
        for fed in built:
            fed.begin(await self.version())
        for fed in built:
            after: Standing | None = None
            while True:
                meanwhile()
                rows = await reading.standings(fed.index.board, after=after, limit=page)
                fed.load(rows)
                if len(rows) < page:
                    break
                after = rows[-1]
            fed.end(await self.version())
        return built

    def tell(self, built: Sequence[FedIndex], order: Callable[[list[Committed]], None]) -> None:
        """Let the indexes hear of everything, some of it twice, in an order of its own."""
        heard = [*self.unheard, *self.unheard[:2]]
        order(heard)
        for committed in heard:
            for fed in built:
                fed.hear(moves_of(committed))


def boards_of_one_window(shown: Scene) -> list[tuple[CompiledBoard, tuple[str, ...]]]:
    """The boards that have indexes, in every window. Examples without any are passed over."""
    boards = [
        (board, windows)
        for board in shown.program.rules.boards.values()
        for windows in windows_of(shown, board)
        if len(windows) == 1
    ]
    assume(boards)
    return boards


async def indexes_agree(
    shown: Scene,
    history: list[NewActivity],
    countries: list[tuple[str, str]],
    *,
    page: int,
    draw: st.DataObject,
) -> None:
    boards = boards_of_one_window(shown)
    feeding = Feeding(shown)
    steps: list[Callable[[], Coroutine[Any, Any, object]]]
    steps = [partial(shown.recorded, each) for each in history]
    steps += [partial(shown.update, member, country=country) for member, country in countries]
    half = draw.draw(st.integers(0, len(steps)), label="steps before building")
    for step in steps[:half]:
        await step()
    rest = iter(steps[half:])

    def meanwhile() -> None:
        for step in islice(rest, 1):
            now_done(step())

    built = await feeding.build(
        [Board(board.metric, windows) for board, windows in boards],
        meanwhile,
        page,
    )
    for step in rest:
        await step()
    version = await feeding.version()
    feeding.tell(built, draw.draw(st.randoms(use_true_random=False)).shuffle)
    for fed, (board, windows) in zip(built, boards, strict=True):
        assert fed.stands_at(version)
        assert not fed.stands_at(version + 1)
        await agrees(shown, board, windows, ranking=fed.index)


@tried(1)
@given(
    programs(),
    st.lists(done_by(CROWD), min_size=1, max_size=16).map(with_keys),
    st.lists(st.tuples(st.sampled_from(CROWD), COUNTRIES), max_size=6),
    st.integers(1, 4),
    st.data(),
)
def test_an_index_built_while_members_move_agrees_with_a_sort_by_hand(
    rules: CompiledProgram,
    history: list[NewActivity],
    countries: list[tuple[str, str]],
    page: int,
    draw: st.DataObject,
) -> None:
    shown = now_done(staged(rules))
    now_done(indexes_agree(shown, history, countries, page=page, draw=draw))


async def never_more_than_known(shown: Scene, history: list[NewActivity], missing: int) -> None:
    """An index that has missed a commit does not stand at any version from that one on."""
    board, windows = boards_of_one_window(shown)[0]
    feeding = Feeding(shown)
    (fed,) = await feeding.build([Board(board.metric, windows)], lambda: None, page=3)
    begun = await feeding.version()
    for each in history:
        await shown.recorded(each)
    lost = feeding.unheard.pop(missing % len(feeding.unheard))
    feeding.tell([fed], lambda heard: None)
    assert fed.stands_at(lost.version - 1)
    assert not fed.stands_at(lost.version)
    assert fed.version == lost.version - 1 >= begun
    fed.hear(moves_of(lost))
    assert fed.stands_at(await feeding.version())
    await agrees(shown, board, windows, ranking=fed.index)


@tried(0.5)
@given(
    programs(),
    st.lists(done_by(CROWD), min_size=1, max_size=10).map(with_keys),
    st.integers(0, 9),
)
def test_an_index_that_missed_a_commit_is_not_asked(
    rules: CompiledProgram, history: list[NewActivity], missing: int
) -> None:
    now_done(never_more_than_known(now_done(staged(rules)), history, missing))


async def whatever_is_lost(
    shown: Scene, history: list[NewActivity], arriving: Callable[[list[Committed]], list[Committed]]
) -> None:
    """At every moment the index is the board as it was at the version that it claims, which is the
    last one up to which everything was heard."""
    key, windows = boards_of_one_window(shown)[0]
    board = Board(key.metric, windows)
    reading = shown.store.reading(shown.program.record)
    feeding = Feeding(shown)
    (fed,) = await feeding.build([board], lambda: None, page=3)
    begun = await feeding.version()
    boards: dict[int, list[Standing]] = {}
    for each in history:
        await shown.recorded(each)
        rows = await reading.standings(board, after=None, limit=1000)
        boards[await feeding.version()] = rows
    heard: set[int] = set()
    for committed in arriving(feeding.unheard):
        fed.hear(moves_of(committed))
        heard.add(committed.version)
        known = next(version for version in count(begun) if version + 1 not in heard)
        assert fed.version == known
        assert fed.stands_at(known)
        assert not fed.stands_at(known + 1)
        assert fed.has_gap == (max(heard) > known)
        if known in boards:
            assert fed.index.following(None, limit=1000) == boards[known]


@tried(0.5)
@given(
    programs(),
    st.lists(done_by(CROWD), min_size=1, max_size=12).map(with_keys),
    st.data(),
)
def test_commits_that_are_lost_late_repeated_or_out_of_order_are_never_believed(
    rules: CompiledProgram, history: list[NewActivity], draw: st.DataObject
) -> None:
    def arriving(committed: list[Committed]) -> list[Committed]:
        return draw.draw(st.lists(st.sampled_from(committed), max_size=20), label="arriving")

    now_done(whatever_is_lost(now_done(staged(rules)), history, arriving))
