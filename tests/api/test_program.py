"""program: what may be sent and what can be earned, without giving secrets away."""

from typing import Any

from tests.api.world import World


async def test_what_may_be_sent(world: World) -> None:
    data = await world.ask(
        """{ program { key name description timeZone version memberCount
          activityTypes { key name description value properties { name type isOptional } }
          points { key name start minimum } leaderboards { key name every ties } } }"""
    )
    assert data["program"] == {
        "key": "forum",
        "name": "Forum",
        "description": "Where travellers ask.",
        "timeZone": "UTC",
        "version": 1,
        "memberCount": 0,
        "activityTypes": [
            {"key": "visit", "name": None, "description": None, "value": None, "properties": []},
            {
                "key": "purchase",
                "name": "Purchase",
                "description": None,
                "value": "amount",
                "properties": [{"name": "store", "type": "STRING", "isOptional": False}],
            },
            {
                "key": "upvote",
                "name": None,
                "description": "A post was voted up.",
                "value": None,
                "properties": [
                    {"name": "post", "type": "STRING", "isOptional": False},
                    {"name": "wiki", "type": "BOOLEAN", "isOptional": True},
                ],
            },
        ],
        "points": [{"key": "reputation", "name": "Reputation", "start": "1", "minimum": "1"}],
        "leaderboards": [
            {"key": "reputation", "name": "Reputation", "every": "all time", "ties": "COMPETITION"},
            {"key": "weekly", "name": "This week", "every": "week", "ties": "DENSE"},
            {"key": "spent", "name": "Spending", "every": "month", "ties": "ORDINAL"},
        ],
    }


BADGES = """
query ($viewer: String) { program { badges(viewer: $viewer) {
  key name description image isSecret repeat holders members
  levels { number key holders criteria { name atLeast over } gives { unit amount } }
} } }
"""
MASKED: dict[str, object] = {
    "key": None,
    "name": None,
    "description": None,
    "image": None,
    "isSecret": True,
    "repeat": "ONCE",
    "holders": None,
    "members": 2,
    "levels": [],
}


async def badges(world: World, viewer: str | None = None) -> list[dict[str, Any]]:
    return (await world.ask(BADGES, viewer=viewer))["program"]["badges"]


async def test_badges_tell_what_they_take_and_how_rare_they_are(world: World) -> None:
    await world.did("ann", "visit")
    await world.did("ann", "visit")
    await world.did("bob", "visit")
    first, regular, nice, secret = await badges(world)
    assert first == {
        "key": "first-visit",
        "name": "First Visit",
        "description": "Came once.",
        "image": "/first.png",
        "isSecret": False,
        "repeat": "ONCE",
        "holders": 2,
        "members": 2,
        "levels": [
            {
                "number": 1,
                "key": None,
                "holders": 2,
                "criteria": [{"name": "visits", "atLeast": "1", "over": "all time"}],
                "gives": [],
            }
        ],
    }
    assert [(level["key"], level["holders"]) for level in regular["levels"]] == [
        ("bronze", 1),
        ("silver", 0),
    ]
    assert regular["levels"][1]["gives"] == [{"unit": "reputation", "amount": "50"}]
    assert nice["repeat"] == "PER_SUBJECT"
    assert secret == MASKED


async def test_a_secret_is_kept_until_it_is_earned(world: World) -> None:
    await world.did("bob", "visit")
    bars = '{ member(externalId: "ann") { progress { key } } }'
    await world.did("ann", "purchase", value="99", properties={"store": "s"})
    assert (await badges(world, "ann"))[-1] == MASKED
    before = (await world.ask(bars))["member"]["progress"]
    assert [bar["key"] for bar in before] == ["first-visit", "regular", "nice-post", "status"]

    await world.did("ann", "purchase", value="1", properties={"store": "s"})
    assert (await badges(world, "ann"))[-1]["name"] == "Spender"
    assert (await badges(world, "bob"))[-1] == MASKED
    assert (await badges(world))[-1] == MASKED
    after = (await world.ask(bars))["member"]["progress"]
    assert after[-2:] == [{"key": "spender"}, {"key": "status"}]
    earned = (
        '{ member(externalId: "ann") { badges { edges { node { badge { name holders } } } } } }'
    )
    assert (await world.ask(earned))["member"]["badges"]["edges"] == [
        {"node": {"badge": {"name": "Spender", "holders": 1}}}
    ]
