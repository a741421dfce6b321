"""Law 8: the list, own rank, around-me, thresholds and pages agree with each other and with a sort
done by hand, on every board, whatever its ties and windows."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledBoard, CompiledProgram
from gamification.facts import NewActivity
from gamification.ids import MemberId
from gamification.places import Place
from gamification.ports import Standing
from gamification.ranking import rank_by_hand
from gamification.ranks.asking import Ranking
from gamification.state import TallyKey
from gamification.use_cases.rank import around, page_of_board, places_of, threshold
from tests.laws.effort import tried
from tests.laws.histories import done_by, with_keys
from tests.laws.pictures import windows_of
from tests.laws.programs import programs
from tests.scene import Scene, now_done, staged

CROWD = tuple(f"member-{number}" for number in range(8))
PLACES_MAX = 100


async def by_hand(shown: Scene, board: CompiledBoard, windows: Sequence[str]) -> list[Place]:
    """The board from the members' tallies alone, in quadratic time."""
    standings: list[Standing] = []
    for member, totals in (await shown.totals()).items():
        keys = [TallyKey(member, board.metric, window, "") for window in windows]
        found = [totals.tallies[key] for key in keys if key in totals.ranked]
        if found:
            score = sum(tally.value for tally in found)
            standings.append(Standing(member, score, max(tally.reached_at for tally in found)))
    return rank_by_hand(standings, board.ties)


async def agrees(
    shown: Scene,
    board: CompiledBoard,
    windows: tuple[str, ...],
    *,
    ranking: Ranking | None = None,
) -> None:
    """Everything that can be asked of a board, of the store or of another ranking, against the
    whole of it."""
    reading = ranking or shown.store.reading(shown.program.record)
    whole = await by_hand(shown, board, windows)
    listed = await page_of_board(reading, board, windows, limit=PLACES_MAX)
    assert listed == whole
    members: list[MemberId] = [member.id for member in await shown.members()]
    own = await places_of(reading, board, windows, members)
    assert own == {place.member: place for place in whole}
    for index, place in enumerate(whole):
        near = await around(reading, board, windows, place.member, radius=2)
        assert near == whole[max(0, index - 2) : index + 3]
        assert await around(reading, board, windows, place.member, radius=0) == [place]
        page = await page_of_board(reading, board, windows, start_position=place.position, limit=3)
        assert page == whole[index : index + 3]
        after = Standing(place.member, place.score, place.reached_at)
        following = await page_of_board(reading, board, windows, after=after, limit=2)
        assert following == whole[index + 1 : index + 3]
        assert await threshold(reading, board, windows, place.position) == place.score
    assert await threshold(reading, board, windows, len(whole) + 1) is None
    for absent in set(members) - own.keys():
        assert await around(reading, board, windows, absent, radius=2) == []


async def every_board_agrees(
    shown: Scene, history: Sequence[NewActivity], countries: Sequence[str | None]
) -> None:
    await shown.recorded(*history)
    for external_id, country in zip(CROWD, countries, strict=True):
        if country is not None:
            await shown.update(external_id, country=country)
    for board in shown.program.rules.boards.values():
        for windows in windows_of(shown, board):
            await agrees(shown, board, windows)


@tried(1)
@given(
    programs(),
    st.lists(done_by(CROWD), min_size=1, max_size=20).map(with_keys),
    st.lists(st.sampled_from(["PT", "TR", None]), min_size=len(CROWD), max_size=len(CROWD)),
)
def test_every_part_of_a_board_agrees_with_a_sort_by_hand(
    rules: CompiledProgram, history: list[NewActivity], countries: list[str | None]
) -> None:
    now_done(every_board_agrees(now_done(staged(rules)), history, countries))
