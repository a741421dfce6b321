"""Activity is taken back: afterwards all is as if it had not been, and the book tells why."""

from typing import Any

import pytest

from gamification.outcomes import BadgeAwarded, BadgeRevoked, PointsAdjusted
from gamification.refusals import IdempotencyConflict, InvalidInput, NotFound, Refusal
from gamification.state import AccountKey
from tests.builders import after, definition, sent, units
from tests.scene import Scene, now_done, scene

SHOP = definition(
    activities={"buy": {"value": "amount"}},
    metrics={"spend": {"sum": "value", "of": "buy"}},
    points={"stars": {}},
    earning={"buy": {"on": "buy", "give": {"stars": "value"}}},
    badges={"patron": {"when": {"metric": "spend", "at_least": 10}, "give": {"stars": 5}}},
    leaderboards={"top": {"points": "stars"}},
)


@pytest.fixture
def shop() -> Scene:
    made = now_done(scene(SHOP))
    now_done(
        made.recorded(
            sent("buy", value="4", key="a", source="order 1"),
            sent("buy", value="6", key="b", source="order 1", at=after(minutes=1)),
            sent("buy", value="1", key="c", at=after(minutes=2)),
        )
    )
    made.bus.heard.clear()
    return made


def stars(shop: Scene) -> int:
    member = now_done(shop.member()).id
    return now_done(shop.totals())[member].accounts[AccountKey(member, "stars")].balance


def book(shop: Scene) -> list[tuple[str, int, int, int]]:
    """Causes, revisions, amounts and balances of the account's entries."""
    rows = now_done(shop.entries(now_done(shop.member()).id, "stars"))
    return [
        (row.entry.posting.cause, row.entry.revision, row.entry.amount, row.balance_after)
        for row in rows
    ]


def test_all_of_an_activity(shop: Scene) -> None:
    retracted = now_done(shop.retract("b", reason="returned"))
    assert [activity.key for activity in retracted.activities] == ["b"]
    assert (retracted.is_waiting, retracted.replayed) == (False, False)
    assert stars(shop) == units(5)
    assert now_done(shop.totals())[now_done(shop.member()).id].awards == {}
    assert book(shop) == [
        ("a", 0, units(4), units(4)),
        ("b", 0, units(6), units(10)),
        ("b", 0, units(5), units(15)),
        ("c", 0, units(1), units(16)),
        ("b", 1, units(-5), units(11)),
        ("b", 1, units(-6), units(5)),
    ]
    assert [type(each) for each in retracted.outcomes] == [
        BadgeRevoked,
        PointsAdjusted,
        PointsAdjusted,
    ]
    assert now_done(shop.differences()) == []


def test_who_was_concerned_is_published(shop: Scene) -> None:
    now_done(shop.retract("b"))
    (changes,) = shop.bus.heard
    assert changes.members == {now_done(shop.member()).id}
    assert changes.boards == {"top"}
    assert [notice.kind.value for notice in changes.notices] == ["badge_revoked"]


def test_a_part_moves_what_came_after(shop: Scene) -> None:
    """The badge is earned still, but only by the last order."""
    retracted = now_done(shop.retract("b", amount="1", key="refund 1"))
    assert stars(shop) == units(15)
    (award,) = now_done(shop.totals())[now_done(shop.member()).id].awards.values()
    assert (award.cause, award.earned_at) == ("c", after(minutes=2))
    adjusted = [each for each in retracted.outcomes if isinstance(each, PointsAdjusted)]
    assert {
        (each.entry.posting.cause, each.entry.posting.rule, each.entry.amount) for each in adjusted
    } == {
        ("b", "earning/buy", units(-1)),
        ("b", "badge/patron/1//", units(-5)),
        ("c", "badge/patron/1//", units(5)),
    }
    assert [each for each in retracted.outcomes if isinstance(each, BadgeAwarded)] == []
    assert now_done(shop.differences()) == []


def test_parts_add_up(shop: Scene) -> None:
    now_done(shop.retract("b", amount="2", key="refund 1"))
    now_done(shop.retract("b", amount="4", key="refund 2"))
    assert stars(shop) == units(5)
    assert now_done(shop.differences()) == []


