"""Why a member holds the level they hold: what each window was enough for, and what made it so.

What decides over levels is asked for all of it. Which facts moved the numbers, and who placed the
member by hand, is in the member's history: it is judged again by the rules that judged it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled import CompiledTier, Timeline
from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.outcomes import TallyChanged, TierReached
from gamification.replay import Replayed, replay
from gamification.state import TallyKey
from gamification.tier_levels import Source, reached_by, source_of, values_of
from gamification.tier_steps import Steps, numbers_of, steps_at, window_of
from gamification.tiers import FOR_EVER, TierStatus, status_at
from gamification.windows import Calendar, Rolling, Window

WINDOWS_MAX = 100
"""How many windows an explanation of a tier tells of."""

History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


class NumberExplained(NamedTuple):
    """One number in a window: `rolled_over` of its `value` comes from the window before, and
    `level` is what it was enough for by itself (an index; `NO_LEVEL` for none)."""

    value: int
    rolled_over: int
    level: int


class WindowExplained(NamedTuple):
    """One window: the numbers as the ladder lists them, and the level that they were enough for."""

    window: Window
    numbers: tuple[NumberExplained, ...]
    level: int


class HeldFrom(NamedTuple):
    """The window that an earned level goes back to, and how many levels it has fallen since."""

    window: WindowExplained
    fallen: int


class FloorExplained(NamedTuple):
    """What makes a level one's own for ever: so much of an all-time number, and what there is."""

    level: int
    metric: str
    value: int
    at_least: int


class PlacementExplained(NamedTuple):
    """The latest placement of the member: by which fact, and whether it stands now.

    `level` is the key of a level of the rules of that time; None took a placement back.
    """

    fact: Activity
    level: str | None
    until: datetime | None
    stands: bool


class Moved(NamedTuple):
    """What a fact added to one of the ladder's numbers, in ten-thousandths."""

    number: int
    amount: int


class FactExplained(NamedTuple):
    """A fact that moved numbers in the windows that are looked at, judged by the rules of a
    version; `reached` is the key of the level that it lifted the member to (None: to none)."""

    fact: Activity
    retractions: tuple[Retraction, ...]
    version: int
    moved: tuple[Moved, ...]
    reached: str | None


class TierExplained(NamedTuple):
    """All that there is to say of a level; `windows` has the running one first, `facts` the latest.

    Where days roll, the windows are those that end today and on the last days on which they were
    enough for more than on any day since.
    """

    status: TierStatus
    windows: tuple[WindowExplained, ...]
    held_from: HeldFrom | None
    floors: tuple[FloorExplained, ...]
    placement: PlacementExplained | None
    facts: tuple[FactExplained, ...]


def explain_tier(
    timeline: Timeline, tier: CompiledTier, member: MemberId, history: History, *, now: datetime
) -> TierExplained:
    """Why a member holds their level of a ladder of the rules in force, now."""
    replayed = replay(timeline, history, keep=frozenset(fact.key for fact, _ in history))
    find, calendar = replayed.state.tallies.get, timeline.current.calendar
    status = status_at(tier, member, find, at=now, calendar=calendar)
    steps = steps_at(tier, member, find, at=now, calendar=calendar)
    owns = numbers_of(tier, member, find, steps)
    told = _Told(tier, steps, owns, now, calendar)
    source = source_of(tier, told.reached, steps.whole(tier))
    return TierExplained(
        status=status,
        windows=told.windows(),
        held_from=None if source is None else told.held_from(source),
        floors=_floors(tier, member, replayed),
        placement=_placement(tier, replayed, history, status),
        facts=_facts(timeline, tier, steps, replayed, history),
    )


