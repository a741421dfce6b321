"""Points that come when they would have expired already are written as if they had come in time."""

from datetime import timedelta

from gamification.duties.expire_points import expire_points
from gamification.state import AccountKey
from tests.builders import NOON, after, definition, sent, units
from tests.scene import Scene, scene

SHOP = definition(
    activities={"buy": {"value": "amount"}},
    points={"stars": {"expires": {"after": "1 day"}}},
    earning={"buy": {"on": "buy", "give": {"stars": "value"}}},
)


async def swept(shop: Scene) -> int:
    return await expire_points(shop.store, shop.bus, shop.program, now=shop.now)


async def balance(shop: Scene) -> int:
    member = (await shop.member()).id
    return (await shop.totals())[member].accounts[AccountKey(member, "stars")].balance


async def test_after_a_sweep_that_a_retraction_left_without_effect() -> None:
    """The sweep is a fact, and has its place behind the late points: it takes them too."""
    shop = await scene(SHOP)
    await shop.recorded(sent("buy", value="4", key="a"))
    shop.now = NOON + timedelta(days=3)
    assert await swept(shop) == 1
    await shop.retract("a")
    await shop.recorded(sent("buy", value="7", key="b", at=after(minutes=5)))
    assert await shop.differences() == []
    assert await balance(shop) == 0


async def test_what_no_sweep_has_taken_stays_for_the_next() -> None:
    shop = await scene(SHOP)
    shop.now = NOON + timedelta(days=3)
    await shop.recorded(sent("buy", value="4", key="a", at=after(days=2)))
    await shop.recorded(sent("buy", value="7", key="b"))
    assert (await balance(shop), await shop.differences()) == (units(11), [])
    assert await swept(shop) == 1
    assert (await balance(shop), await shop.differences()) == (units(4), [])
