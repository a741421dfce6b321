"""A family of programs in which every kind of rule meets every other; the laws are tried on them.

The numbers are drawn, so that histories of a dozen facts come near caps, floors and thresholds.
"""

from typing import Any

from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition

KEY = "law"

ACTIVITIES: dict[str, Any] = {
    "buy": {"value": "amount", "properties": {"store": "string", "gift": "boolean"}},
    "up": {"properties": {"post": "string", "by": "string"}},
    "down": {"properties": {"post": "string", "by": "string"}},
    "accepted": {"properties": {"post": "string"}},
    "weigh": {"value": "kilograms", "properties": {}},
}

METRICS: dict[str, Any] = {
    "spend": {"sum": "value", "of": "buy"},
    "orders": {"count": "buy"},
    "stores": {"distinct": "properties.store", "of": "buy"},
    "score": {"sum": {"up": 1, "down": -1}, "per": "properties.post"},
    "voters": {"distinct": "properties.by", "of": ["up", "down"], "per": "properties.post"},
    "accepts": {"count": "accepted", "per": "properties.post"},
    "best": {"max": "value", "of": "buy"},
    "weight": {"last": "value", "of": ["weigh", "buy"]},
    "recent": {"sum": "value", "of": ["buy", "weigh"], "over": "3 days"},
    "gifts": {"count": "buy", "where": "properties.gift"},
}


_EXPIRES: list[Any] = [
    {"after": "1 month"},
    {"after": "2 days", "at": "end of week"},
    {"at": "end of day"},
    {"on": ["03-02", "03-15", "2026-03-29"], "warn": "1 day"},
    {"unused_for": "1 day"},
    {"unused_for": "3 days", "at": "end of month"},
]
_PENDING: list[Any] = ["1 day", "4 weeks", {"until": "accepted", "per": "properties.post"}]

_NOTHING: dict[str, Any] = {}
_NEEDED: dict[str, st.SearchStrategy[Any]] = {"expires": st.sampled_from(_EXPIRES)}
_OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "pending": st.sampled_from(_PENDING),
    "negative": st.sampled_from(["allow", "within_balance"]),
    "holds": st.sampled_from(["1 day", "2 weeks"]),
    "start": st.integers(1, 3),
}


def _kept(pending: Any, more: dict[str, Any]) -> dict[str, Any]:
    return {"negative": "only_pending", "pending": pending, **more}


KEPT: st.SearchStrategy[dict[str, Any]] = st.builds(
    _kept,
    st.sampled_from(_PENDING),
    st.sampled_from([_NOTHING, {"holds": "1 day"}, {"expires": {"after": "1 month"}}]),
)
"""How points are kept that stay, once they have matured, when their activity is taken back."""

_LOTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just(_NOTHING),
    st.fixed_dictionaries(_NEEDED, optional=_OPTIONAL),
    st.sampled_from(_PENDING).map(lambda pending: {"pending": pending}),
    KEPT,
)
"""How a unit's points are kept: as one number, or as lots that expire and mature."""


_RATE: dict[str, Any] = {"take": 2, "give": 3}
_CHANGING_HANDS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"transfers": True},
        {"transfers": {"most_per": {"day": 3}}},
        {"transfers": {"least": 1, "most": 2, "most_per": {"week": 4, "month": 3}}},
    ]
)
"""How members may give points to each other."""

AMPLE = 100_000
"""A budget that suffices: with less, what members have depends on the order of arrival."""


@st.composite
def programs(
    draw: st.DrawFn,
    *,
    key: str = KEY,
    budget: int = AMPLE,
    lots: st.SearchStrategy[dict[str, Any]] = _LOTS,
) -> CompiledProgram:
    """A program with all kinds of rules, or some of them, and numbers near to each other."""
    small = st.integers(1, 6)
    zone = draw(st.sampled_from(["UTC", "Europe/Lisbon", "America/Sao_Paulo"]))
    whole: dict[str, Any] = {
        "key": key,
        "name": "Law",
        "time_zone": zone,
        "week_starts": draw(st.sampled_from(["monday", "sunday"])),
        "seasons": {"early": "2026-02-01/2026-03-03", "late": "2026-03-03/2026-03-05"},
        "activities": ACTIVITIES,
        "metrics": METRICS,
        "points": {
            "stars": {**draw(lots), **draw(_CHANGING_HANDS), "convert": {"debt": _RATE}},
            "reputation": {
                "start": draw(st.integers(1, 3)),
                "minimum": 1,
                "transfers": True,
                "convert": {"stars": _RATE},
            },
            "debt": {"start": draw(st.integers(-2, 2)), **draw(_CHANGING_HANDS)},
        },
        "caps": _caps(draw),
        "earning": _earning(draw),
        "streaks": _streaks(draw, small),
        "tiers": _tiers(draw, small),
        "campaigns": _campaigns(draw, budget),
        "badges": _badges(draw, small),
        "leaderboards": _boards(draw),
    }
    if draw(st.booleans()):
        whole["challenges"] = _challenges(draw, small)
        whole["badges"]["winner"] = {"give": {"stars": 1}}
    return compile_program(Definition.model_validate(whole))[0]


