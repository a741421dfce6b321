"""Two years of a customer, with the numbers that one works out by hand.

The rules are those of programs/beauty-club.yaml.
"""

from datetime import UTC, datetime
from pathlib import Path

from gamification.facts import NewActivity
from gamification.quantity import to_text
from gamification.tiers import status_at
from tests.scene import Scene, scene

RULES = Path(__file__).parents[2] / "programs" / "beauty-club.yaml"


async def buy(told: Scene, at: datetime, amount: str, *, key: str, gift_card: bool = False) -> None:
    properties = {"channel": "shop", "gift_card": gift_card}
    await told.recorded(
        NewActivity(
            member="mia", type="purchase", value=amount, key=key, properties=properties,
            occurred_at=at,
        )
    )  # fmt: skip


async def review(told: Scene, at: datetime, product: str) -> None:
    await told.recorded(
        NewActivity(
            member="mia", type="review", properties={"product": product}, occurred_at=at
        )
    )  # fmt: skip


async def points(told: Scene) -> str:
    ((account),) = (await told.totals())[(await told.member("mia")).id].accounts.values()
    return to_text(account.balance)


async def status(told: Scene, at: datetime) -> str:
    """The level and what it is at: "vib 400 until 2028-01-01, 0 to keep"."""
    rules = told.program.rules
    member = (await told.member("mia")).id
    tier = rules.tiers["status"]
    tallies = (await told.totals())[member].tallies
    found = status_at(tier, member, tallies.get, at=at, calendar=rules.calendar)
    until = found.holds_until.date().isoformat() if found.holds_until else "for ever"
    return (
        f"{tier.levels[found.level].key} {to_text(found.value)} until {until}, "
        f"{to_text(found.to_keep)} to keep"
    )


def on(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 17, tzinfo=UTC)


async def test_two_years() -> None:
    told = await scene(RULES.read_text("utf-8"), now=on(2028, 6, 1))

    # 300 at the first level's rate; a gift card counts for nothing.
    await buy(told, on(2026, 2, 14), "300", key="first")
    await buy(told, on(2026, 2, 15), "100", key="card", gift_card=True)
    assert await points(told) == "300"
    assert await status(told, on(2026, 2, 16)) == "insider 300 until for ever, 0 to keep"

    # The purchase that lifts is paid at the old rate, the one after it at 1.25.
    await buy(told, on(2026, 5, 1), "60", key="lifts")
    assert await points(told) == "360"
    await buy(told, on(2026, 6, 1), "40.20", key="after")
    assert await points(told) == "410.25"
    assert await status(told, on(2026, 6, 2)) == "vib 400.2 until 2028-01-01, 0 to keep"

    # Five reviews: 20 points for the first four, the month's most; the fifth makes a critic, 25.
    for product in ("balm", "brush", "cream", "mask", "serum"):
        await review(told, on(2026, 7, 3), product)
    assert await points(told) == "455.25"

    # The order of May is returned: never lifted, so June's purchase earned 40.20 and not 50.25.
    await told.retract("lifts", reason="returned")
    assert await points(told) == "385.2"
    assert await status(told, on(2026, 7, 4)) == "insider 340.2 until for ever, 0 to keep"

    # December lifts to the highest level, and Christmas Eve is paid at its rate.
    await buy(told, on(2026, 12, 1), "659.8", key="december")
    assert await points(told) == "1045"
    assert await status(told, on(2026, 12, 2)) == "rouge 1000 until 2028-01-01, 0 to keep"
    await buy(told, on(2026, 12, 24), "10", key="eve")
    assert await points(told) == "1060"

    # 2027: rouge to the end of the year, though only 400 are spent in it, at 1.5.
    await buy(told, on(2027, 3, 1), "400", key="spring")
    assert await points(told) == "1660"
    assert await status(told, on(2027, 3, 2)) == "rouge 400 until 2028-01-01, 600 to keep"

    # 2028: those 400 keep the level in the middle for one more year.
    assert await status(told, on(2028, 1, 2)) == "vib 0 until 2029-01-01, 350 to keep"
    assert await told.differences() == []
