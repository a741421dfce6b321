"""However often the scheduler comes by, the same runs are final, with the same places and prizes.

Who plays with whom in a league is given out as members come, and so depends on when it came by;
what it gave out is checked by the auditor.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from gamification.periods import PeriodKey
from gamification.places import Place
from tests.builders import NOON
from tests.laws.effort import tried
from tests.laws.runs import MEMBERS, WEEKS, programs_of_runs, ticked
from tests.scene import Scene, now_done, staged

END = datetime.fromisoformat("2026-04-10T12:00:00Z")
"""After every week of the histories has become final."""


class Visit(NamedTuple):
    """A member comes, so long after whoever came before; then the scheduler may come by."""

    member: str
    value: int
    wait: timedelta
    ticks: bool


class Ends(NamedTuple):
    """What time has made of a history: who stood where, and who has won what."""

    places: dict[str, list[Place]]
    prizes: dict[tuple[int, str, str], int]


def histories_in_time() -> st.SearchStrategy[list[Visit]]:
    """Three weeks and a half at most, in which nobody sends anything late."""
    wait = st.sampled_from([timedelta(minutes=1), timedelta(hours=7), timedelta(days=2)])
    visit = st.builds(Visit, st.sampled_from(MEMBERS), st.integers(-1, 4), wait, st.booleans())
    return st.lists(visit, min_size=1, max_size=12)


@tried(1)
@given(programs_of_runs(), histories_in_time())
def test_it_does_not_matter_when_the_scheduler_comes_by(
    rules: CompiledProgram, history: list[Visit]
) -> None:
    now_done(_same_wheneverticked(rules, history))


async def _same_wheneverticked(rules: CompiledProgram, history: Sequence[Visit]) -> None:
    some, never = await staged(rules), await staged(rules)
    await _lived(some, history)
    await _lived(never, [visit._replace(ticks=False) for visit in history])
    assert await _ends(some) == await _ends(never)
    for each in (some, never):
        assert [str(difference) for difference in await each.differences()] == []
        assert await ticked(each, END + timedelta(days=1)) == 0


async def _lived(scene: Scene, history: Sequence[Visit]) -> None:
    at = NOON
    for number, (member, value, wait, ticks) in enumerate(history):
        at += wait
        scene.now = at
        key = f"{number:02d}"
        await scene.recorded(NewActivity(member, "visit", str(value), occurred_at=at, key=key))
        if ticks:
            await ticked(scene, at)
    await ticked(scene, END)


async def _ends(scene: Scene) -> Ends:
    reading = scene.store.reading(scene.program.record)
    return Ends(
        places={
            week: await reading.final_places(PeriodKey("weekly", week), after=0, limit=9)
            for week in WEEKS
        },
        prizes={
            (key.member, key.unit, key.rule): posting.granted
            for each in (await scene.totals()).values()
            for key, posting in each.postings.items()
            if key.rule.startswith("prize/")
        },
    )