@st.composite
def programs_of_streaks(draw: st.DrawFn) -> CompiledProgram:
    """Streaks and little else, so that hardly anything but them has a late fact judged again."""
    small = st.integers(1, 4)
    badges: dict[str, Any] = {
        "steady": {"levels": {"a": 2, "b": 3}, "streak": "daily"},
        "thrifty": {
            "when": [{"streak": "spending", "at_least": 2}, {"metric": "orders", "at_least": 3}]
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(badges))))
    whole: dict[str, Any] = {
        "key": KEY,
        "name": "Law",
        "time_zone": draw(st.sampled_from(["UTC", "America/Sao_Paulo"])),
        "activities": ACTIVITIES,
        "metrics": METRICS,
        "streaks": _streaks(draw, small),
        "badges": {key: badge for key, badge in badges.items() if key in kept},
        "leaderboards": {"orders": {"metric": "orders"}},
    }
    return compile_program(Definition.model_validate(whole))[0]


@st.composite
def programs_of_challenges(draw: st.DrawFn, *, shared: bool = False) -> CompiledProgram:
    """Challenges and what they lead to: who takes part, and when, decides over all else. With
    `shared` members draw on the same places, and add to the same numbers."""
    small = st.integers(1, 3)
    whole: dict[str, Any] = {
        "key": KEY,
        "name": "Law",
        "time_zone": draw(st.sampled_from(["UTC", "America/Sao_Paulo"])),
        "seasons": {"early": "2026-02-01/2026-03-03", "late": "2026-03-04/2026-03-29"},
        "activities": ACTIVITIES,
        "metrics": METRICS,
        "points": {"stars": {}},
        "challenges": _challenges(draw, small) | (_shared(draw, small) if shared else {}),
        "badges": {
            "winner": {"give": {"stars": 1}},
            "faithful": {"when": {"challenge": "solo", "at_least": draw(st.integers(1, 2))}},
        },
        "leaderboards": {"stars": {"points": "stars"}},
    }
    return compile_program(Definition.model_validate(whole))[0]


def _challenges(draw: st.DrawFn, small: st.SearchStrategy[int]) -> dict[str, Any]:
    """One of each way of taking part; orders, runs and what counts are drawn."""
    every = st.sampled_from([None, "day", "week", "month", "season"])
    order = st.sampled_from(["parallel", "sequential"])
    count_from = st.sampled_from(["start", "join"])
    return {
        "solo": {"goal": {"metric": "orders", "target": draw(small)}, "every": draw(every)},
        "quest": {
            "steps": [
                {"metric": "spend", "target": draw(small)},
                {"metric": "stores", "target": draw(st.integers(1, 2))},
                {"metric": draw(st.sampled_from(["orders", "best", "weight"])), "target": 1},
            ],
            "order": draw(order),
            "join": "opt_in",
            "count_from": draw(count_from),
            "every": draw(every),
            "from": "2026-03-01",
            "until": "2026-03-29",
            "give": {"stars": 5},
        },
        "club": {
            "steps": [
                {"metric": "gifts", "target": 1},
                {"metric": "spend", "target": draw(small), "where": "value >= 1"},
            ],
            "order": draw(order),
            "join": "invitation",
            "count_from": draw(count_from),
            "give": {"stars": 3, "badge": "winner"},
        },
    }


_COMBINED: list[dict[str, Any]] = [{}, {"combine": "mean"}, {"combine": "best", "best": 2}]


def _shared(draw: st.DrawFn, small: st.SearchStrategy[int]) -> dict[str, Any]:
    every = st.sampled_from([None, "day", "week"])
    return {
        "first": {
            "goal": {"metric": "orders", "target": draw(small)},
            "every": draw(every),
            "winners": {"most": draw(st.integers(1, 2))},
            "give": {"stars": 2, "badge": "winner"},
        },
        "together": {
            "goal": {"metric": "spend", "target": draw(small) * 2},
            "every": draw(every),
            "of": "community",
            "give": {"stars": 4},
        },
        "relay": {
            "goal": {"metric": "spend", "target": draw(small) * 2},
            "every": draw(every),
            "of": "team",
            **draw(st.sampled_from(_COMBINED)),
            "give": {"stars": 3},
        },
        "crew": {
            "goal": {"metric": "spend", "target": draw(small)},
            "of": draw(st.sampled_from(["community", "team"])),
            "join": "opt_in",
            "count_from": draw(st.sampled_from(["start", "join"])),
            "give": {"stars": 1},
        },
    }


