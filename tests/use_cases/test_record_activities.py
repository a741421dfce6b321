"""Activity comes in once, whatever its sender repeats, and one refusal touches no other."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gamification.facts import NewActivity, Order
from gamification.outcomes import BadgeAwarded, PointsAdjusted, PointsEarned, TallyChanged
from gamification.quantity import QUANTITY_MAX, SCALE
from gamification.refusals import IdempotencyConflict, OutOfRange, Refusal
from gamification.use_cases.recorded import Recorded
from tests.builders import NOON, after, definition, sent, units
from tests.scene import LATER, Scene, now_done, scene

CLUB = definition(
    activities={
        "visit": {},
        "buy": {"value": "amount", "properties": {"store": "string"}},
    },
    max_lateness="500 days",
    metrics={"spend": {"sum": "value", "of": "buy"}, "visits": {"count": "visit"}},
    points={"stars": {}},
    earning={"visit": {"on": "visit", "give": {"stars": 2}}},
    badges={"regular": {"when": {"metric": "visits", "at_least": 2}, "give": {"stars": 5}}},
    leaderboards={"top": {"points": "stars"}, "spenders": {"metric": "spend"}},
)


@pytest.fixture
def club() -> Scene:
    return now_done(scene(CLUB))


def recorded(club: Scene, *new: NewActivity) -> list[Recorded | Refusal]:
    return now_done(club.record(*new))


def facts(club: Scene) -> list[str]:
    """The keys of all that is stored, in order, member by member."""
    auditing = club.store.auditing(club.program.record)
    ids = [member.id for member in now_done(club.members())]
    histories = now_done(auditing.histories(ids))
    return [activity.key for id_ in ids for activity, _ in histories[id_]]


def test_the_reply_tells_all_that_changed(club: Scene) -> None:
    recorded(club, sent(key="a"))
    (result,) = recorded(club, sent(key="b", at=after(minutes=1)))
    assert isinstance(result, Recorded)
    assert (result.replayed, result.activity.key, result.member.external_id) == (False, "b", "anne")
    told = [
        (each.key.metric, each.after.value // SCALE)
        if isinstance(each, TallyChanged)
        else (each.key.rule, each.posting.granted // SCALE)
        if isinstance(each, PointsEarned)
        else each.award.key.badge
        if isinstance(each, BadgeAwarded)
        else each
        for each in result.outcomes
    ]
    assert told == [
        ("visits", 2),
        ("earning/visit", 2),
        ("points:stars", 4),
        "regular",
        ("badge/regular/1//", 5),
        ("points:stars", 9),
    ]


def test_changes_are_published_once_for_each_batch(club: Scene) -> None:
    recorded(club, sent(key="a"), sent(key="b"), sent(key="c", member="ben"))
    (changes,) = club.bus.heard
    assert changes.members == {now_done(club.member(name)).id for name in ("anne", "ben")}
    assert changes.boards == {"top"}
    assert [notice.award.badge for notice in changes.notices if notice.award] == ["regular"]


def test_an_import_announces_nothing(club: Scene) -> None:
    now_done(club.record(sent(key="a"), sent(key="b"), imported=True))
    assert [changes.notices for changes in club.bus.heard] == [()]


def test_the_same_key_and_content_is_a_retry(club: Scene) -> None:
    again = sent("buy", value="12.50", store="x", key="k", source="order 1")
    (first,) = recorded(club, again)
    before = now_done(club.totals())
    (second,) = recorded(club, replace(again, value="12.5"))
    assert isinstance(first, Recorded)
    assert second == Recorded(now_done(club.member()), first.activity, True, ())
    assert now_done(club.totals()) == before
    assert facts(club) == ["k"]


def test_a_refused_twin_in_the_same_batch_leaves_no_trace(club: Scene) -> None:
    first, twin = (sent("buy", value=value, store="x", key="k") for value in ("3", "500"))
    results = now_done(club.record(first, twin))
    assert isinstance(results[0], Recorded)
    assert isinstance(results[1], IdempotencyConflict)
    assert now_done(club.differences()) == []
    assert results[0].activity.value == units(3)


BASE = sent("buy", value="3", store="x", key="k", source="order 1")


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (replace(BASE, member="ben"), "member"),
        (replace(BASE, type="visit", properties={}), "type"),
        (replace(BASE, value="4"), "value"),
        (replace(BASE, properties={"store": "y"}), "properties"),
        (replace(BASE, source="order 2"), "source"),
        (replace(BASE, occurred_at=after(minutes=1)), "occurredAt"),
    ],
)
def test_the_same_key_with_other_content_is_a_conflict_that_names_the_field(
    club: Scene, other: NewActivity, field: str
) -> None:
    recorded(club, BASE)
    before = now_done(club.totals())
    (refusal,) = recorded(club, other)
    assert isinstance(refusal, IdempotencyConflict)
    assert refusal.field == (field,)
    assert refusal.message == (
        f"The key 'k' was used before with another {field}. "
        "Send a new key for a new activity, or the same content to retry."
    )
    after_ = now_done(club.totals())
    assert {id_: after_[id_] for id_ in before} == before
    assert facts(club) == ["k"]


def test_a_retry_that_leaves_the_time_to_the_server_is_no_conflict(club: Scene) -> None:
    recorded(club, sent(key="k", at=None))
    club.now += timedelta(minutes=1)
    (again,) = recorded(club, sent(key="k", at=None))
    assert isinstance(again, Recorded)
    assert (again.replayed, again.activity.occurred_at) == (True, LATER)


def test_repeats_within_one_batch_count_once(club: Scene) -> None:
    first, again, other = recorded(
        club, sent(key="k"), sent(key="k"), sent("buy", key="k", store="x")
    )
    assert isinstance(first, Recorded)
    assert not first.replayed
    assert isinstance(again, Recorded)
    assert again.replayed
    assert isinstance(other, IdempotencyConflict)
    assert other.field == ("type",)
    assert facts(club) == ["k"]


def test_a_sender_without_keys_means_each_of_them(club: Scene) -> None:
    recorded(club, sent(), sent())
    assert facts(club) == ["key-1", "key-2"]


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (sent("vist", key="x"), "UNKNOWN_ACTIVITY_TYPE", ("type",)),
        (sent("buy", key="x"), "INVALID_PROPERTY", ("properties", "store")),
        (sent("buy", key="x", store=5), "INVALID_PROPERTY", ("properties", "store")),
        (sent("visit", key="x", store="x"), "INVALID_PROPERTY", ("properties", "store")),
        (sent("buy", key="x", store="x", value="1e3"), "INVALID_INPUT", ("value",)),
        (sent("buy", key="x", store="x", value="1" * 20), "OUT_OF_RANGE", ("value",)),
        (sent(key="x", at=LATER + timedelta(minutes=6)), "IN_THE_FUTURE", ("occurredAt",)),
        (sent(key="x", at=LATER - timedelta(days=501)), "TOO_LATE", ("occurredAt",)),
        (sent(key="x", at=NOON.replace(tzinfo=None)), "INVALID_INPUT", ("occurredAt",)),
        (sent(key="", at=NOON), "INVALID_INPUT", ("key",)),
        (sent(key="a\nb", at=NOON), "INVALID_INPUT", ("key",)),
        (sent(member="", key="x"), "INVALID_INPUT", ("member",)),
        (sent(key="x", source="s" * 201), "INVALID_INPUT", ("source",)),
    ],
)
def test_a_refusal_names_its_field_writes_nothing_and_touches_no_neighbour(
    club: Scene, bad: NewActivity, code: str, field: tuple[str, ...]
) -> None:
    stranger = bad if not bad.member else replace(bad, member="stranger")
    first, refusal, last = recorded(club, sent(key="a"), stranger, sent(key="b"))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field) == (code, field)
    assert isinstance(first, Recorded)
    assert isinstance(last, Recorded)
    assert [member.external_id for member in now_done(club.members())] == ["anne"]
    assert facts(club) == ["a", "b"]


def test_a_batch_of_refusals_opens_no_transaction(club: Scene) -> None:
    recorded(club, sent("vist"))
    assert club.bus.heard == []
    assert now_done(club.members()) == []


def test_a_member_of_whom_nothing_is_accepted_stays_unknown(club: Scene) -> None:
    """Also where that shows only once the transaction has begun."""
    recorded(club, sent("buy", value=HUGE, store="x", key="a"))
    results = recorded(
        club,
        sent("buy", member="ben", value=HUGE, store="x", key="b"),
        sent("buy", member="ben", value="1", store="x", key="c"),
        sent("buy", member="eve", value="1", store="x", key="a"),
        sent("buy", member="eve", value="1", store="x", key="b"),
    )
    assert [type(each) for each in results] == [
        Recorded,
        OutOfRange,
        IdempotencyConflict,
        IdempotencyConflict,
    ]
    assert [member.external_id for member in now_done(club.members())] == ["anne", "ben"]
    recorded(club, sent("buy", member="eve", value="1", store="x", key="a"))
    assert [member.external_id for member in now_done(club.members())] == ["anne", "ben"]
    assert club.bus.heard[-1].members == frozenset()
    assert now_done(club.differences()) == []


HUGE = str(QUANTITY_MAX // SCALE)


def test_five_minutes_ahead_is_not_yet_the_future(club: Scene) -> None:
    (result,) = recorded(club, sent(at=LATER + timedelta(minutes=5)))
    assert isinstance(result, Recorded)


def test_an_import_may_be_as_old_as_it_likes(club: Scene) -> None:
    (result,) = now_done(club.record(sent(at=LATER - timedelta(days=5000)), imported=True))
    assert isinstance(result, Recorded)


def test_a_sum_out_of_range_is_refused_with_all_that_repeats_it(club: Scene) -> None:
    results = recorded(
        club,
        sent("buy", value=HUGE, store="x", key="a"),
        sent("buy", value="1", store="x", key="b"),
        sent("buy", value="1", store="x", key="b"),
        sent(key="c"),
    )
    assert [type(result) for result in results] == [Recorded, OutOfRange, OutOfRange, Recorded]
    assert facts(club) == ["a", "c"]
    assert now_done(club.differences()) == []


def test_the_last_fact_of_a_batch_may_be_refused(club: Scene) -> None:
    """The member's latest fact is the latest that is stored."""
    recorded(club, sent("buy", value=HUGE, store="x", key="a"))
    (refusal,) = recorded(club, sent("buy", value="1", store="x", key="b", at=after(minutes=1)))
    assert isinstance(refusal, OutOfRange)
    assert now_done(club.member()).last == Order(NOON, "a")
    assert now_done(club.differences()) == []


