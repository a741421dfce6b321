"""Conditions are checked before they run, and never fail when they do."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.conditions import (
    Condition,
    ExpressionError,
    compile_condition,
    compile_segment,
)
from gamification.facts import Scalar
from gamification.properties import PropertyType

PROPERTIES = {
    "kind": PropertyType.STRING,
    "wiki": PropertyType.BOOLEAN,
    "views": PropertyType.INTEGER,
    "weight": PropertyType.NUMBER,
    "gift card": PropertyType.STRING,
}
EVERYTHING = frozenset({"value", "type", "properties"})
POST: dict[str, Scalar] = {
    "kind": "answer",
    "wiki": False,
    "views": 7,
    "weight": 2.5,
    "gift card": "no",
}


def condition(source: str, allow: frozenset[str] = EVERYTHING) -> Condition:
    return compile_condition(source, properties=PROPERTIES, allow=allow)


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("properties.kind == 'answer' && !properties.wiki", True),
        ("properties.kind == 'answer' && properties.wiki", False),
        ("properties['gift card'] == \"no\"", True),
        ("properties.kind in ['question', 'answer']", True),
        ("properties.kind.startsWith('ans') && properties.kind.size() == 6", True),
        ("size(properties.kind) > 6", False),
        ("properties.kind.matches('^a.*r$')", True),
        ("properties.views % 2 == 1", True),
        ("properties.views >= 7 && properties.views < 8", True),
        ("properties.weight * 2.0 == 5.0", True),
        ("properties.weight > 2", True),
        ("double(properties.views) * properties.weight > 17.4", True),
        ("value == 12.5", True),
        ("value > 12.5", False),
        ("type == 'post' || type == 'comment'", True),
        ("properties.wiki ? value > 1.0 : value > 2.0", True),
        ("true", True),
        ("properties.kind == 'properties.unknown' // or properties.other", False),
        ("properties.kind == r'a\\b'", False),
        ("properties\n.kind\n== 'answer'", True),
        ("int(properties.kind) > 3", False),
    ],
)
def test_conditions_hold_for_what_they_say(source: str, held: bool) -> None:
    tested = condition(source)
    assert tested.holds("post", 125_000, POST) is held
    assert tested.holds("post", 125_000, POST) is held  # the second time from memory


def test_a_condition_tells_what_it_reads() -> None:
    tested = condition("properties.wiki && value > 1 && properties['kind'] == 'properties.views'")
    assert tested.properties == {"wiki", "kind"}
    assert tested.variables == {"value"}
    assert tested.source.startswith("properties.wiki")


@pytest.mark.parametrize(
    ("source", "message", "column"),
    [
        ("propertys.kind == 'a'", "no variable 'propertys': did you mean properties?", 1),
        ("member.attributes.x == 'a'", "no variable 'member': known are properties, type,", 1),
        ("true && properties.knd == 'a'", "no property 'knd': did you mean kind?", 9),
        ("properties['knd'] == 'a'", "no property 'knd': did you mean kind?", 1),
        ("properties == null", r"name what is read: properties\.NAME or properties\['NAME'\]", 1),
        ("properties[type] == 'a'", "name what is read", 1),
        ("properties.kind.length == 3", "'length' is not a field", 17),
        ("properties.kind.startWith('a')", "no function 'startWith': did you mean startsWith", 17),
        ("lower(properties.kind) == 'a'", "there is no function 'lower': known are contains", 1),
        ("has(properties.kind)", "has.. is not needed: what is absent is null", 1),
        ("[1, 2].all(x, x > 1)", "loops such as all.. are not allowed", 8),
        ("[1].exists_one(x, x > 1)", "loops such as exists_one.. are not allowed", 5),
        ("properties.kind = 'a'", "write == to compare", 17),
        ("properties.wiki & true", "write &&", 17),
        ("properties.kind == 'a", "no closing quote", 20),
        ("{'a': 1} == 1", "maps and messages are not allowed", 1),
        ("properties.wiki &&", "mismatched input", 19),
        ("properties.wiki == 'true'", "a boolean is compared with a string: they are never", 20),
        ("3 != properties.kind", "a string is compared with a number: they are never", 1),
        ("type == 3", "a string is compared with a number", 9),
        ("properties.kind.matches(type)", "must be one text in quotes", 25),
        ("properties.kind.matches('a{9}')", r"no counts like \{3\}", 25),
        ("(" * 33 + "true" + ")" * 33, "nested deeper than 32", 33),
        ("1 in [" + ", ".join("1" * 101) + "]", "more than 100 items", 305),
        ("true\n  && foo", "there is no variable 'foo'", 6),
    ],
)
def test_errors_name_the_place_and_the_fix(source: str, message: str, column: int) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        condition(source)
    assert caught.value.column == column
    *_, shown, caret = str(caught.value).split("\n")
    assert shown[2:] in source
    assert caret == " " * (column + 1) + "^"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "the expression is empty"),
        (" // only a comment", "the expression is empty"),
        ("true ||" * 400 + "true", "has 2804 bytes; at most 2048 are allowed"),
        ("'" + "é" * 1024 + "' == ''", "has 2056 bytes"),
        ("properties.kind", "it gives a text, not true or false"),
        ("properties.views", "it gives a number, not true or false"),
        ("properties.wiki ? null : true", "it gives null, not true or false"),
        ("1 / 0 == 1", "division by zero"),
        ("value * 2 > 3.0", "calculate with 2.0, not 2"),
        ("properties.kind > 3", "the types of its parts do not fit"),
        ("properties.kind.matches('(')", "not a valid regex"),
        # Reached only where the left side leads to it.
        ("properties.kind == 'rare' && properties.views", "do not fit"),
        ("value > 9000 && properties.kind", "do not fit"),
        ("properties.views == 41 ? properties.views : false", "it gives a number"),
        ("properties.wiki || properties.kind > 1", "do not fit"),
    ],
)
def test_what_can_never_work_is_refused(source: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        condition(source)


def test_only_the_allowed_variables_can_be_used() -> None:
    with pytest.raises(ExpressionError, match="no variable 'value': known are properties"):
        condition("value > 1", allow=frozenset({"properties"}))


@pytest.mark.parametrize("part", ["!", "-", "true||", "[", "a.", "true?", "1+"])
def test_no_source_within_the_bounds_crashes(part: str) -> None:
    with pytest.raises(ExpressionError):
        condition(part * (2000 // len(part)))


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("properties.views > 3", False),
        ("10 / properties.views > 3", False),
        ("properties.kind.startsWith('a')", False),
        ("properties.kind == null", True),
        ("properties.kind != 'answer'", True),
        ("properties.wiki", False),
        ("!properties.wiki", False),
        ("properties.weight < 1 || value > 0", True),
    ],
)
def test_absent_properties_are_null_and_errors_do_not_hold(source: str, held: bool) -> None:
    assert condition(source).holds("post", 10_000, {}) is held
    assert condition(source).holds("post", 10_000, {"kind": None, "wiki": None}) is held


def test_errors_of_arithmetic_do_not_hold() -> None:
    assert condition("10 / properties.views > 3").holds("post", 0, {"views": 0}) is False
    assert condition("10 / properties.views > 3").holds("post", 0, {"views": 2}) is True
    overflow = condition("properties.views * 9223372036854775807 > 0")
    assert overflow.holds("post", 0, {"views": 2}) is False
    assert overflow.holds("post", 0, {"views": 2**70}) is False


def test_equal_dictionary_keys_are_not_mistaken_for_each_other() -> None:
    values: list[Scalar] = [1, True, 1.0, True, 1]
    one = condition("string(properties.views) == '1'")
    two = condition("string(properties.views) == '1' && properties.kind != 'x'")
    many = condition("string(properties.views) == '1' && properties.kind != 'x' && value > 0")
    for tested in (one, two, many):
        fresh = [
            condition(tested.source).holds("post", 10_000, {"views": value}) for value in values
        ]
        assert [tested.holds("post", 10_000, {"views": value}) for value in values] == fresh


def test_the_memory_of_answers_is_bounded_and_exact() -> None:
    tested = condition("properties.views % 3 == 0")
    for _ in range(2):
        held = [tested.holds("post", 0, {"views": views}) for views in range(5000)]
        assert held == [views % 3 == 0 for views in range(5000)]


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats()


@given(st.dictionaries(st.sampled_from(list(PROPERTIES)), scalars), st.integers())
def test_conditions_are_total(properties: Mapping[str, Scalar], value: int) -> None:
    for source in (
        "properties.kind.startsWith('a') || properties.views / 2 > 1",
        "properties.weight * value > 1.0 && properties.wiki",
        "int(properties.weight) > 3",
    ):
        assert condition(source).holds("post", value % 10**17, properties) in (True, False)


# ----------------------------------------------------------------------------------- segments


@pytest.mark.parametrize(
    ("source", "attributes", "held"),
    [
        ("member.attributes.country == 'TR'", {"country": "TR"}, True),
        ("member.attributes.country == 'TR'", {"country": "PT"}, False),
        ("member.attributes.country == 'TR'", {}, False),
        ("member.attributes['since year'] >= 2020", {"since year": 2021}, True),
        ("member.attributes.vip", {"vip": True}, True),
        ("member.attributes.vip", {"vip": "yes"}, False),
        ("member.attributes.age >= 18 && member.attributes.vip != true", {"age": 18}, True),
        ("member.attributes.age >= 18", {"age": "old"}, False),
    ],
)
def test_segments(source: str, attributes: Mapping[str, Scalar], held: bool) -> None:
    segment = compile_segment(source)
    assert segment.holds(attributes) is held
    assert segment.holds(attributes) is held


def test_a_segment_tells_what_it_reads() -> None:
    segment = compile_segment("member.attributes.age > 1 || member.attributes['vip']")
    assert segment.attributes == {"age", "vip"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("member.country == 'TR'", r"write member\.attributes\.NAME"),
        ("member.attributes == null", "name what is read"),
        ("value > 1", "no variable 'value': known are member"),
        ("member.attributes.age + 1", "cannot be used"),
        ("'TR'", "it gives a text"),
    ],
)
def test_segments_that_cannot_work_are_refused(source: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        compile_segment(source)