def _caps(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "votes": {"points": "reputation", "most": draw(st.integers(3, 12)), "per": "day"},
        "shared": {
            "points": "stars",
            "most": draw(st.integers(4, 20)),
            "per": draw(st.sampled_from(["week", "month", "all time", "season"])),
        },
        "tight": {"points": "stars", "most": draw(st.integers(2, 6)), "per": "day"},
    }


def _earning(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "spending": {"on": "buy", "give": {"stars": "value * 2"}, "cap": ["shared", "tight"]},
        "gift": {"on": "buy", "when": "properties.gift", "give": {"stars": 1}, "cap": "shared"},
        "upvoted": {"on": "up", "give": {"reputation": 2, "stars": 1}, "cap": "votes"},
        "downvoted": {"on": "down", "give": {"reputation": draw(st.sampled_from([-1, -3]))}},
        "accepted": {"on": "accepted", "give": {"reputation": 4}},
        "weighing": {
            "on": ["weigh", "buy"],
            "when": "value > 2 || value < 0",
            "give": {"debt": "value - 3"},
        },
    }


def _streaks(draw: st.DrawFn, small: st.SearchStrategy[int]) -> dict[str, Any]:
    return {
        "daily": {
            "metric": "orders",
            "freezes": {"start": draw(st.integers(0, 1)), "earn_every": 2, "most": 2},
            "zone": draw(st.sampled_from(["program", "member"])),
            "pauses": {"most": draw(st.integers(2, 40)), "per": "year"},
        },
        "spending": {
            "metric": "spend",
            "at_least": draw(small),
            "every": draw(st.sampled_from(["day", "week", "month"])),
            "zone": draw(st.sampled_from(["program", "member"])),
            "restore": {
                "within": draw(st.integers(1, 40)),
                "per": "quarter",
                "most": draw(st.integers(1, 2)),
            },
        },
        "workdays": {
            "metric": "gifts",
            "on": ["monday", "tuesday", "thursday", "friday"],
            "freezes": {"start": draw(st.integers(0, 2)), "most": 3},
            "pauses": {"most": 9, "per": draw(st.sampled_from(["week", "quarter"]))},
            "restore": {"within": 20, "per": "quarter", "most": 5},
        },
    }


def _tiers(draw: st.DrawFn, small: st.SearchStrategy[int]) -> dict[str, Any]:
    """Ladders that multiply, in half of the programs: they have late facts judged again."""
    level = draw(small)
    ladders: dict[str, Any] = {
        "status": {
            "metric": "spend",
            "over": draw(st.sampled_from(["day", "week", "month"])),
            "levels": {"a": 0, "b": {"at": level, "multiply": {"stars": 1.5}}, "c": level + 2},
            "keep": draw(st.sampled_from(["this window", "next window"])),
            "downgrade": draw(st.sampled_from(["reassess", "one step"])),
            "rollover": draw(st.booleans()),
            "grace": draw(st.sampled_from(["1 day", "9 days", "40 days"])),
        },
        "travel": {
            "any_of": [{"metric": "spend"}, {"metric": "gifts"}, {"points": "debt"}],
            "over": draw(
                st.sampled_from(["2 days", "30 days", "1 month", "year of joining", "all time"])
            ),
            "levels": {
                "a": {"at": {"spend": level, "gifts": 1}, "multiply": {"debt": 2}},
                "b": {
                    "at": {"spend": level + 2, "debt": 2},
                    "multiply": {"stars": 2},
                    "for_life": {"metric": "orders", "at_least": draw(small)},
                },
            },
            "keep": draw(st.sampled_from(["this window", "next window"])),
        },
        "rank": {
            "points": "stars",
            "over": "day",
            "levels": {"a": {"at": 1, "multiply": {"stars": 2, "reputation": 3}}, "b": 4},
        },
    }
    return ladders if draw(st.booleans()) else {}


