"""What members are told of their streaks and levels: at the commit, and by the scheduler."""

from datetime import UTC, datetime

from gamification.duties.tell_members import tell_members
from gamification.outcomes import Notice
from tests.builders import sent
from tests.scene import Scene, scene

RULES = """
key: club
name: Club
activities: {visit: {}, buy: {value: amount}}
metrics: {visits: {count: visit}, spend: {sum: value, of: buy}}
streaks:
  daily: {metric: visits, freezes: {start: 1}, targets: [2, 3], warn: 4 hours}
tiers:
  status: {metric: spend, keep: this window, warn: 30 days, levels: {basic: 0, gold: 100}}
"""


def march(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


async def visit(told: Scene, at: datetime) -> None:
    told.now = at
    await told.recorded(sent("visit", at=at))


async def tick(told: Scene, at: datetime) -> int:
    told.now = at
    return await tell_members(told.store, told.bus, told.program, now=at)


async def news(told: Scene, since: int = 0) -> list[tuple[str, str, dict[str, object]]]:
    """The notices after so many: kind, what about, details."""
    found: list[Notice] = (await told.notices())[since:]
    return [(each.kind.name, each.about, dict(each.details)) for each in found]


async def test_targets_are_told_as_they_are_reached() -> None:
    told = await scene(RULES, now=march(1))
    for day in (2, 3, 4, 5):
        await visit(told, march(day))
    assert await news(told) == [
        ("STREAK_REACHED", "daily", {"length": 2}),
        ("STREAK_REACHED", "daily", {"length": 3}),
    ]
    await visit(told, march(9))
    await visit(told, march(10))
    assert await news(told, since=2) == [("STREAK_REACHED", "daily", {"length": 2})]


async def test_a_streak_at_risk_is_told_once_in_the_last_hours_of_its_day() -> None:
    told = await scene(RULES, now=march(1))
    await visit(told, march(2))
    assert await tick(told, march(2, 21)) == 0
    assert await tick(told, march(3, 19)) == 0
    assert await tick(told, march(3, 20)) == 1
    assert await tick(told, march(3, 20)) == 0
    assert await tick(told, march(3, 22)) == 0
    assert await news(told) == [
        (
            "STREAK_AT_RISK",
            "daily",
            {
                "endsAt": "2026-03-04T00:00:00Z",
                "length": 1,
                "freezes": 1,
                "expiresAt": "2026-03-05T00:00:00Z",
            },
        )
    ]


async def test_a_freeze_that_was_used_and_an_end_are_told_after_any_downtime() -> None:
    told = await scene(RULES, now=march(1))
    await visit(told, march(2))
    assert await tick(told, march(4, 1)) == 1
    assert await tick(told, march(6, 1)) == 1
    assert await news(told) == [
        ("FREEZE_USED", "daily", {"missed": "2026-03-03", "length": 1, "freezes": 0}),
        ("STREAK_ENDED", "daily", {"missed": "2026-03-04", "length": 1}),
    ]
    assert await tick(told, march(7, 1)) == 0
    late = await scene(RULES, now=march(1))
    await visit(late, march(2))
    assert await tick(late, march(25)) == 0


async def test_levels_are_told_when_reached_before_they_fall_and_after() -> None:
    told = await scene(RULES, now=march(4))
    await told.recorded(sent("buy", value="99", at=march(2)), sent("buy", value="1", at=march(3)))
    assert await news(told) == [("TIER_REACHED", "status", {"level": "gold"})]
    assert await tick(told, datetime(2026, 12, 1, 23, tzinfo=UTC)) == 0
    assert await tick(told, datetime(2026, 12, 2, tzinfo=UTC)) == 1
    assert await tick(told, datetime(2026, 12, 24, tzinfo=UTC)) == 0
    assert await tick(told, datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert await tick(told, datetime(2027, 1, 2, tzinfo=UTC)) == 0
    assert await news(told, since=1) == [
        (
            "TIER_ENDING",
            "status",
            {"level": "gold", "until": "2027-01-01T00:00:00Z", "toKeep": "0"},
        ),
        ("TIER_FALLEN", "status", {"level": "gold", "now": "basic"}),
    ]


async def test_programs_without_warnings_are_not_looked_at() -> None:
    told = await scene(RULES.replace(", warn: 4 hours", "").replace(" warn: 30 days,", ""))
    await visit(told, march(2))
    assert await tick(told, march(4, 1)) == 0
    assert await told.store.reading(told.program.record).shared_numbers(["hour told"]) == {
        "hour told": 0
    }
