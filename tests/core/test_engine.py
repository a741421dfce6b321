"""The door into the rules: facts and a state in, outcomes out, and nothing else moves."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.engine import decide, evolve
from gamification.outcomes import BadgeAwarded, BadgeRevoked, PointsAdjusted
from gamification.quantity import QUANTITY_MAX, SCALE
from gamification.refusals import OutOfRange
from gamification.state import Account, AccountKey, Entry, PostingKey, State
from tests.builders import ANNE, BEN, NOON, activity, after, rules, units

CLUB = rules(
    metrics={"visits": {"count": "visit"}},
    points={"stars": {"start": 3}},
    earning={"visit": {"on": "visit", "give": {"stars": 2}}},
    badges={"regular": {"when": {"metric": "visits", "at_least": 2}, "give": {"stars": 5}}},
    leaderboards={"top": {"points": "stars"}},
)
STARS = AccountKey(ANNE, "stars")


def lived(program: CompiledProgram, *keys: str) -> State:
    state = State()
    for index, key in enumerate(keys):
        for outcome in decide(program, state, activity(key=key, at=after(minutes=index))):
            state = evolve(state, outcome)
    return state


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True))
def test_deciding_leaves_the_state_as_it_was(keys: list[str]) -> None:
    state = lived(CLUB, *keys)
    before = deepcopy((state.tallies, state.accounts, state.awards))
    outcomes = decide(CLUB, state, activity(key="z", at=after(minutes=9)))
    assert (state.tallies, state.accounts, state.awards) == before
    assert decide(CLUB, state, activity(key="z", at=after(minutes=9))) == outcomes


def test_a_type_that_the_rules_do_not_know_changes_nothing() -> None:
    assert decide(CLUB, State(), activity("dance")) == []


def test_members_do_not_meet() -> None:
    state = lived(CLUB, "a")
    for outcome in decide(CLUB, state, activity(key="b", member=BEN)):
        state = evolve(state, outcome)
    assert state.accounts == {
        STARS: Account(units(5)),
        AccountKey(BEN, "stars"): Account(units(5)),
    }


def test_an_award_holds_what_earned_it() -> None:
    state = lived(CLUB, "a", "b")
    (award,) = state.awards.values()
    assert (award.cause, award.earned_at, award.version) == ("b", after(minutes=1), 1)
    (evidence,) = award.evidence
    assert (evidence.criterion, evidence.value, evidence.at_least) == (
        "visits",
        units(2),
        units(2),
    )


def test_what_was_revoked_and_adjusted_is_gone() -> None:
    state = lived(CLUB, "a", "b")
    (award,) = state.awards.values()
    posting = PostingKey(ANNE, "stars", "b", "badge/regular/1//")
    entry = Entry(
        posting=posting,
        revision=1,
        amount=units(-5),
        requested=0,
        limited_by="",
        occurred_at=NOON,
        version=1,
    )
    state = evolve(evolve(state, BadgeRevoked(award)), PointsAdjusted(entry))
    assert state.awards == {}
    assert state.accounts[STARS].balance == units(7)
    assert evolve(state, BadgeAwarded(award)).awards == {award.key: award}


def test_a_balance_out_of_range_is_refused() -> None:
    state = lived(CLUB, "a")
    state.accounts[STARS] = Account(QUANTITY_MAX - SCALE)
    with pytest.raises(OutOfRange):
        decide(CLUB, state, activity(key="b", at=after(minutes=1)))
