"""Going on after a cursor: what was announced since is told, and where it cannot be, that is said.

(That nothing is lost or repeated at any moment is tried in tests/laws/test_resuming.py.)
"""

from collections.abc import Sequence
from typing import Any

import pytest

from gamification.ids import MemberId
from gamification.outcomes import Notice, NoticeKind
from gql.history import BEHIND_MAX
from gql.live import NOTICES_PER_UPDATE_MAX
from gql.pages import cursor
from tests.api.live import Server, serving
from tests.api.world import FORUM, NOON, World

FEED = """subscription ($after: String) { feedUpdated(after: $after, perSecond: 10) {
  cursor resync notices { about member { externalId } }
} }"""
MEMBER = """subscription ($after: String) {
  memberUpdated(externalId: "ann", after: $after, perSecond: 10) {
    cursor resync notices { badge { key } } member { points { balance } }
  }
}"""
BOARD = """subscription ($after: String, $key: String = "weekly", $around: String) {
  leaderboardUpdated(key: $key, first: 1, around: $around, after: $after, perSecond: 10) {
    cursor resync entries { score }
  }
}"""


async def first(server: Server, query: str, **variables: Any) -> dict[str, Any]:
    """The first update of a subscription that is given up after it."""
    return (await some(server, query, 1, **variables))[0]


async def some(server: Server, query: str, updates: int, **variables: Any) -> list[dict[str, Any]]:
    async with server.ready() as socket:
        await socket.subscribe(query, **variables)
        return [next(iter((await socket.next()).values())) for _ in range(updates)]


async def announce(world: World, member: MemberId, many: int) -> None:
    """So many notices to everybody, numbered in `about`, of which this process does not hear."""
    notices = [
        Notice(0, NoticeKind.BADGE_AWARDED, member, None, NOON, is_public=True, about=str(n))
        for n in range(many)
    ]
    async with world.store.writing(world.program.record) as writing:
        await writing.add_notices(notices)


def abouts(updates: Sequence[dict[str, Any]]) -> list[list[str | None]]:
    return [[each["about"] for each in update["notices"]] for update in updates]


async def test_what_was_announced_meanwhile_is_told_at_once(world: World) -> None:
    async with serving(world) as server:
        begun = await first(server, FEED)
        await world.did("ann", "visit")
        await world.did("bob", "visit")
        missed = await first(server, FEED, after=begun["cursor"])
        assert [each["member"]["externalId"] for each in missed["notices"]] == ["ann", "bob"]
        assert missed["resync"] is False
        # And what comes next after that, with nothing twice.
        async with server.ready() as socket:
            await socket.subscribe(FEED, after=missed["cursor"])
            assert (await socket.next())["feedUpdated"] == {
                "cursor": missed["cursor"],
                "resync": False,
                "notices": [],
            }
            await world.did("cy", "visit")
            (notice,) = (await socket.next())["feedUpdated"]["notices"]
            assert notice["member"] == {"externalId": "cy"}


async def test_a_cursor_holds_in_another_process(world: World) -> None:
    async with serving(world) as server:
        begun = await first(server, MEMBER)
    await world.did("bob", "visit")
    await world.did("ann", "visit")
    other = await world.unheard()
    async with serving(other) as server:
        assert await first(server, MEMBER, after=begun["cursor"]) == {
            "cursor": cursor("notice", world.program.id, 2),
            "resync": False,
            "notices": [{"badge": {"key": "first-visit"}}],
            "member": {"points": [{"balance": "1"}]},
        }


async def test_a_notice_that_this_process_did_not_hear_is_told_in_its_place(world: World) -> None:
    other = await world.unheard()
    async with serving(world) as server, server.ready() as socket:
        await socket.subscribe(FEED)
        assert (await socket.next())["feedUpdated"]["notices"] == []
        await other.did("ann", "visit")
        await world.did("bob", "visit")
        notices = (await socket.next())["feedUpdated"]["notices"]
    assert [each["member"]["externalId"] for each in notices] == ["ann", "bob"]


