"""Programs whose weeks end, with prizes and a league, and the scheduler that ends them."""

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.tick import tick
from tests.scene import Scene

MEMBERS = ("anne", "Ben", "čeda", "dora", "emil")
WEEKS = ("w2026-03-02", "w2026-03-09", "w2026-03-16", "w2026-03-23")


@st.composite
def programs_of_runs(draw: st.DrawFn) -> CompiledProgram:
    """A weekly board with prizes, and a league on it."""
    whole: dict[str, Any] = {
        "key": "law",
        "name": "Law",
        "time_zone": draw(st.sampled_from(["UTC", "Asia/Tokyo"])),
        "activities": {"visit": {"value": "points"}},
        "metrics": {"score": {"sum": "value", "of": "visit"}},
        "points": {"trophies": {}, "coins": {"start": 1}},
        "leaderboards": {
            "weekly": {
                "metric": "score",
                "every": "week",
                "ties": draw(st.sampled_from(["competition", "dense", "ordinal"])),
                "settle_for": draw(st.sampled_from(["1 hour", "1 day"])),
                "prizes": {"1": {"trophies": 3, "coins": 5}, "2-3": {"trophies": 1}},
            }
        },
        "leagues": {
            "league": {
                "leaderboard": "weekly",
                "levels": ["low", "middle", "high"],
                "cohort": draw(st.integers(2, 4)),
                "promote": 1,
                "demote": 1,
            }
        },
    }
    return compile_program(Definition.model_validate(whole))[0]


async def ticked(scene: Scene, now: datetime) -> int:
    """One pass; how many things it did."""
    scene.now, count = now, 0
    async for done in tick(scene.store, scene.bus, scene.program, now=now):
        assert done.failure is None, done
        count += done.count
    return count
