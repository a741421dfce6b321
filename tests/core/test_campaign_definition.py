"""What is wrong with a campaign is told with its path and the fix."""

from typing import Any

import pytest

from gamification.definition.compiling import compile_program
from gamification.definition.problems import DefinitionRefused
from gamification.definition.reading import read_definition
from gamification.definition.writing import written
from tests.builders import definition

WHOLE: dict[str, Any] = {
    "points": {"stars": {}, "xp": {}},
    "caps": {"daily": {"points": "stars", "most": 5, "per": "day"}},
    "earning": {
        "each": {"on": "visit", "give": {"stars": 1}, "cap": "daily"},
        "more": {"on": "visit", "give": {"xp": 1}},
    },
}
DOUBLE: dict[str, Any] = {"on": "visit", "multiply": {"stars": 2}}


def errors(**campaign: Any) -> list[tuple[str, str, str]]:
    try:
        compile_program(read_definition(definition(**WHOLE, campaigns={"c": campaign})))
    except DefinitionRefused as refused:
        return [(each.path, each.message, each.fix) for each in refused.problems]
    return []


def test_a_whole_campaign_is_read_and_written_back() -> None:
    campaign = {
        **DOUBLE,
        "from": "2026-12-05",
        "until": "2026-12-06 18:00",
        "weekdays": ["saturday"],
        "hours": "08:00-24:00",
        "anniversary": "month of member.attributes.birthday",
        "among": "member.attributes.country == 'TR'",
        "give": {"xp": "value * 2"},
        "stack": "best",
        "cap": "daily",
        "most": {"stars": 100},
    }
    assert errors(**campaign) == []
    read = read_definition(definition(**WHOLE, campaigns={"c": campaign}))
    assert read_definition(written(read)) == read
    assert "from: 2026-12-05\n" in written(read)


BAD: list[tuple[dict[str, Any], str, str, str]] = [
    ({"on": "visit"}, "", "adds nothing", "Give 'multiply', 'give', or both"),
    (
        {**DOUBLE, "from": "2026-12-06", "until": "2026-12-06"},
        ".until",
        "is not after 2026-12-06, when it begins",
        "Write the first day, or the time, at which it is over",
    ),
    (
        {**DOUBLE, "from": "2026-02-30"},
        ".from",
        "'2026-02-30' is not on the calendar",
        "Write 2026-12-05, or 2026-12-05 18:00",
    ),
    (
        {**DOUBLE, "hours": "22:00-02:00"},
        ".hours",
        "'22:00-02:00' ends before it has begun",
        "End at 24:00 at the latest; write a second campaign for the hours after midnight",
    ),
    (
        {"on": "visit", "multiply": {"xp": 2}, "cap": "daily"},
        ".cap",
        "the cap 'daily' limits stars, which this campaign does not add",
        "Add stars, or leave the cap out",
    ),
    (
        {**DOUBLE, "most": {"xp": 2}},
        ".most.xp",
        "limits xp, which this campaign does not add",
        "Add xp, or leave it out",
    ),
    (
        {**DOUBLE, "give": {"star": 1}},
        ".give.star",
        "there is no points 'star'",
        "Did you mean 'stars'",
    ),
    (
        {**DOUBLE, "multiply": {"stars": 1}},
        ".multiply.stars",
        "Input should be greater than 1 (given: 1)",
        "Correct the value",
    ),
    (
        {**DOUBLE, "form": "2026-12-05"},
        ".form",
        "'form' is not a key that belongs here",
        "Did you mean 'from'",
    ),
    (
        {**DOUBLE, "among": "member.country == 'TR'"},
        ".among",
        "write member.attributes.NAME (column 1)\n  member.country == 'TR'\n  ^",
        "Mend the expression",
    ),
]


@pytest.mark.parametrize(("campaign", "path", "message", "fix"), BAD)
def test_what_is_wrong_is_told(campaign: dict[str, Any], path: str, message: str, fix: str) -> None:
    assert (f"campaigns.c{path}", message, fix) in errors(**campaign)


def test_a_multiplier_needs_a_rule_to_multiply() -> None:
    whole: dict[str, Any] = {**WHOLE, "activities": {"visit": {}, "call": {}}}
    campaign = {"on": "call", "multiply": {"stars": 2}}
    with pytest.raises(DefinitionRefused) as refused:
        compile_program(read_definition(definition(**whole, campaigns={"c": campaign})))
    assert [
        (each.path, each.message) for each in refused.value.problems if not each.is_warning
    ] == [
        (
            "campaigns.c.multiply.stars",
            "no earning rule gives stars for any of the activities it is on",
        )
    ]
