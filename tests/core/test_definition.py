"""What is wrong with a definition is told with its path and the fix; what is right compiles."""

import json
from typing import Any

import jsonschema
import pytest

from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.definition.problems import DefinitionRefused, Problem
from gamification.definition.reading import DOCUMENT_SIZE_MAX, read_definition
from tests.builders import definition
from tests.cases.reading import plain_yaml
from tests.house.tree import ROOT

VISITS = {"visits": {"count": "visit"}}
STARS: dict[str, dict[str, Any]] = {"stars": {}}
EARN = {"each": {"on": "visit", "give": {"stars": 1}}}
BOARD = {"all": {"metric": "visits"}}
EXAMPLES = sorted((ROOT / "programs").glob("*.yaml"))

ONE_OF_SIX = "Give exactly one of metric, points, cap, badge, streak, challenge"
WINDOWS = (
    '"all time", "day", "week", "month", "quarter", "half year", "year", "30 days" or "3 months"'
)
BREAK = "Break the circle: take out one of the gifts or criteria"
MEND = "Mend the expression"


def problems(text: str) -> list[Problem]:
    """Everything that is said about a document, warnings too."""
    try:
        return compile_program(read_definition(text))[1]
    except DefinitionRefused as refused:
        return list(refused.problems)


def errors(text: str) -> list[tuple[str, str, str]]:
    return [(each.path, each.message, each.fix) for each in problems(text) if not each.is_warning]


def warnings(text: str) -> list[tuple[str, str]]:
    return [(each.path, each.message) for each in problems(text) if each.is_warning]


def challenge(**parts: Any) -> dict[str, Any]:
    """A definition whose one challenge has these parts."""
    return {
        **badge(when={"metric": "visits", "at_least": 1}),
        "challenges": {"c": {"goal": {"metric": "visits", "target": 1}, **parts}},
    }


def badge(**parts: Any) -> dict[str, Any]:
    """A definition whose one badge has these parts, over metrics of all sorts."""
    return {
        "activities": {"visit": {"properties": {"store": "string", "post": "string"}}},
        "metrics": {
            **VISITS,
            "stores": {"distinct": "properties.store", "of": "visit"},
            "per-post": {"count": "visit", "per": "properties.post"},
            "best": {"max": "value", "of": "visit"},
        },
        "points": STARS,
        "badges": {"b": parts},
    }


