"""Decision 0021: between two passes of the scheduler no order of arrival changes who plays where.

What arrives late and what is taken back moves scores; a seat that was given, and a level that was
decided, stay whatever comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from gamification.ids import MemberId
from gamification.outcomes import NoticeKind
from gamification.periods import PeriodKey
from gamification.places import Place
from gamification.seats import LeagueRun, Seat
from tests.builders import NOON
from tests.laws.effort import tried
from tests.laws.histories import TakenBack
from tests.laws.runs import MEMBERS, WEEKS, programs_of_runs, ticked
from tests.laws.stories import take_a_step
from tests.scene import Scene, now_done, staged

Seats = dict[tuple[LeagueRun, MemberId], Seat]
Step = Sequence[NewActivity] | TakenBack

WAITS = (timedelta(hours=7), timedelta(days=2), timedelta(days=5))
AGO = (timedelta(), timedelta(minutes=1), timedelta(hours=13), timedelta(days=4), timedelta(days=8))
"""How long before it was told something happened: often in a run that settles, or is over."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What arrives between two passes of the scheduler, in two orders."""

    until: datetime
    one: tuple[Step, ...]
    other: tuple[Step, ...]


@st.composite
def stretches(draw: st.DrawFn) -> list[Stretch]:
    """Up to five stretches of time. What is taken back may have come in an earlier one, and in the
    same one the retraction may come first."""
    until, sent, found = NOON, list[NewActivity](), list[Stretch]()
    for number in range(draw(st.integers(1, 5))):
        until += draw(st.sampled_from(WAITS))
        told = st.builds(
            _visit,
            st.sampled_from(MEMBERS),
            st.integers(-1, 4),
            st.sampled_from([until - ago for ago in AGO]),
        )
        facts = [
            _named(each, f"{number}-{place}")
            for place, each in enumerate(draw(st.lists(told, max_size=6)))
        ]
        sent += facts
        chosen = draw(st.lists(st.sampled_from(sent), max_size=2, unique_by=_key)) if sent else []
        taken = [
            TakenBack(_key(each), None, f"{number} back {_key(each)}", until) for each in chosen
        ]
        repeats = draw(st.lists(st.sampled_from(facts), max_size=2)) if facts else []
        orders = [draw(st.permutations([*facts, *taken, *repeats])) for _ in range(2)]
        one, other = (tuple(_batched(draw, order)) for order in orders)
        found.append(Stretch(until, one, other))
    return found


@tried(1)
@given(programs_of_runs(), stretches())
def test_two_orders_of_arrival_give_the_same_seats_and_nothing_takes_them_away(
    rules: CompiledProgram, history: list[Stretch]
) -> None:
    now_done(_same_seats(rules, history))


async def _same_seats(rules: CompiledProgram, history: Sequence[Stretch]) -> None:
    one, other = await staged(rules), await staged(rules)
    before = Seen({}, {}, [])
    for stretch in history:
        await _lived(one, stretch.one, stretch.until)
        await _lived(other, stretch.other, stretch.until)
        seen = await _seen(one)
        assert seen == await _seen(other)
        _stays(before, seen)
        before = seen
    for each in (one, other):
        assert [str(difference) for difference in await each.differences()] == []


@dataclass(frozen=True, slots=True)
class Seen:
    """Who plays where, what is final, and who was told that they have moved."""

    seats: Seats
    final: dict[str, list[Place]]
    told: list[tuple[int | None, str, str]]


def _stays(before: Seen, after: Seen) -> None:
    """A seat stays where it was, and the level that was taken from it; so does a final run."""
    for key, seat in before.seats.items():
        now = after.seats[key]
        assert now.cohort == seat.cohort
        assert seat.next_level in (None, now.next_level)
    for week, places in before.final.items():
        assert not places or after.final[week] == places
    assert set(before.told) <= set(after.told)


async def _seen(scene: Scene) -> Seen:
    reading = scene.store.reading(scene.program.record)
    members = [member.id for member in await scene.members()]
    moved = (NoticeKind.LEAGUE_PROMOTED, NoticeKind.LEAGUE_DEMOTED)
    return Seen(
        seats=await reading.seats([LeagueRun("league", week) for week in WEEKS], members),
        final={
            week: await reading.final_places(PeriodKey("weekly", week), after=0, limit=9)
            for week in WEEKS
        },
        told=sorted(
            (each.member, each.kind.name, str(each.details["period"]))
            for each in await scene.notices()
            if each.kind in moved and each.member is not None
        ),
    )


async def _lived(scene: Scene, steps: Sequence[Step], until: datetime) -> None:
    scene.now = until
    for step in steps:
        await take_a_step(scene, step)
    await ticked(scene, until)


def _batched(draw: st.DrawFn, order: Sequence[NewActivity | TakenBack]) -> list[Step]:
    """The same in this order, activities that follow each other perhaps in one batch."""
    steps: list[Step] = []
    batch: list[NewActivity] = []
    for each in order:
        if isinstance(each, TakenBack):
            steps += [*([batch] if batch else []), each]
            batch = []
        else:
            batch = [*batch, each]
            if draw(st.booleans()):
                steps.append(batch)
                batch = []
    return [*steps, *([batch] if batch else [])]


def _visit(member: str, value: int, at: datetime) -> NewActivity:
    return NewActivity(member, "visit", str(value), occurred_at=at)


def _named(visit: NewActivity, key: str) -> NewActivity:
    return NewActivity(
        visit.member, visit.type, visit.value, occurred_at=visit.occurred_at, key=key
    )


def _key(visit: NewActivity) -> str:
    assert visit.key is not None
    return visit.key
