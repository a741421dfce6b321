"""Law 6, the engine's part: the old state and the outcomes that were reported give the new state.

A subscriber who holds a member's numbers and adds what each reply told stands where a fresh query
stands. (That sockets deliver it is tried in tests/api.)
"""

from hypothesis import given

from gamification.definition.compiled import CompiledProgram
from gamification.engine import evolve
from gamification.facts import NewActivity
from gamification.ids import MemberId
from gamification.ports import Board, Standing
from gamification.state import State
from tests.laws.effort import tried
from tests.laws.histories import histories, in_order
from tests.laws.pictures import windows_of
from tests.laws.programs import programs
from tests.laws.stories import Story, live_through, stories, take_a_step
from tests.scene import Scene, now_done, staged


@tried(1)
@given(programs(), histories())
def test_what_the_replies_told_adds_up_to_what_is_stored(
    rules: CompiledProgram, history: list[NewActivity]
) -> None:
    told = now_done(staged(rules))
    held = State()
    for each in in_order(history):
        (recorded,) = now_done(told.recorded(each))
        for outcome in recorded.outcomes:
            held = evolve(held, outcome)
    totals = now_done(told.totals()).values()
    assert held.tallies == {key: tally for each in totals for key, tally in each.tallies.items()}
    assert held.accounts == {key: one for each in totals for key, one in each.accounts.items()}
    assert held.awards == {key: award for each in totals for key, award in each.awards.items()}


@tried(1)
@given(programs(), stories())
def test_whoever_changed_was_published(rules: CompiledProgram, story: Story) -> None:
    """Members and boards that are not named in the changes stand as they stood."""
    told = now_done(staged(rules))
    now_done(live_through(told, []))
    for step in story.steps:
        members, boards = now_done(told.totals()), now_done(standings(told))
        told.bus.heard.clear()
        now_done(take_a_step(told, step))
        changed = {id_ for changes in told.bus.heard for id_ in changes.members}
        moved = {key for changes in told.bus.heard for key in changes.boards}
        after = now_done(told.totals())
        assert {id_ for id_ in after if after[id_] != members.get(id_)} <= changed
        now = now_done(standings(told))
        assert {key for key in now if now[key] != boards[key]} <= moved


async def standings(told: Scene) -> dict[str, list[dict[MemberId, Standing]]]:
    """Every board's scores in each of its windows."""
    reading = told.store.reading(told.program.record)
    ids = [member.id for member in await told.members()]
    return {
        board.key: [
            dict(await reading.standings_of(_ranking(board.metric, windows), ids))
            for windows in windows_of(told, board)
        ]
        for board in told.program.rules.boards.values()
    }


def _ranking(metric: str, windows: tuple[str, ...]) -> Board:
    return Board(metric, windows)