def test_a_late_fact_tells_what_its_replay_adjusted(club: Scene) -> None:
    capped = now_done(
        scene(
            definition(
                points={"stars": {}},
                caps={"c": {"points": "stars", "most": 3, "per": "day"}},
                earning={"visit": {"on": "visit", "give": {"stars": 2}, "cap": "c"}},
            )
        )
    )
    recorded(capped, sent(key="b", at=after(minutes=1)), sent(key="c", at=after(minutes=2)))
    (late,) = recorded(capped, sent(key="a"))
    assert isinstance(late, Recorded)
    (earned,) = [each for each in late.outcomes if isinstance(each, PointsEarned)]
    assert earned.posting.granted == units(2)
    adjusted = [
        (each.entry.posting.cause, each.entry.amount, each.entry.revision)
        for each in late.outcomes
        if isinstance(each, PointsAdjusted)
    ]
    assert adjusted == [("b", units(-1), 1), ("c", units(-1), 1)]


def test_batches_come_in_any_order_of_time(club: Scene) -> None:
    """Facts of one batch are folded in their order, whatever the order of their places."""
    recorded(
        club,
        *(sent(key=key, at=after(minutes=place)) for place, key in enumerate(("d", "c", "b", "a"))),
    )
    recorded(club, sent(key="f"), sent(key="e"))
    assert now_done(club.differences()) == []