BAD: list[tuple[str, dict[str, Any], str, str, str]] = [
    (
        "an unknown activity, also in a metric that nothing reads",
        {"metrics": {"m": {"count": "vist"}}},
        "metrics.m",
        "there is no activity 'vist'",
        "Did you mean 'visit'",
    ),
    (
        "seasons that overlap, also when nothing reads them",
        {"seasons": {"winter": "2026-12-01/2027-03-01", "spring": "2027-02-01/2027-06-01"}},
        "seasons",
        "seasons 'winter' and 'spring' overlap",
        "Write NAME: 2026-12-01/2027-03-01",
    ),
    (
        "an unknown metric",
        {"metrics": VISITS, "badges": {"b": {"when": {"metric": "visit", "at_least": 1}}}},
        "badges.b.when.0",
        "there is no metric 'visit'",
        "Did you mean 'visits'",
    ),
    (
        "an unknown unit of points",
        {"points": STARS, "earning": {"e": {"on": "visit", "give": {"star": 1}}}},
        "earning.e.give",
        "there is no points 'star'",
        "Did you mean 'stars'",
    ),
    (
        "an unknown cap, where there is none at all",
        {"points": STARS, "earning": {"e": {**EARN["each"], "cap": "daily"}}},
        "earning.e.cap",
        "there is no cap 'daily'",
        "Define a cap first",
    ),
    (
        "an unknown property",
        badge(when={"metric": "visits", "at_least": 1}, where="properties.stor == 'x'"),
        "metrics.visits.where (for visit)",
        (
            "there is no property 'stor': did you mean store? (column 2)\n"
            "  (properties.stor == 'x')\n"
            "   ^"
        ),
        MEND,
    ),
    (
        "a subject that activities do not name",
        {"metrics": {"m": {"count": "visit", "per": "properties.post"}}},
        "metrics.m.per",
        "there is no property of visit 'post'",
        "Define a property of visit first",
    ),
    (
        "two aggregations",
        {"metrics": {"m": {"count": "visit", "max": "value"}}},
        "metrics.m",
        "has count and max of the aggregations",
        "Give exactly one of count, sum, distinct, max, last",
    ),
    (
        "an aggregation of nothing",
        {"metrics": {"m": {"sum": "value"}}},
        "metrics.m",
        "does not say of which activities",
        "Add 'of:' with one or more types of activity",
    ),
    (
        "a window that is none",
        {
            "points": STARS,
            "earning": {"e": {**EARN["each"], "cap": "c"}},
            "caps": {"c": {"points": "stars", "most": 5, "per": "fortnight"}},
        },
        "caps.c.per",
        f"'fortnight' is not a window of time: write {WINDOWS}",
        "Use one of those",
    ),
    (
        "a cap that rolls",
        {
            "points": STARS,
            "earning": {"e": {**EARN["each"], "cap": "c"}},
            "caps": {"c": {"points": "stars", "most": 5, "per": "7 days"}},
        },
        "caps.c.per",
        "a cap cannot roll",
        "Use day, week, month, quarter, half year or year",
    ),
    (
        "a cap of other points",
        {
            "points": {"stars": {}, "xp": {}},
            "earning": {"e": {**EARN["each"], "cap": "c"}},
            "caps": {"c": {"points": "xp", "most": 5, "per": "day"}},
        },
        "earning.e.cap",
        "the cap 'c' limits xp, which this rule does not give",
        "Give xp, or leave the cap out",
    ),
    (
        "a season where there are none",
        {"metrics": VISITS, "leaderboards": {"l": {"metric": "visits", "every": "season"}}},
        "leaderboards.l.every",
        "there are no seasons",
        "Add 'seasons:' with NAME: FROM/UNTIL",
    ),
    (
        "a season that ends before it begins",
        {
            "metrics": VISITS,
            "seasons": {"s": "2026-03-01/2026-01-01"},
            "leaderboards": {"l": {"metric": "visits", "every": "season"}},
        },
        "seasons",
        "season 's' ends on 2026-01-01, before it has begun",
        "Write NAME: 2026-12-01/2027-03-01",
    ),
    (
        "different values over rolling days",
        badge(when={"metric": "stores", "at_least": 1, "over": "7 days"}),
        "badges.b.when.0",
        "different values cannot be counted over rolling days",
        "Use a window of the calendar or all time",
    ),
    (
        "a rolling board of the highest",
        {
            "metrics": {"best": {"max": "value", "of": "visit"}},
            "leaderboards": {"l": {"metric": "best", "every": "7 days"}},
        },
        "leaderboards.l.every",
        "rolling days are added up, which means nothing for max and last",
        "Use a window of the calendar or all time, or a count or sum",
    ),
    (
        "a board of one number per subject",
        {
            "activities": {"visit": {"properties": {"post": "string"}}},
            "metrics": {"m": {"count": "visit", "per": "properties.post"}},
            "leaderboards": {"l": {"metric": "m"}},
        },
        "leaderboards.l.metric",
        "is one number per subject, not per member",
        "Use a metric without per",
    ),
    (
        "a board of nothing",
        {"leaderboards": {"l": {}}},
        "leaderboards.l",
        "ranks by nothing, or by two things",
        "Give either 'metric' or 'points'",
    ),
    (
        "a segment that asks for more than attributes",
        {"metrics": VISITS, "leaderboards": {"l": {**BOARD["all"], "among": "member.age > 1"}}},
        "leaderboards.l.among",
        "write member.attributes.NAME (column 1)\n  member.age > 1\n  ^",
        MEND,
    ),
    (
        "per window without a window",
        badge(when={"metric": "visits", "at_least": 1}, repeat="per window"),
        "badges.b.repeat",
        "its criteria are not all over one kind of calendar window",
        "Add 'over: month' (or another window of the calendar) to each",
    ),
    (
        "per subject without a subject",
        badge(when={"metric": "visits", "at_least": 1}, repeat="per subject"),
        "badges.b.repeat",
        "its metrics have no subject",
        "Add 'per' to them",
    ),
    (
        "criteria about different subjects",
        badge(when=[{"metric": "visits", "at_least": 1}, {"metric": "per-post", "at_least": 1}]),
        "badges.b",
        "has criteria about different subjects",
        "Use metrics that are all 'per' the same property, or all about the member",
    ),
    (
        "levels that fall",
        badge(levels={"gold": 5, "silver": 2}, on="visits"),
        "badges.b.levels",
        "do not rise",
        "List the levels from the lowest number to the highest",
    ),
    (
        "a streak of something that is no sum",
        {
            "metrics": {"best": {"max": "value", "of": "visit"}},
            "streaks": {"s": {"metric": "best"}},
        },
        "streaks.s.metric",
        "is not a count or a sum of the member's own",
        "Use a metric with 'count' or 'sum', without 'per'",
    ),
    (
        "days of the week for weeks",
        {
            "metrics": {"visits": {"count": "visit"}},
            "streaks": {"s": {"metric": "visits", "every": "week", "on": ["monday"]}},
        },
        "streaks.s.on",
        "days of the week say nothing of a week",
        "Remove it",
    ),
    (
        "more freezes at the start than can be kept",
        {
            "metrics": {"visits": {"count": "visit"}},
            "streaks": {"s": {"metric": "visits", "freezes": {"start": 2}}},
        },
        "streaks.s.freezes.start",
        "is more than the most, 1",
        "Raise 'most'",
    ),
    (
        "a badge on a streak that is not there",
        badge(when=[{"streak": "s", "at_least": 2}]),
        "badges.b.when.0",
        "there is no streak 's'",
        "Define a streak first",
    ),
    (
        "a streak over a window",
        {
            "metrics": {"visits": {"count": "visit"}},
            "streaks": {"s": {"metric": "visits"}},
            "badges": {"b": {"when": [{"streak": "s", "at_least": 2, "over": "week"}]}},
        },
        "badges.b.when.0.over",
        "a streak has no window",
        "Leave it out",
    ),
    (
        "levels of nothing",
        badge(levels={"gold": 5}),
        "badges.b",
        "mixes levels and criteria, or has levels of nothing",
        "Give 'levels' with 'on' or 'streak', or 'when' alone",
    ),
    (
        "gifts for levels that are not there",
        badge(levels={"one": 1, "two": 2}, on="visits", give={"stars": [1, 2, 3]}),
        "badges.b.give.stars",
        "has 3 numbers",
        "Give one number, or a list of 2",
    ),
    (
        "a badge that nobody can earn",
        badge(),
        "badges.b",
        "can never be earned",
        "Add 'when' or 'levels'",
    ),
    (
        "a challenge without a goal",
        challenge(goal=None),
        "challenges.c",
        "has nothing to reach, or two things",
        "Give either 'goal' or 'steps'",
    ),
    (
        "an order of one goal",
        challenge(order="sequential"),
        "challenges.c.order",
        "one goal has no order",
        "Leave it out",
    ),
    (
        "a challenge of rolling days",
        challenge(every="7 days"),
        "challenges.c.every",
        "rolling days have no runs",
        "Use day, week, month, quarter, year or season",
    ),
    (
        "a challenge that ends before it begins",
        challenge(**{"from": "2026-03-02", "until": "2026-03-02"}),
        "challenges.c.until",
        "is not after 'from'",
        "Write a day after 2026-03-02: the first that is not part of it",
    ),
    (
        "counting from a joining that does not happen",
        challenge(count_from="join"),
        "challenges.c.count_from",
        "nobody joins it",
        "Write 'join: opt_in' or 'join: invitation', or leave it out",
    ),
    (
        "numbers combined where there is no team",
        challenge(of="community", combine="mean"),
        "challenges.c.combine",
        "there is no team",
        "Write 'of: team', or leave it out",
    ),
    (
        "the best of a team, without how many",
        challenge(of="team", combine="best"),
        "challenges.c.best",
        "is missing",
        "Write how many of the highest numbers count: 'best: 3'",
    ),
    (
        "how many of the highest count, where all do",
        challenge(of="team", best=2),
        "challenges.c.best",
        "not only the best count",
        "Write 'of: team' and 'combine: best', or leave it out",
    ),
    (
        "a challenge about subjects",
        challenge(goal={"metric": "per-post", "target": 1}),
        "challenges.c.goal.metric",
        "is one number per subject, not per member",
        "Use a metric without per",
    ),
    (
        "a challenge that gives a badge with criteria",
        challenge(give={"badge": "b"}),
        "challenges.c.give.badge",
        "'b' has criteria of its own",
        "Remove those, or give nothing here and add the criterion 'challenge: c' there",
    ),
    (
        "a challenge that gives a word",
        challenge(give={"stars": "many"}),
        "challenges.c.give.stars",
        "is not a number",
        "Write how many",
    ),
    (
        "a criterion on a challenge that is not there",
        badge(when={"challenge": "lap", "at_least": 1}),
        "badges.b.when.0",
        "there is no challenge 'lap'",
        "Define a challenge first",
    ),
    (
        "a criterion about two things",
        badge(when={"metric": "visits", "points": "stars", "at_least": 1}),
        "badges.b.when.0",
        "is about nothing, or about several things",
        ONE_OF_SIX,
    ),
    (
        "where without activities",
        badge(when={"points": "stars", "at_least": 1}, where="value > 1"),
        "badges.b.when.0",
        "'where' narrows activities, so it needs a metric",
        "Use a metric here",
    ),
    (
        "a badge that gives the points it is for",
        {
            "points": STARS,
            "earning": EARN,
            "badges": {"b": {"when": {"points": "stars", "at_least": 1}, "give": {"stars": 2}}},
        },
        "badges.b",
        "rewards itself: badge b → points stars → badge b",
        BREAK,
    ),
    (
        "a circle of badges and points",
        {
            "points": {"stars": {}, "xp": {}},
            "earning": EARN,
            "badges": {
                "b": {"when": {"points": "stars", "at_least": 1}, "give": {"xp": 2}},
                "c": {"when": {"badge": "b", "at_least": 1}, "give": {"stars": 2}},
            },
        },
        "badges.b",
        "rewards itself: badge b → badge c → points stars → badge b",
        BREAK,
    ),
    (
        "a loop in a condition",
        {"points": STARS, "earning": {"e": {**EARN["each"], "when": "[1].exists(x, x > 1)"}}},
        "earning.e.when (for visit)",
        (
            "loops such as exists() are not allowed: they have no bound on their cost (column 5)\n"
            "  [1].exists(x, x > 1)\n"
            "      ^"
        ),
        MEND,
    ),
    (
        "a condition that is too deep",
        {"points": STARS, "earning": {"e": {**EARN["each"], "when": "(" * 33 + "true" + ")" * 33}}},
        "earning.e.when (for visit)",
        (
            "brackets are nested deeper than 32 (column 33)\n"
            f"  {'(' * 33}true{')' * 33}\n"
            f"  {' ' * 32}^"
        ),
        MEND,
    ),
    (
        "an amount that is none",
        {"points": STARS, "earning": {"e": {"on": "visit", "give": {"stars": "value *"}}}},
        "earning.e.give.stars (for visit)",
        "a number, a name or ( is expected here (column 8)\n  value *\n         ^",
        MEND,
    ),
    (
        "a start below the floor",
        {"points": {"stars": {"minimum": 5}}, "earning": EARN},
        "points.stars.start",
        "is below the minimum of 5",
        "Start with 5 or more",
    ),
    (
        "a zone that is none",
        {"time_zone": "Europe/Lisboa"},
        "time_zone",
        (
            "'Europe/Lisboa' is not a time zone: did you mean Europe/Lisbon or Europe/Sofia or "
            "Europe/Riga?"
        ),
        "Use a name of the IANA data base: Europe/Lisbon",
    ),
    (
        "a key that is misspelt",
        {"metrics": {"visits": {"count": "visit", "wher": "true"}}},
        "metrics.visits.wher",
        "'wher' is not a key that belongs here",
        "Did you mean 'where' or 'when'",
    ),
    (
        "a threshold of nothing",
        badge(when={"metric": "visits", "at_least": 0}),
        "badges.b.when.at_least",
        "Input should be greater than 0 (given: 0)",
        "Correct the value",
    ),
    (
        "a number with more than four decimals",
        badge(when={"metric": "visits", "at_least": 0.00001}),
        "badges.b.when.at_least",
        "Decimal input should have no more than 4 decimal places (given: '1e-05')",
        "Correct the value",
    ),
]