async def test_many_notices_come_in_parts(small_world: World) -> None:
    async with serving(small_world) as server:
        begun = await first(server, FEED)
        ann = (await small_world.did("ann", "visit")).member.id  # which is announced, too
        await announce(small_world, ann, BEHIND_MAX - 1)
        parts = await some(server, FEED, 10, after=begun["cursor"])
        assert [about for part in abouts(parts) for about in part] == [
            None,
            *(str(n) for n in range(BEHIND_MAX - 1)),
        ]
        assert {len(part) for part in abouts(parts)} == {NOTICES_PER_UPDATE_MAX}
        # Any of the parts can be gone on from.
        assert await some(server, FEED, 9, after=parts[0]["cursor"]) == parts[1:]


async def test_too_many_notices_are_left_out_and_that_is_said(small_world: World) -> None:
    async with serving(small_world) as server:
        begun = await first(server, FEED)
        ann = (await small_world.did("ann", "visit")).member.id
        await announce(small_world, ann, BEHIND_MAX)
        assert await first(server, FEED, after=begun["cursor"]) == {
            "cursor": cursor("notice", small_world.program.id, BEHIND_MAX + 1),
            "resync": True,
            "notices": [],
        }


async def test_a_subscriber_that_falls_far_behind_is_told_so(small_world: World) -> None:
    ann = (await small_world.did("ann", "visit")).member.id
    async with serving(small_world) as server, server.ready() as socket:
        await socket.subscribe(FEED)
        await socket.next()
        await announce(small_world, ann, BEHIND_MAX)
        await small_world.did("bob", "visit")
        assert (await socket.next())["feedUpdated"] == {
            "cursor": cursor("notice", small_world.program.id, BEHIND_MAX + 2),
            "resync": True,
            "notices": [],
        }
        await small_world.did("cy", "visit")
        (notice,) = (await socket.next())["feedUpdated"]["notices"]
        assert notice["member"] == {"externalId": "cy"}


@pytest.mark.parametrize(
    "after",
    [
        "junk",
        "",
        cursor("notice", 1, 1),
        cursor("notice", 1, -1),
        cursor("notice", 1, 2**64 - 1),
        cursor("notice", 2, 0),
        cursor("notice", 0),
        cursor("board", 1, "weekly", ""),
    ],
)
@pytest.mark.parametrize("query", [FEED, MEMBER])
async def test_a_cursor_of_something_else_is_answered_with_a_snapshot(
    small_world: World, query: str, after: str
) -> None:
    assert small_world.program.id == 1
    async with serving(small_world) as server:
        snapshot = await first(server, query)
        assert await first(server, query, after=after) == {**snapshot, "resync": True}


async def test_a_cursor_of_another_program_is_answered_with_a_snapshot(world: World) -> None:
    other = await world.beside(FORUM.replace("key: forum", "key: other", 1))
    async with serving(other) as server:
        elsewhere = await first(server, FEED)
    await world.did("ann", "visit")
    async with serving(world) as server:
        update = await first(server, FEED, after=elsewhere["cursor"])
        assert (update["resync"], update["notices"]) == (True, [])


async def test_the_cursor_of_a_leaderboard_is_another_one_when_the_board_is(world: World) -> None:
    async with serving(world) as server:
        empty = await first(server, BOARD)
        assert empty == await first(server, BOARD)
        await world.upvotes("ann", 1)
        one = await first(server, BOARD, after=empty["cursor"])
        assert (one["resync"], one["entries"]) == (False, [{"score": "10"}])
        await world.did("bob", "visit")  # does not score
        assert await first(server, BOARD, after=one["cursor"]) == one
        await world.upvotes("bob", 2)
        two = await first(server, BOARD, after=one["cursor"])
        assert (two["resync"], two["entries"]) == (False, [{"score": "20"}])
        around = await first(server, BOARD, around="ann")
        assert len({each["cursor"] for each in (empty, one, two, around)}) == 4
        # A lower score moves nothing that is shown.
        await world.upvotes("cy", 1)
        assert await first(server, BOARD, after=two["cursor"]) == two


@pytest.mark.parametrize(
    "after", ["junk", cursor("notice", 1, 0), cursor("board", 2, "weekly", "x")]
)
async def test_a_cursor_that_is_none_of_the_leaderboard_is_told(
    small_world: World, after: str
) -> None:
    async with serving(small_world) as server:
        present = await first(server, BOARD)
        assert await first(server, BOARD, after=after) == {**present, "resync": True}
        other = await first(server, BOARD, key="spent")
        assert await first(server, BOARD, after=other["cursor"]) == {**present, "resync": True}