def test_more_than_is_left_is_refused_and_nothing_is_written(shop: Scene) -> None:
    now_done(shop.retract("b", amount="5", key="refund 1"))
    before = now_done(shop.totals())
    with pytest.raises(InvalidInput) as refused:
        now_done(shop.retract("b", amount="2", key="refund 2"))
    assert refused.value.message == "Only 1 of the activity's value is left to take back."
    assert refused.value.field == ("amount",)
    assert now_done(shop.totals()) == before


def test_all_of_a_business_object(shop: Scene) -> None:
    retracted = now_done(shop.retract(source="order 1", key="cancelled"))
    assert [activity.key for activity in retracted.activities] == ["a", "b"]
    assert stars(shop) == units(1)
    again = now_done(shop.retract(source="order 1", key="cancelled"))
    assert (again.replayed, again.outcomes) == (True, ())


def test_a_retry_is_told_from_a_second_refund(shop: Scene) -> None:
    now_done(shop.retract("b", amount="2", key="refund 1"))
    again = now_done(shop.retract("b", amount="2", key="refund 1"))
    assert (again.replayed, again.outcomes) == (True, ())
    assert stars(shop) == units(9)
    with pytest.raises(IdempotencyConflict) as conflict:
        now_done(shop.retract("b", amount="3", key="refund 1"))
    assert conflict.value.field == ("amount",)


def test_a_key_that_took_back_another_activity_is_a_conflict(shop: Scene) -> None:
    now_done(shop.retract("a", key="refund 1"))
    before = now_done(shop.totals())
    with pytest.raises(IdempotencyConflict) as conflict:
        now_done(shop.retract("b", key="refund 1"))
    assert conflict.value.field == ("key",)
    assert now_done(shop.totals()) == before


def test_a_retraction_waits_for_its_activity(shop: Scene) -> None:
    waiting = now_done(shop.retract("d"))
    assert (waiting.activities, waiting.is_waiting, waiting.outcomes) == ((), True, ())
    (recorded,) = now_done(shop.recorded(sent("buy", value="100", key="d", at=after(minutes=9))))
    assert recorded.outcomes == ()
    assert stars(shop) == units(16)
    assert now_done(shop.differences()) == []


def test_a_part_waits_too(shop: Scene) -> None:
    now_done(shop.retract("d", amount="40", key="refund 1"))
    now_done(shop.recorded(sent("buy", value="100", key="d", at=after(minutes=9))))
    assert stars(shop) == units(76)
    assert now_done(shop.differences()) == []


def test_everything_taken_back_leaves_an_empty_account(shop: Scene) -> None:
    for key in ("a", "b", "c"):
        now_done(shop.retract(key))
    assert stars(shop) == 0
    assert now_done(shop.differences()) == []
    now_done(shop.recorded(sent("buy", value="3", key="d", at=after(minutes=9))))
    assert stars(shop) == units(3)
    assert now_done(shop.differences()) == []


def test_nothing_has_the_source(shop: Scene) -> None:
    with pytest.raises(NotFound) as refused:
        now_done(shop.retract(source="order 9"))
    assert refused.value.field == ("source",)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, ("activityKey",)),
        ({"activity_key": "a", "source": "order 1"}, ("activityKey",)),
        ({"activity_key": ""}, ("activityKey",)),
        ({"activity_key": "a", "amount": "1"}, ("amount",)),
        ({"source": "order 1", "amount": "1", "key": "k"}, ("amount",)),
        ({"activity_key": "a", "amount": "0", "key": "k"}, ("amount",)),
        ({"activity_key": "a", "amount": "-1", "key": "k"}, ("amount",)),
        ({"activity_key": "a", "amount": "much", "key": "k"}, ("amount",)),
        ({"activity_key": "a", "reason": "r" * 501}, ("reason",)),
        ({"activity_key": "a", "key": "k" * 201}, ("key",)),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    shop: Scene, wish: dict[str, Any], field: tuple[str, ...]
) -> None:
    before = now_done(shop.totals())
    with pytest.raises(Refusal) as refused:
        now_done(shop.retract(**wish))
    assert refused.value.field == field
    assert now_done(shop.totals()) == before
