"""Facts as they arrive in life: out of order, in batches, repeated, some of them taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from gamification.commands import NewCommand, NewFact
from gamification.definition.compiled import CompiledProgram
from tests.laws.histories import (
    MOMENTS,
    TakenBack,
    cut,
    histories,
    in_order,
    left_of,
    with_keys,
)
from tests.scene import Scene

COUNTRIES = {"anne": "PT", "Ben": "TR", "čeda": "PT"}

Step = Sequence[NewFact] | TakenBack


@dataclass(frozen=True, slots=True)
class Story:
    """Facts as they arrive, the same in order, and those that are left in the end."""

    steps: tuple[Step, ...]
    facts: tuple[NewFact, ...]
    taken: tuple[TakenBack, ...]
    left: tuple[NewFact, ...]

    def plainly(self, rules: CompiledProgram) -> list[Step]:
        """The same one by one and in order, as if what was taken back had never been sent; or taken
        back in the end, where that leaves something to a member."""
        if not any(unit.keeps_matured for unit in rules.units.values()):
            return [[each] for each in self.left]
        once = {back.key: back for back in self.taken}
        return [*([each] for each in self.facts), *once.values()]


@st.composite
def stories(draw: st.DrawFn, *, most: int = 12) -> Story:
    """A history out of order, in batches, with repeats, and with some of it taken back."""
    history = draw(histories(most=most))
    taken = draw(_taken_back(history))
    again = with_keys(draw(st.lists(st.sampled_from(history), max_size=2)), prefix="again-")
    arriving = draw(st.permutations([*history, *again]))
    repeats = draw(st.lists(st.sampled_from(history), max_size=3))
    sizes = draw(st.lists(st.integers(1, 5), max_size=4))
    steps: list[Step] = [*cut([*arriving, *repeats], sizes)]
    for back in taken:
        steps.insert(draw(st.integers(0, len(steps))), back)
    sent = [*history, *again]
    return Story(
        steps=tuple(steps),
        facts=tuple(in_order(sent)),
        taken=tuple(taken),
        left=tuple(in_order(left_of(sent, taken))),
    )


async def live_through(told: Scene, steps: Sequence[Step], *, countries_last: bool = False) -> None:
    """Send the facts as they come; before them, or after, what holds of the members by now."""
    if countries_last:
        await _take_steps(told, steps)
    for external_id, country in COUNTRIES.items():
        # Always something new, so that this is a fact whatever was known before.
        await told.update(external_id, country=country, met=True)
    if not countries_last:
        await _take_steps(told, steps)


async def _take_steps(told: Scene, steps: Sequence[Step]) -> None:
    for step in steps:
        await take_a_step(told, step)


async def take_a_step(told: Scene, step: Step) -> None:
    if isinstance(step, TakenBack):
        await told.retract(step.activity_key, amount=step.amount, key=step.key, received_at=step.at)
    else:
        await told.recorded(*step)


@st.composite
def _taken_back(draw: st.DrawFn, history: Sequence[NewFact]) -> list[TakenBack]:
    """Retractions that nobody could refuse: all of an activity, or parts that it has."""
    taken: list[TakenBack] = []
    for each in draw(st.lists(st.sampled_from(history), max_size=3, unique_by=_key)):
        key = _key(each)
        has_parts = not isinstance(each, NewCommand) and _value(each) >= 1
        parts = draw(st.sampled_from([["0.5"], ["0.5", "0.25"]] if has_parts else [[]]))
        amounts = draw(st.sampled_from([[None], [None, None], parts]))
        taken += [
            TakenBack(key, amount, f"{n}. of {key}", draw(st.sampled_from(MOMENTS)))
            for n, amount in enumerate(amounts)
        ]
    return [*taken, *draw(st.lists(st.sampled_from(taken), max_size=1))] if taken else []


def _key(activity: NewFact) -> str:
    return activity.key or ""


def _value(activity: NewFact) -> float:
    return float(activity.value or "1")