@pytest.mark.parametrize(
    ("parts", "path", "message", "fix"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_fault_is_told_with_its_path_and_the_fix(
    parts: dict[str, Any], path: str, message: str, fix: str
) -> None:
    assert errors(definition(**parts)) == [(path, message, fix)]


def test_all_faults_are_told_at_once() -> None:
    text = definition(
        metrics={"m": {"count": "vist"}, "n": {"count": "visi"}},
        badges={"b": {"when": {"metric": "m", "at_least": 1}}, "c": {}},
    )
    assert [path for path, _, _ in errors(text)] == ["metrics.m", "badges.c", "metrics.n"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("key: a\nkey: b", "line 2, column 1", "not readable: the key 'key' is given twice"),
        (
            "a: &x 1\nb: *x",
            "line 1, column 1",
            "not readable: aliases (*name) are not allowed",
        ),
        ("? [a]\n: b", "line 1, column 3", "not readable: a key must be a word"),
        ("a: !!bool x", "line 1, column 4", "not readable: tags (!name) are not allowed"),
        ("a: !!timestamp x", "line 1, column 4", "not readable: tags (!name) are not allowed"),
        (
            "a: [",
            "line 1, column 5",
            "not readable: expected the node content, but found '<stream end>'",
        ),
        ("", "", "not a mapping of keys"),
        ("[]", "", "not a mapping of keys"),
        ("x" * (DOCUMENT_SIZE_MAX + 1), "", f"longer than {DOCUMENT_SIZE_MAX} characters"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(text: str, place: str, message: str) -> None:
    assert [(path, said) for path, said, _ in errors(text)] == [(place, message)]


def test_plain_words_of_yaml_are_words() -> None:
    """In YAML 1.1 these would be booleans, a number in base sixty, and eight."""
    text = """
        key: yes
        name: 12:30
        activities: {on: {}, off: {}}
        points: {no: {}}
        earning: {y: {on: [on, off], give: {no: 010}}}
    """
    read = read_definition(text)
    assert (read.key, read.name, list(read.activities)) == ("yes", "12:30", ["on", "off"])
    compiled, said = compile_program(read)
    assert said == []
    assert compiled.plans["on"].earnings[0].amount.constant == 100_000


def test_json_is_yaml() -> None:
    whole: dict[str, Any] = {"key": "a", "name": "é\u2028", "activities": {"visit": {}}}
    assert read_definition(json.dumps(whole)) == Definition.model_validate(whole)


def test_what_nothing_uses_is_warned_of() -> None:
    text = definition(
        activities={"visit": {}, "unused": {}},
        metrics={**VISITS, "idle": {"count": "visit"}},
        points={"stars": {}, "dust": {}},
        caps={"c": {"points": "stars", "most": 5, "per": "day"}},
        seasons={"winter": "2026-01-01/2026-03-01"},
        earning=EARN,
        leaderboards=BOARD,
    )
    assert warnings(text) == [
        ("metrics.idle", "is used by nothing"),
        ("points.dust", "is used by nothing"),
        ("caps.c", "is used by nothing"),
        ("activities.unused", "is used by nothing"),
        ("seasons", "are used by nothing"),
    ]


def test_a_fault_that_many_rules_lead_to_is_told_once() -> None:
    board = {"metric": "m"}
    text = definition(metrics={"m": {"count": "vist"}}, leaderboards=dict.fromkeys("abc", board))
    assert [path for path, _, _ in errors(text)] == ["metrics.m"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_compile(path: Any) -> None:
    assert errors(path.read_text("utf-8")) == []


def test_there_are_examples() -> None:
    assert [path.name for path in EXAMPLES] == [
        "beauty-club.yaml",
        "coffee-shop.yaml",
        "demo-reading-club.yaml",
        "fitness-club.yaml",
        "grand-hotels.yaml",
        "language-course.yaml",
        "music-shop.yaml",
        "outdoor-club.yaml",
        "travel-forum.yaml",
    ]


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    written = Definition.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(written)
    return jsonschema.Draft202012Validator(written)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_json_schema_accepts_the_examples_as_they_are_written(path: Any, schema: Any) -> None:
    # In JSON, the prize of rank 1 stands under a text.
    written = json.loads(json.dumps(plain_yaml(path.read_text("utf-8"))))
    found = [f"{each.json_path}: {each.message}" for each in schema.iter_errors(written)]
    assert found == []


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"metrics": {"m": {"cuont": "visit"}}}, "$.metrics.m"),
        ({"earning": {"e": {"on": "visit"}}}, "$.earning.e"),
        ({"week_starts": "someday"}, "$.week_starts"),
        ({"Metrics": {}}, "$"),
    ],
)
def test_the_json_schema_refuses_other_structures(
    parts: dict[str, Any], path: str, schema: Any
) -> None:
    written = json.loads(definition(**parts))
    assert [each.json_path for each in schema.iter_errors(written)] == [path]
