"""What a batch loads before it is judged: all that judging reads, and little more."""

from collections.abc import Container, Mapping, Sequence
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from gamification.commands import NewCommand, NewFact
from gamification.definition.compiled import CompiledProgram, Timeline
from gamification.engine import decide, evolve
from gamification.facts import Activity
from gamification.reads import reads_of
from gamification.refusals import Refusal
from gamification.rules.command import accept
from gamification.state import AccountKey, AwardKey, State, Tally, TallyKey, TallySpan
from tests.builders import ANNE, NOON, activity, admitted, rules, units
from tests.laws.commands import commands, keyed
from tests.laws.effort import tried
from tests.laws.histories import histories
from tests.laws.programs import programs, programs_of_challenges
from tests.laws.taking_part import facts_of

K = TypeVar("K")
V = TypeVar("V")

FORUM = rules(
    activities={"up": {"properties": {"post": "string"}}, "visit": {}},
    metrics={
        "score": {"count": "up", "per": "properties.post"},
        "visits": {"count": "visit", "over": "3 days"},
    },
    points={"stars": {}},
    caps={"c": {"points": "stars", "most": 5, "per": "day"}},
    earning={"up": {"on": "up", "give": {"stars": 2}, "cap": "c"}},
    badges={
        "nice": {"when": {"metric": "score", "at_least": 10}, "repeat": "per subject"},
        "rich": {"when": {"points": "stars", "at_least": 50}},
        "busy": {"when": {"metric": "visits", "at_least": 5}},
    },
)
TIMELINE = Timeline(((None, FORUM),))


def test_one_activity_reads_what_its_rules_may_reach() -> None:
    reads = reads_of(TIMELINE, [activity("up", post="p")])
    assert reads.numbers.tallies == {
        TallyKey(ANNE, "score", "", "p"),
        TallyKey(ANNE, "cap:c", "2026-03-02", ""),
        TallyKey(ANNE, "points:stars", "", ""),
    }
    assert reads.numbers.accounts == {AccountKey(ANNE, "stars")}
    assert reads.numbers.spans == set()


def test_rolling_days_are_read_as_a_span() -> None:
    reads = reads_of(TIMELINE, [activity("visit")])
    assert reads.numbers.spans == {TallySpan(ANNE, "visits", "2026-02-28", "2026-03-02")}


def test_awards_are_read_only_where_a_threshold_is_near() -> None:
    facts = [activity("up", key=key, post="p") for key in ("a", "b")]
    key, award = TallyKey(ANNE, "score", "", "p"), AwardKey(ANNE, "nice", 1, "", "p")
    reads = reads_of(TIMELINE, facts)
    far, near = (State({key: Tally(units(value), units(value), NOON, value)}) for value in (7, 8))
    assert award not in reads.awards(far)
    assert award in reads.awards(near)


class Loaded(dict[K, V]):
    """What was loaded: asking for a key that was not is a fault, unless the batch made it."""

    def __init__(self, stored: Mapping[K, V], keys: Container[K]) -> None:
        super().__init__((key, each) for key, each in stored.items() if key in keys)
        self._keys = keys

    def get(self, key: K, default: V | None = None) -> V | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        assert key in self._keys or key in self, f"{key} is judged but was not loaded"
        return super().get(key, default)


@tried(1)
@given(programs(), histories(), st.lists(commands(("anne",)), max_size=6).map(keyed))
def test_nothing_is_judged_that_was_not_loaded(
    program: CompiledProgram, history: list[NewFact], sent: list[NewCommand]
) -> None:
    """Tallies and accounts; rolling days lie in spans. Awards that exist are never missed."""
    facts: list[NewFact] = [*history, *sent]
    judge_what_was_loaded(program, sorted(facts, key=lambda fact: fact.occurred_at or NOON))


@tried(1)
@given(programs_of_challenges(shared=True), st.data())
def test_nor_where_members_join_and_leave(program: CompiledProgram, data: st.DataObject) -> None:
    facts = data.draw(facts_of(program))
    judge_what_was_loaded(program, sorted(facts, key=lambda each: (each.occurred_at, each.key)))


def judge_what_was_loaded(program: CompiledProgram, facts: Sequence[NewFact]) -> None:
    """Judge each fact on all there is, and on what it says that it reads."""
    timeline = Timeline(((None, program),))
    whole = State()
    for number, new in enumerate(facts):
        fact = admitted(new, key=f"{number:03d}")
        reads = reads_of(timeline, [fact])
        keys = Asked(reads.numbers.tallies, reads.numbers.spans)
        loaded = State(Loaded(whole.tallies, keys), Loaded(whole.accounts, reads.numbers.accounts))
        loaded.attributes = whole.attributes
        loaded.awards = {
            key: whole.awards[key] for key in reads.awards(loaded) if key in whole.awards
        }
        if isinstance(new, NewCommand):
            _accepted(program, loaded, fact)
        outcomes = decide(program, whole, fact)
        assert decide(program, loaded, fact) == outcomes
        for outcome in outcomes:
            whole = evolve(whole, outcome)


def _accepted(program: CompiledProgram, loaded: State, command: Activity) -> bool:
    """Whether the command could be done; asking reads nothing that was not loaded, either."""
    try:
        accept(program, loaded, command)
    except Refusal:
        return False
    return True


class Asked(Container[TallyKey]):
    """The tallies that are read by name, and those within spans of windows."""

    def __init__(self, keys: set[TallyKey], spans: set[TallySpan]) -> None:
        self._keys, self._spans = keys, spans

    def __contains__(self, key: object) -> bool:
        return key in self._keys or any(
            isinstance(key, TallyKey)
            and (key.member, key.metric) == (member, metric)
            and first <= key.window <= last
            for member, metric, first, last in self._spans
        )
