"""A history judged again, and the difference to what is stored; twice makes no more than once."""

from datetime import datetime

from gamification.definition.compiled import Timeline
from gamification.facts import Activity, Retraction
from gamification.ports import Totals
from gamification.replay import Correction, correction, replay
from gamification.state import Account, AccountKey, Posting, PostingKey
from tests.builders import ANNE, NOON, activity, after, rules, units

CLUB = rules(
    metrics={"spend": {"sum": "value", "of": "visit"}},
    points={"stars": {"start": 1}},
    caps={"c": {"points": "stars", "most": 5, "per": "day"}},
    earning={"visit": {"on": "visit", "give": {"stars": "value"}, "cap": "c"}},
    badges={"patron": {"when": {"metric": "spend", "at_least": 4}}},
)
TIMELINE = Timeline(((None, CLUB),))
STARS = AccountKey(ANNE, "stars")

History = list[tuple[Activity, tuple[Retraction, ...]]]


def taken(key: str, amount: str | None = None, *, by: str = "r") -> Retraction:
    return Retraction(by, key, None if amount is None else units(amount), "", NOON)


def visit(
    key: str, value: str, minutes: int, *retractions: Retraction
) -> tuple[Activity, tuple[Retraction, ...]]:
    return activity(key=key, value=value, at=after(minutes=minutes)), retractions


def stored(history: History) -> Totals:
    """What a history that was lived through leaves in the store."""
    replayed = replay(TIMELINE, history)
    return Totals(
        tallies=dict(replayed.state.tallies),
        ranked=set(),
        accounts=dict(replayed.state.accounts),
        awards=dict(replayed.state.awards),
        postings=dict(replayed.postings),
        revisions=dict.fromkeys(replayed.postings, 0),
    )


def entries(correct: Correction) -> list[tuple[str, int, int, int, int, str]]:
    return [
        (
            entry.posting.cause,
            entry.revision,
            entry.amount,
            balance,
            entry.requested,
            entry.limited_by,
        )
        for entry, balance in correct.entries
    ]


def test_what_is_stored_rightly_is_left_alone() -> None:
    history = [visit("a", "3", 1), visit("b", "3", 2)]
    assert correction(replay(TIMELINE, history), stored(history)) == Correction(
        tallies=(),
        lost_tallies=frozenset(),
        moves={},
        accounts={},
        entries=(),
        awards=(),
        new_awards=(),
        lost_awards=(),
    )


def test_a_retraction_gives_the_room_of_a_cap_back() -> None:
    before = stored([visit("a", "3", 1), visit("b", "4", 2)])
    now = replay(TIMELINE, [visit("a", "3", 1, taken("a")), visit("b", "4", 2)])
    correct = correction(now, before)
    assert entries(correct) == [
        ("b", 1, units(2), units(8), units(4), ""),
        ("a", 1, units(-3), units(5), 0, ""),
    ]
    assert correct.accounts == {STARS: Account(units(5))}
    (award,) = correct.awards
    assert (award.cause, correct.new_awards, correct.lost_awards) == ("b", (), ())


def test_a_part_taken_back() -> None:
    before = stored([visit("a", "3", 1)])
    now = replay(TIMELINE, [visit("a", "3", 1, taken("a", "1"), taken("a", "0.5", by="s"))])
    assert entries(correction(now, before)) == [
        ("a", 1, units("-1.5"), units("2.5"), units("1.5"), "")
    ]


def test_all_taken_back_leaves_the_account_at_its_start() -> None:
    before = stored([visit("a", "5", 1)])
    now = replay(TIMELINE, [visit("a", "5", 1, taken("a"))])
    correct = correction(now, before)
    assert correct.accounts == {STARS: Account(units(1))}
    assert entries(correct) == [("a", 1, units(-5), units(1), 0, "")]
    assert len(correct.lost_tallies) == 2
    assert [award.key.badge for award in correct.lost_awards] == ["patron"]


def test_an_account_without_a_start_is_emptied() -> None:
    program = rules(points={"stars": {}}, earning={"v": {"on": "visit", "give": {"stars": 2}}})
    key = PostingKey(ANNE, "stars", "a", "earning/v")
    posting = Posting(units(2), units(2), "", NOON, 1)
    before = Totals({}, set(), {STARS: Account(units(2))}, {}, {key: posting}, {key: 0})
    history = [visit("a", "1", 0, taken("a"))]
    correct = correction(replay(Timeline(((None, program),)), history), before)
    assert correct.accounts == {STARS: Account(0)}


def test_outcomes_are_kept_for_whom_they_are_asked() -> None:
    history = [visit("a", "3", 1), visit("b", "3", 2)]
    replayed = replay(TIMELINE, history, keep=frozenset({"b"}))
    assert list(replayed.outcomes) == ["b"]


def test_each_fact_is_judged_by_the_rules_in_force_when_it_occurred() -> None:
    double = rules(points={"stars": {}}, earning={"v": {"on": "visit", "give": {"stars": 2}}})
    since: datetime = after(minutes=2)
    timeline = Timeline(((None, CLUB), (since, double)))
    replayed = replay(timeline, [visit("a", "3", 1), visit("b", "3", 2)])
    assert replayed.state.accounts == {STARS: Account(units(6))}
