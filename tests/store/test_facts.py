"""Facts: appended, never changed, read in the order of time and then of the key's bytes."""

import pytest

from gamification.facts import Order
from gamification.ports import KeyTaken, ProgramRecord, Store
from gamification.stored import ActivityRow
from tests.store.builders import activity, at, of, recorded, registered, retraction


async def test_an_activity_comes_back_exactly(store: Store, program: ProgramRecord) -> None:
    whole = activity(
        "k\u0001/ä",
        seconds=0.000001,
        value=-(2**63) + 1,
        properties={"post": "7", "score": 3, "ratio": 0.1, "wiki": False, "note": None, "ü": "“”"},
        source="post 7",
    )
    bare = activity("bare", value=2**63 - 1)
    await registered(store, program, "ann")
    await recorded(store, program, whole, bare)
    async with store.writing(program) as writing:
        assert await writing.activities([whole.key, "bare", "none"]) == {
            whole.key: whole,
            "bare": bare,
        }
        assert await writing.activities([]) == {}
        assert await writing.activities_from("post 7") == [whole]
        assert await writing.activities_from("post 8") == []


async def test_a_key_is_taken_once(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    await recorded(store, program, activity("a"))
    with pytest.raises(KeyTaken):
        await recorded(store, program, activity("b"), activity("a", value=5))
    with pytest.raises(KeyTaken):
        await recorded(store, program, activity("c"), activity("c"))
    found = await store.reading(program).activities_by_key(["a", "b", "c"])
    assert {key: row.activity for key, row in found.items()} == {"a": activity("a")}


async def test_history_is_in_order_with_retractions(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")
    late, first, tie_b, tie_a, tie_upper = (
        activity("late", seconds=5),
        activity("first", seconds=1),
        activity("b", seconds=3),
        activity("ä", seconds=3),
        activity("Z", seconds=3),
    )
    await recorded(store, program, late, activity("other", "bob"), tie_a, tie_b, first, tie_upper)
    async with store.writing(program) as writing:
        await writing.add_retractions([retraction("r2", "b", 500), retraction("r1", "b")])
        await writing.add_retractions([retraction("r1", "late"), retraction("r3", "unknown")])
        expected = [
            (first, ()),
            (tie_upper, ()),
            (tie_b, (retraction("r1", "b"), retraction("r2", "b", 500))),
            (tie_a, ()),
            (late, ()),
        ]
        assert await writing.history(of("ann")) == expected
        assert await writing.history(of("nobody")) == []
        assert await writing.retractions(["b", "unknown", "late"]) == {
            "b": expected[2][1],
            "unknown": (retraction("r3", "unknown"),),
        }
    histories = await store.auditing(program).histories([of("ann"), of("bob")])
    assert histories == {of("ann"): expected, of("bob"): [(activity("other", "bob"), ())]}


async def test_pages_go_from_the_latest_back(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    facts = [activity(key, seconds=s) for key, s in (("a", 1), ("c", 2), ("b", 2), ("d", 3))]
    await recorded(store, program, *facts)
    async with store.writing(program) as writing:
        await writing.add_retractions([retraction("r1", "b"), retraction("r2", "b")])
    reading = store.reading(program)
    page = await reading.activity_page(of("ann"), before=None, limit=3)
    assert [(row.activity.key, len(row.retractions)) for row in page] == [
        ("d", 0),
        ("c", 0),
        ("b", 2),
    ]
    page = await reading.activity_page(of("ann"), before=Order(at(2), "c"), limit=3)
    assert [row.activity for row in page] == [facts[2], facts[0]]
    assert await reading.activity_page(of("ann"), before=Order(at(1), "a"), limit=3) == []


async def test_pages_may_be_of_some_types(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    kinds = (("a", "visit"), ("b", "buy"), ("c", "like"), ("d", "visit"))
    await recorded(
        store,
        program,
        *(activity(key, seconds=n, type_=type_) for n, (key, type_) in enumerate(kinds)),
    )

    async def keys(types: list[str], before: Order | None = None) -> list[str]:
        rows = await store.reading(program).activity_page(
            of("ann"), before=before, limit=2, types=types
        )
        return [row.activity.key for row in rows]

    assert await keys(["visit", "buy"]) == ["d", "b"]
    assert await keys(["visit", "buy"], Order(at(1), "b")) == ["a"]
    assert await keys([]) == []


async def test_activities_are_read_by_key(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    await recorded(store, program, activity("a"), activity("b"))
    async with store.writing(program) as writing:
        await writing.add_retractions([retraction("r", "b")])
    found = await store.reading(program).activities_by_key(["b", "a", "none"])
    assert found == {
        "a": ActivityRow(1, activity("a"), ()),
        "b": ActivityRow(2, activity("b"), (retraction("r", "b"),)),
    }


async def test_facts_of_one_type_are_found_in_order(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")
    await recorded(
        store,
        program,
        activity("b", "ann", seconds=2, type_="member:changed"),
        activity("c", "ann", seconds=1, type_="member:changed"),
        activity("a", "ann", seconds=0),
    )
    async with store.writing(program) as writing:
        await writing.add_retractions([retraction("r", "b")])
    found = await store.reading(program).facts_of_type([of("ann"), of("bob")], "member:changed")
    assert [(row.activity.key, len(row.retractions)) for row in found[of("ann")]] == [
        ("c", 0),
        ("b", 1),
    ]
    assert found[of("bob")] == []