class _Told:
    """The windows of a ladder with their numbers, by the steps that decide over the level."""

    def __init__(
        self,
        tier: CompiledTier,
        steps: Steps,
        owns: tuple[list[int], ...],
        now: datetime,
        calendar: Calendar,
    ) -> None:
        self._tier, self._steps, self._owns = tier, steps, owns
        self._now, self._calendar = now, calendar
        self._values = values_of(tier, owns, steps.days)
        self.reached = reached_by(tier, self._values)

    def windows(self) -> tuple[WindowExplained, ...]:
        """At most `WINDOWS_MAX`, the running one first, back to the first with anything in it."""
        if isinstance(self._tier.span, Rolling):
            steps = self._highest_since()
        else:
            begun = [step for own in self._owns for step, value in enumerate(own) if value]
            steps = list(range(max(begun, default=0) + 1))[:WINDOWS_MAX]
        return tuple(self._window(step) for step in steps)

    def held_from(self, source: Source) -> HeldFrom:
        return HeldFrom(self._window(source.step), source.fallen)

    def _highest_since(self) -> list[int]:
        """The running step, and each that was enough for more than any after it."""
        found = [0]
        for step, level in enumerate(self.reached):
            if level > self.reached[found[-1]]:
                found.append(step)
        return found

    def _window(self, step: int) -> WindowExplained:
        window = window_of(self._tier, self._steps, step, at=self._now, calendar=self._calendar)
        rolls = isinstance(self._tier.span, Rolling)
        numbers = [
            NumberExplained(
                value[step],
                0 if rolls else value[step] - own[step],
                self._tier.level_by(index, value[step]),
            )
            for index, (own, value) in enumerate(zip(self._owns, self._values, strict=True))
        ]
        return WindowExplained(window, tuple(numbers), self.reached[step])


def _floors(tier: CompiledTier, member: MemberId, replayed: Replayed) -> tuple[FloorExplained, ...]:
    found: list[FloorExplained] = []
    for level, floor in tier.lifelong:
        tally = replayed.state.tallies.get(TallyKey(member, floor.metric, "", ""))
        value = floor.start if tally is None else tally.value
        found.append(FloorExplained(level, floor.metric, value, floor.at_least))
    return tuple(found)


def _placement(
    tier: CompiledTier, replayed: Replayed, history: History, status: TierStatus
) -> PlacementExplained | None:
    """The latest fact that placed the member; one judged by rules without the ladder did not."""
    for fact, _ in reversed(history):
        for each in _changes(replayed, fact):
            if each.key.metric == tier.placed_metric:
                level = str(fact.properties["level"]) if "level" in fact.properties else None
                until = each.after.reached_at
                stands = status.placed.level >= 0
                return PlacementExplained(fact, level, None if until == FOR_EVER else until, stands)
    return None


def _facts(
    timeline: Timeline, tier: CompiledTier, steps: Steps, replayed: Replayed, history: History
) -> tuple[FactExplained, ...]:
    """The facts that moved a number in one of the steps, the latest first."""
    numbers = {number.metric: index for index, number in enumerate(tier.numbers)}
    starts = [number.start for number in tier.numbers]
    looked_at = {key for keys in steps.keys for key in keys}
    found: list[FactExplained] = []
    for fact, retractions in reversed(history):
        moved = _moved(
            [
                each
                for each in _changes(replayed, fact)
                if each.key.metric in numbers and each.key.window in looked_at
            ],
            numbers,
            starts,
        )
        if moved:
            version = timeline.judging(fact).version
            reached = _reached(tier, replayed, fact)
            found.append(FactExplained(fact, retractions, version, moved, reached))
    return tuple(found)


def _moved(
    changes: Sequence[TallyChanged], numbers: Mapping[str, int], starts: Sequence[int]
) -> tuple[Moved, ...]:
    added: dict[int, int] = {}
    for each in changes:
        number = numbers[each.key.metric]
        before = starts[number] if each.before is None else each.before.value
        added[number] = added.get(number, 0) + each.after.value - before
    return tuple(Moved(number, amount) for number, amount in sorted(added.items()) if amount)


def _reached(tier: CompiledTier, replayed: Replayed, fact: Activity) -> str | None:
    reached = (each for each in replayed.outcomes[fact.key] if isinstance(each, TierReached))
    return next((each.level for each in reached if each.tier == tier.key), None)


def _changes(replayed: Replayed, fact: Activity) -> list[TallyChanged]:
    outcomes = replayed.outcomes.get(fact.key, ())
    return [each for each in outcomes if isinstance(each, TallyChanged)]