def _campaigns(draw: st.DrawFn, budget: int) -> dict[str, Any]:
    """Campaigns in time, among segments, within caps and budgets; which there are is drawn."""
    days = ["2026-02-01", "2026-03-02", "2026-03-02 12:00", "2026-03-29", "2026-05-01"]
    stack = st.sampled_from(["together", "best", "alone"])
    from_, until = sorted(draw(st.permutations(days))[:2])
    campaigns: dict[str, Any] = {
        "double": {
            "from": from_,
            "until": until,
            "multiply": {"stars": draw(st.sampled_from([2, 1.3333]))},
            "on": ["buy", "up"],
            "stack": draw(stack),
            "budget": {"stars": budget},
        },
        "gifts": {
            "give": {"stars": 1, "debt": "value"},
            "on": "buy",
            "when": "properties.gift",
            "cap": "shared",
            "most": {"stars": 3},
            "budget": {"stars": budget, "debt": budget} if draw(st.booleans()) else {},
        },
        "here": {
            "give": {"reputation": 1, "stars": 2},
            "on": ["up", "buy"],
            "among": "member.attributes.country == 'PT'",
            "stack": draw(stack),
            "weekdays": ["sunday", "monday", "wednesday"],
        },
        "birthday": {
            "multiply": {"stars": 1.5},
            "give": {"debt": 1},
            "on": "buy",
            "anniversary": f"{draw(st.sampled_from(['day', 'month']))} of member.attributes.born",
            "stack": draw(stack),
        },
        "early": {"until": until, "hours": "00:00-09:30", "give": {"stars": 1}, "on": "buy"},
        "back": {
            "after_quiet": draw(st.sampled_from(["1 day", "3 days"])),
            "give": {"stars": 2},
            "on": ["buy", "weigh"],
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(campaigns))))
    return {key: campaign for key, campaign in campaigns.items() if key in kept}


def _badges(draw: st.DrawFn, small: st.SearchStrategy[int]) -> dict[str, Any]:
    """Badges that are watched by nothing may be missing; the numbers of all are drawn."""
    score, level = draw(small), draw(st.integers(1, 3))
    needed = {
        "nice": {
            "when": {"metric": "score", "at_least": score},
            "repeat": "per subject",
            "give": {"stars": 3},
        },
        "regular": {
            "levels": {"bronze": level, "silver": level + 1, "gold": level + 3},
            "on": "orders",
            "give": {"reputation": [1, 2, -4]},
        },
    }
    window = draw(st.sampled_from(["day", "week", "month", "quarter", "year"]))
    optional: dict[str, Any] = {
        "enlightened": {
            "when": [
                {"metric": "score", "at_least": score},
                {"metric": "accepts", "at_least": 1},
            ],
            "repeat": "per subject",
        },
        "student": {"when": {"metric": "score", "at_least": 1}, "give": {"debt": -1}},
        "talk": {"when": {"metric": "voters", "at_least": 2}, "repeat": "per subject"},
        "collector": {"when": {"badge": "nice", "at_least": 2}, "give": {"reputation": 5}},
        "rich": {"when": {"points": "stars", "at_least": draw(st.integers(3, 25))}},
        "famous": {
            "when": {"points": "reputation", "at_least": draw(small) + 3, "over": window},
            "repeat": "per window",
        },
        "mortarboard": {"when": {"cap": "votes", "at_least": 3}},
        "explorer": {
            "when": {"metric": "stores", "at_least": 2, "over": window},
            "repeat": "per window",
            "visibility": "secret",
            "give": {"stars": 2},
        },
        "hot": {"when": {"metric": "recent", "at_least": draw(small)}},
        "heavy": {"when": {"metric": "weight", "at_least": draw(small)}, "give": {"debt": 2}},
        "big": {"when": {"metric": "best", "at_least": draw(small)}},
        "giver": {
            "when": {"metric": "orders", "at_least": 2},
            "where": "properties.gift && value >= 1",
        },
        "mixed": {
            "when": [
                {"metric": "spend", "at_least": draw(st.integers(2, 9))},
                {"metric": "orders", "at_least": 2, "over": "day"},
            ],
        },
        "blend": {
            "when": [
                {"metric": "recent", "at_least": draw(small)},
                {"metric": "best", "at_least": 2, "over": "week"},
                {"points": "stars", "at_least": 2},
            ],
            "give": {"reputation": -2},
        },
        "steady": {"when": {"streak": "daily", "at_least": 2}, "give": {"stars": 2}},
        "thrifty": {"levels": {"a": 1, "b": 2}, "streak": "spending", "give": {"debt": [1, 2]}},
        "working": {
            "when": [
                {"streak": "workdays", "at_least": 2},
                {"metric": "best", "at_least": draw(small)},
            ],
        },
        "seasonal": {
            "when": {"metric": "spend", "at_least": draw(small), "over": "season"},
            "repeat": "per window",
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(optional)), min_size=3))
    return needed | {key: badge for key, badge in optional.items() if key in kept}


def _boards(draw: st.DrawFn) -> dict[str, Any]:
    ties = draw(st.permutations(["competition", "dense", "ordinal"]))
    return {
        "reputation": {"points": "reputation", "ties": ties[0]},
        "stars": {"points": "stars", "every": "week", "ties": ties[1]},
        "rolling": {"metric": "spend", "every": "2 days", "ties": ties[2]},
        "best": {"metric": "best", "every": "season", "ties": ties[0]},
        "there": {
            "points": "debt",
            "every": "month",
            "ties": ties[1],
            "among": "member.attributes.country == 'PT'",
        },
        "orders-there": {
            "metric": "orders",
            "ties": ties[2],
            "among": "member.attributes.country != 'PT'",
        },
    }
