"""What an answer or a connection took is free when it is over, without waiting for the collector.

Objects that refer to each other in a circle stay until the collector of cycles comes, minutes later
under load. So these tests switch it off, and let it count what it would have had to do.
"""

import gc
from collections import Counter
from collections.abc import Generator
from functools import cached_property

import pytest
import uvloop

from gamification.twin import Twin
from gql.context import Context
from gql.loaders import Loaders
from gql.schema import schema
from tests.api.events import streaming
from tests.api.live import Server, serving
from tests.api.world import ALL_SCOPES, World, new_world

pytestmark = pytest.mark.one_server("counts every object of the process that the tests run in")

OURS = (
    "gql.",
    "server.",
    "gamification.",
    "uvicorn.",
    "strawberry.",
    "graphql.",
    "websockets.server",
)
BOARD = """subscription { leaderboardUpdated(key: "spent", perSecond: 10) {
  cursor entries { rank score } around { rank }
} }"""
FEED = """subscription { feedUpdated(perSecond: 10) {
  cursor notices { badge { key } member { externalId } }
} }"""
MEMBER = """subscription { memberUpdated(externalId: "ann", perSecond: 10) {
  cursor notices { kind } member { points { balance } }
} }"""
OPERATIONS = {
    "a fact": """mutation { recordActivity(input: {member: "ann", type: "visit"}) {
        awards { badgeKey member { externalId } } entries { granted balance }
        userErrors { code } } }""",
    "facts": """mutation { recordActivities(input: {activities: [
        {member: "ann", type: "upvote", properties: {post: "p1"}}, {member: "bob", type: "fly"}]}) {
        results { awards { badgeKey } entries { granted balance } userErrors { code } } } }""",
    "a refused command": """mutation { spendPoints(input: {
        member: "ann", unit: "reputation", amount: "1000"}) { userErrors { code } } }""",
    "a refused query": """{ leaderboard(key: "weekly") { period { entries(first: 1000) { edges {
        cursor } } } } }""",
    "a member": """{ member(externalId: "ann") { displayName
        progress { kind key current target } points { balance } streaks { key length isAtRisk }
        tiers { level { key } } activities { edges { node { key type } } } } }""",
    "members": """{ members(first: 50) { edges { node { externalId
        badges { edges { node { badgeKey badge { key } } } }
        points { balance } tiers { level { key } } } } } }""",
    "a board": """{ leaderboard(key: "weekly") { period { participantCount
        entries(first: 100) { edges { node { rank score member { externalId } } } }
        around(member: "ann") { rank member { externalId } } } } }""",
}


@pytest.fixture
def uncollected() -> Generator[None]:
    """No collector for as long as the test takes."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def context_of(world: World) -> Context:
    return await world.here.context(ALL_SCOPES)


def ours() -> "Counter[str]":
    """How many objects of each type there are, of ours and of those we build on."""
    names = (f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return Counter(name for name in names if name.startswith(OURS))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_an_answer_leaves_nothing(
    small_world: World, uncollected: None, operation: str
) -> None:
    codes = ["INVALID_INPUT"] if operation == OPERATIONS["a refused query"] else []
    await small_world.upvotes("ann", 3)
    for _ in range(2):  # what is kept for the next time is made by the first
        gc.collect()
        result = await schema.execute(operation, context_value=await context_of(small_world))
        assert [(error.extensions or {})["code"] for error in result.errors or ()] == codes
        del result
    assert gc.collect() == 0


def asked_for_all(loaders: object) -> frozenset[str]:
    """Have a set of loaders make all of them; their names."""
    parts = vars(type(loaders)).items()
    names = frozenset(name for name, part in parts if isinstance(part, cached_property))
    for name in names:
        getattr(loaders, name)
    return names


async def test_no_loader_leaves_anything(small_world: World, uncollected: None) -> None:
    context = await context_of(small_world)
    loaders = Loaders(context.program, context.reading, context.ranks, at=context.at)
    assert asked_for_all(loaders) >= {"members", "accounts", "progress"}
    assert asked_for_all(loaders.activities) >= {"by_key", "awards"}
    assert asked_for_all(loaders.boards) >= {"places", "ahead"}
    assert asked_for_all(loaders.challenges) >= {"statuses", "teams"}
    assert asked_for_all(loaders.leagues) >= {"seats", "cohorts"}
    assert await loaders.member_count == 0
    gc.collect()
    del loaders
    assert gc.collect() == 0


async def happen(world: World) -> None:
    """Something that every subscription tells: a score moves, and a badge is awarded."""
    await world.did("ann", "purchase", value="1", properties={"store": "web"})
    await world.upvotes("ann", 3, post=world.clock.new_key())


async def follow(server: Server, world: World, query: str, *, leave: str) -> None:
    """Be told two results on a socket, and leave in one of several ways."""
    async with server.ready() as socket:
        await socket.subscribe(query)
        await socket.next()
        await happen(world)
        await socket.next()
        if leave == "complete":
            await socket.send({"id": "1", "type": "complete"})
        elif leave == "vanish":
            socket.connection.transport.abort()


async def stream(server: Server, world: World, query: str) -> None:
    """Be told two results by a stream of events, and leave."""
    async with streaming(server.http_url, query) as events:
        await events.update()
        await happen(world)
        await events.update()


@pytest.mark.parametrize("query", [BOARD, FEED, MEMBER], ids=["board", "feed", "member"])
def test_connections_leave_nothing(uncollected: None, query: str) -> None:
    async def left_by(times: int, world: World) -> "Counter[str]":
        """What there is when the server, which waits for its connections, has ended."""
        gc.collect()
        async with serving(world) as server:
            for _ in range(times):
                for way in ("complete", "close", "vanish"):
                    await follow(server, world, query, leave=way)
                await stream(server, world, query)
        return ours()

    async def more_left_by_more() -> "Counter[str]":
        world = await new_world(Twin())
        await left_by(1, world)  # what is kept for the next time
        return await left_by(3, world) - await left_by(1, world)

    # On the loop that the server has: asyncio's keeps cancelled timers, with their contexts, until
    # their time has come.
    assert uvloop.run(more_left_by_more()) == Counter()
