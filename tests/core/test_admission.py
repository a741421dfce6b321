"""What a sender wrote becomes an activity in its one normal form, or is refused with a reason."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gamification.admission import Admission, difference
from gamification.definition.compiled import CompiledProgram, Timeline
from gamification.facts import NewActivity
from gamification.ids import ProgramId
from gamification.ports import ProgramRecord
from gamification.program import Program
from gamification.refusals import InTheFuture, Refusal, TooLate, UnknownActivityType
from tests.builders import NOON, activity, after, numbered_keys, rules, sent, units

SHOP = rules(
    activities={
        "buy": {
            "value": "amount",
            "properties": {
                "store": "string",
                "weight": "number",
                "note": {"type": "string", "optional": True},
            },
        },
        "visit": {},
    },
    max_lateness="30 days",
)


def gate(program: CompiledProgram = SHOP, *, is_import: bool = False) -> Admission:
    record = ProgramRecord(ProgramId(1), "club", ())
    timeline = Timeline(((None, program),))
    return Admission(Program(record, timeline), NOON, numbered_keys(), is_import)


def test_an_activity_in_its_normal_form() -> None:
    lisbon = timezone(timedelta(hours=1))
    admitted = gate().admit(
        NewActivity(
            member="anne",
            type="buy",
            value="+12.50",
            properties={"store": "x", "weight": 2.0, "note": None},
            occurred_at=datetime(2026, 3, 2, 11, tzinfo=lisbon),
            key="k",
            source="order 1",
        )
    )
    assert (admitted.key, admitted.type, admitted.source) == ("k", "buy", "order 1")
    assert admitted.value == units("12.5")
    assert admitted.properties == {"store": "x", "weight": 2}
    assert admitted.occurred_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert admitted.occurred_at.tzinfo is UTC
    assert admitted.received_at == NOON


def test_what_is_left_out_has_one_meaning() -> None:
    admitted = gate().admit(sent(at=None))
    assert (admitted.key, admitted.value, admitted.properties) == ("key-1", units(1), {})
    assert (admitted.occurred_at, admitted.source) == (NOON, None)


def test_an_unknown_type_is_told_with_what_is_near() -> None:
    with pytest.raises(UnknownActivityType) as refused:
        gate().admit(sent("vist"))
    assert refused.value.message == "there is no activity 'vist'. Did you mean 'visit'."


@pytest.mark.parametrize(
    ("at", "is_import", "refusal"),
    [
        (NOON + timedelta(minutes=5), False, None),
        (NOON + timedelta(minutes=5, microseconds=1), False, InTheFuture),
        (NOON + timedelta(minutes=6), True, InTheFuture),
        (NOON - timedelta(days=30), False, None),
        (NOON - timedelta(days=30, microseconds=1), False, TooLate),
        (NOON - timedelta(days=3000), True, None),
    ],
)
def test_the_clock_has_bounds(at: datetime, is_import: bool, refusal: type[Refusal] | None) -> None:
    if refusal is None:
        assert gate(is_import=is_import).admit(sent(at=at)).occurred_at == at
        return
    with pytest.raises(refusal) as refused:
        gate(is_import=is_import).admit(sent(at=at))
    assert refused.value.field == ("occurredAt",)


def test_without_a_bound_nothing_is_too_late() -> None:
    assert gate(rules()).admit(sent(at=NOON - timedelta(days=9000))).key == "key-1"


def test_what_differs_is_named() -> None:
    first = activity(source="s", post="p")
    assert difference(first, activity(source="s", post="p"), compare_time=True) is None
    later = activity(source="s", post="p", at=after(minutes=1))
    assert difference(first, later, compare_time=True) == "occurredAt"
    assert difference(first, later, compare_time=False) is None
    assert difference(first, activity(source="s", post="q"), compare_time=False) == "properties"
    assert difference(first, activity(post="p"), compare_time=True) == "source"
