"""What is told about a member shows at once on the boards of a segment."""

import pytest

from gamification.refusals import InvalidInput
from gamification.use_cases.rank import page_of_board
from tests.builders import definition, sent
from tests.scene import Scene, now_done, scene

CLUB = definition(
    points={"stars": {}},
    earning={"visit": {"on": "visit", "give": {"stars": 2}}},
    leaderboards={
        "everyone": {"points": "stars"},
        "turkey": {"points": "stars", "among": "member.attributes.country == 'TR'"},
    },
)


@pytest.fixture
def club() -> Scene:
    return now_done(scene(CLUB))


def on_board(club: Scene, key: str) -> list[int]:
    reading = club.store.reading(club.program.record)
    board = club.program.rules.boards[key]
    return [place.member for place in now_done(page_of_board(reading, board, ("",), limit=10))]


def test_a_new_member_is_registered(club: Scene) -> None:
    member = now_done(club.update("anne", name="Anne", country="TR"))
    assert now_done(club.member("anne")) == member
    assert (member.display_name, member.attributes, member.last) == (
        "Anne",
        {"country": "TR"},
        None,
    )
    (changes,) = club.bus.heard
    assert (changes.members, changes.boards) == ({member.id}, {"everyone", "turkey"})


def test_the_boards_of_a_segment_follow(club: Scene) -> None:
    now_done(club.recorded(sent()))
    anne = now_done(club.member("anne")).id
    assert (on_board(club, "everyone"), on_board(club, "turkey")) == ([anne], [])
    now_done(club.update("anne", country="TR"))
    assert (on_board(club, "everyone"), on_board(club, "turkey")) == ([anne], [anne])
    now_done(club.recorded(sent()))
    assert on_board(club, "turkey") == [anne]
    now_done(club.update("anne", country="PT"))
    assert (on_board(club, "everyone"), on_board(club, "turkey")) == ([anne], [])
    assert now_done(club.differences()) == []


def test_what_is_not_given_stays_and_null_removes(club: Scene) -> None:
    now_done(club.update("anne", name="Anne", country="TR", age=30))
    member = now_done(club.update("anne", country=None, city="Izmir"))
    assert member.display_name == "Anne"
    assert member.attributes == {"age": 30, "city": "Izmir"}
    assert now_done(club.update("anne", name="")).display_name is None
    assert now_done(club.member("anne")).attributes == {"age": 30, "city": "Izmir"}


@pytest.mark.parametrize(
    ("external_id", "name", "attributes", "field"),
    [
        ("", None, {}, ("externalId",)),
        ("a\nb", None, {}, ("externalId",)),
        ("anne", "x" * 101, {}, ("displayName",)),
        ("anne", None, {"": 1}, ("attributes", "")),
        ("anne", None, {"bio": "x" * 257}, ("attributes", "bio")),
        ("anne", None, {f"a{number}": 1 for number in range(51)}, ("attributes",)),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    club: Scene,
    external_id: str,
    name: str | None,
    attributes: dict[str, int | str],
    field: tuple[str, ...],
) -> None:
    with pytest.raises(InvalidInput) as refused:
        now_done(club.update(external_id, attributes, name=name))
    assert refused.value.field == field
    assert now_done(club.members()) == []
    assert club.bus.heard == []


def test_attributes_do_not_add_up_beyond_the_most(club: Scene) -> None:
    now_done(club.update("anne", {f"a{number}": number for number in range(50)}))
    with pytest.raises(InvalidInput) as refused:
        now_done(club.update("anne", one_more=1))
    assert refused.value.field == ("attributes",)
    assert len(now_done(club.member("anne")).attributes) == 50


def test_what_changes_of_the_attributes_is_a_fact(club: Scene) -> None:
    """What is told again is none, nor is a name; 1 and true are two values."""
    for told in ({"vip": 1, "city": None}, {"vip": 1}, {"vip": True}, {"vip": None}):
        now_done(club.update("anne", told, name="Anne"))
    anne = now_done(club.member("anne"))
    reading = club.store.reading(club.program.record)
    found = now_done(reading.facts_of_type([anne.id], "member:changed"))
    facts = [row.activity for row in found[anne.id]]
    assert [str(dict(fact.properties)) for fact in facts] == [
        "{'vip': 1}",
        "{'vip': True}",
        "{'vip': None}",
    ]
    assert {fact.occurred_at for fact in facts} == {club.now}
    assert anne.attributes == {}
    assert now_done(club.differences()) == []


def test_taking_back_a_change_brings_back_what_was_known(club: Scene) -> None:
    now_done(club.recorded(sent()))
    now_done(club.update("anne", country="TR"))
    now_done(club.update("anne", country="PT"))
    assert on_board(club, "turkey") == []
    now_done(club.retract("key-3"))
    anne = now_done(club.member("anne"))
    assert anne.attributes == {"country": "TR"}
    assert on_board(club, "turkey") == [anne.id]
    assert now_done(club.differences()) == []


def test_a_change_does_not_make_earlier_activity_late(club: Scene) -> None:
    """Histories are imported after members are told of as a rule."""
    now_done(club.update("anne", country="TR"))
    assert now_done(club.member("anne")).last is None
    now_done(club.recorded(sent(key="a")))
    last = now_done(club.member("anne")).last
    assert last is not None
    assert last.key == "a"
