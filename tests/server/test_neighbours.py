"""Processes tell each other over Redis, outlive it, and read nothing that is not theirs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from gamification.ids import MemberId, ProgramId
from gamification.live import Changes
from gamification.outcomes import Notice, NoticeKind
from gamification.ranks.fed import Move, Moves
from gamification.state import AwardKey
from server.live import neighbours
from server.live.announcing import announce
from server.live.messages import (
    BYTES_MAX,
    MOVES_MAX,
    KeyRevoked,
    Message,
    Moved,
    RulesApplied,
    Told,
    alone,
    channel_of,
    decoded,
    encoded,
)
from server.live.neighbours import WAITING_BYTES_MAX, WAITING_MAX, Neighbours
from server.redis import redis_at
from server.settings import read_settings
from tests.builders import ANNE, BEN, NOON
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

CLUB = ProgramId(1)
TOLD = Told(CLUB, 7, [ANNE, BEN], ["weekly"], True, 1_780_000_000.25)
SECONDS_MAX = 20


def crowded(version: int, count: int = MOVES_MAX, score: int = 2**62) -> Moved:
    """A commit that moves many members of a board far up."""
    moves = tuple(Move(MemberId(2**62 + n), score, NOON) for n in range(count))
    return Moved(Moves(CLUB, version, {("visits", "w2026-03-02"): moves}))


class Neighbour:
    """One process: what it has heard, in order."""

    def __init__(self, live: Neighbours) -> None:
        self.live = live
        self.heard: asyncio.Queue[Message] = asyncio.Queue()
        live.on_message = self.heard.put_nowait

    async def loses(self) -> None:
        """Wait until Redis is lost."""
        async with asyncio.timeout(SECONDS_MAX):
            await self.live.until_away()

    async def is_back(self) -> None:
        """Wait until others are heard again."""
        async with asyncio.timeout(SECONDS_MAX):
            await self.live.until_connected()

    async def hears(self) -> Message:
        async with asyncio.timeout(SECONDS_MAX):
            return await self.heard.get()


@asynccontextmanager
async def neighbour(valkey: Valkey, prefix: str = "test") -> AsyncGenerator[Neighbour]:
    """A process that has said nothing yet, and hears."""
    async with redis_at(valkey.url) as redis:
        live = Neighbours(redis, prefix)
        found = Neighbour(live)
        live.start()
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await live.until_connected()
            yield found
        finally:
            await live.stop()


async def send_raw(valkey: Valkey, payload: bytes) -> None:
    async with redis_at(valkey.url) as redis:
        await redis.publish(channel_of("test"), payload)  # pyright: ignore[reportUnknownMemberType]


async def test_others_hear_and_oneself_does_not(valkey: Valkey) -> None:
    async with neighbour(valkey) as one, neighbour(valkey) as two, neighbour(valkey) as three:
        one.live.tell(TOLD)
        assert (await two.hears(), await three.hears()) == (TOLD, TOLD)
        two.live.tell(RulesApplied(CLUB))
        two.live.tell(KeyRevoked(CLUB))
        assert (await one.hears(), await one.hears()) == (RulesApplied(CLUB), KeyRevoked(CLUB))
        assert one.heard.empty()
        assert [(each.live.sent, each.live.heard) for each in (one, two, three)] == [
            (1, 2),
            (2, 1),
            (0, 3),
        ]


@pytest.mark.parametrize("turns", range(0, 24, 3))
async def test_whoever_stops_while_it_sends_for_the_first_time_ends(
    valkey: Valkey, turns: int
) -> None:
    """At each of these moments the client is at another step of connecting."""
    async with redis_at(valkey.url) as redis:
        live = Neighbours(redis, "test")
        live.start()
        async with asyncio.timeout(SECONDS_MAX):
            await live.until_connected()
            live.tell(TOLD)
            for _ in range(turns):
                await asyncio.sleep(0)
            await live.stop()
        assert live.sent + live.dropped == 1


async def test_deployments_with_other_prefixes_are_not_heard(valkey: Valkey) -> None:
    async with neighbour(valkey, "a") as one, neighbour(valkey, "b") as two:
        one.live.tell(TOLD)
        two.live.tell(RulesApplied(CLUB))
        async with neighbour(valkey, "a") as third:
            third.live.tell(KeyRevoked(CLUB))
            assert await one.hears() == KeyRevoked(CLUB)
        assert two.heard.empty()


async def test_a_redis_that_comes_back_empty_is_found_again(valkey: Valkey) -> None:
    async with neighbour(valkey) as one, neighbour(valkey) as two:
        valkey.kill()
        await one.loses()
        await two.loses()
        valkey.start()
        await one.is_back()
        await two.is_back()
        one.live.tell(TOLD)
        two.live.tell(RulesApplied(CLUB))
        assert (await two.hears(), await one.hears()) == (TOLD, RulesApplied(CLUB))


async def test_what_cannot_be_sent_is_counted_and_dropped(valkey: Valkey) -> None:
    async with neighbour(valkey) as one:
        for _ in range(WAITING_MAX + 5):
            one.live.tell(TOLD)
        assert one.live.dropped == 5
        valkey.kill()
    assert one.live.sent + one.live.dropped == WAITING_MAX + 5
    assert not one.live.is_connected


async def test_what_is_too_large_together_is_sent_bit_by_bit(valkey: Valkey) -> None:
    async with neighbour(valkey) as one, neighbour(valkey) as two:
        for version in range(7):
            one.live.tell(crowded(version))
        assert [await two.hears() for _ in range(7)] == [crowded(n) for n in range(7)]
        assert (one.live.dropped, one.live.sent, two.live.unreadable) == (0, 7, 0)


async def test_what_waits_is_bounded_in_bytes_and_what_is_too_long_not_sent(
    valkey: Valkey,
) -> None:
    async with neighbour(valkey) as one, neighbour(valkey) as two:
        one.live.tell(Told(CLUB, 1, [], ["b" * BYTES_MAX], False, 0.0))
        assert one.live.dropped == 1
        fitting = WAITING_BYTES_MAX // len(alone(crowded(1)))
        for _ in range(fitting + 3):
            one.live.tell(crowded(1))
        assert one.live.dropped == 4
        for _ in range(fitting):
            await two.hears()
        one.live.tell(TOLD)
        assert await two.hears() == TOLD


async def test_one_that_is_frozen_is_given_up_and_heard_again(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr("server.redis.SECONDS_MAX", 0.2)
    async with neighbour(valkey) as one:
        valkey.freeze()
        await one.loses()
        valkey.thaw()
        await one.is_back()
        async with neighbour(valkey) as two:
            two.live.tell(TOLD)
            assert await one.hears() == TOLD


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xff",
        b"hello",
        msgpack.encode(None),
        msgpack.encode([b"x"]),
        msgpack.encode([b"x", [[9, 1]]]),
        msgpack.encode([b"x", [[1, "club", 1, [], [], False]]]),
        msgpack.encode([b"x", [[1, 1, 1, ["1"], [], False]]]),
        msgpack.encode([b"x", [[1, 1]]]),
        encoded(b"x", [Told(CLUB, 1, [], ["b" * BYTES_MAX], False, 0.0)]),
        b"\x93\xc4\x01x\x90" + b"\x91" * 100_000,  # more than is read, and nested
        encoded(b"x", [crowded(1, score=2**63)]),
        encoded(b"x", [crowded(1, score=-(2**63))]),
        encoded(b"x", [Moved(Moves(CLUB, 1, {("visits", ""): (Move(MemberId(2**63), 1, NOON),)}))]),
        msgpack.encode([b"x", [[4, [1, 1, [["visits", []]]]]]]),
    ],
)
async def test_what_is_no_message_of_ours_is_counted_and_nothing_else(
    valkey: Valkey, payload: bytes
) -> None:
    async with neighbour(valkey) as one, neighbour(valkey) as two:
        await send_raw(valkey, payload)
        two.live.tell(TOLD)
        assert await one.hears() == TOLD
        assert (one.live.unreadable, one.live.heard) == (1, 1)


async def test_a_command_tells_running_servers(valkey: Valkey) -> None:
    settings = read_settings(redis_url=valkey.url, redis_prefix="test")
    async with neighbour(valkey) as one:
        assert await announce(settings, RulesApplied(CLUB)) is True
        assert await one.hears() == RulesApplied(CLUB)
        valkey.kill()
        assert await announce(settings, RulesApplied(CLUB)) is False
    assert await announce(read_settings(), RulesApplied(CLUB)) is False


def test_what_is_told_of_a_change() -> None:
    award = AwardKey(BEN, "regular", 1, "", "")
    private = Notice(1, NoticeKind.BADGE_AWARDED, BEN, award, NOON, False)
    changes = Changes(CLUB, frozenset({ANNE}), frozenset({"weekly"}), (private,))
    told = Told.of(changes, 3, 1_780_000_000.25)
    assert (told.program, told.version, told.boards, told.is_public) == (1, 3, ["weekly"], False)
    assert sorted(told.members) == [ANNE, BEN]
    assert told.committed_at == 1_780_000_000.25
    public = changes._replace(notices=(private._replace(is_public=True),))
    assert Told.of(public, 3, 0.0).is_public
    assert decoded(encoded(b"me", [told])) == (b"me", [told])
    told = Told(CLUB, 10**6, [MemberId(2**62)], ["weekly"], True, 1_780_000_000.25)
    assert len(encoded(b"8 bytes.", [told])) == 48


MOVES = st.builds(
    Move,
    st.integers(0, 2**63 - 1).map(MemberId),
    st.none() | st.integers(1 - 2**63, 2**63 - 1),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(
    st.none()
    | st.dictionaries(
        st.tuples(st.text(max_size=5), st.text(max_size=5)), st.lists(MOVES).map(tuple)
    )
)
def test_moves_arrive_as_they_were_told(boards: dict[tuple[str, str], tuple[Move, ...]]) -> None:
    moved = Moved.of(Moves(CLUB, 10**12, boards))
    assert decoded(encoded(b"me", [TOLD, moved])) == (b"me", [TOLD, moved])


def test_of_too_many_moves_none_is_told() -> None:
    assert Moved.of(crowded(7).moves) == crowded(7)
    assert Moved.of(crowded(7, MOVES_MAX + 1).moves) == Moved(Moves(CLUB, 7, None))
    assert len(encoded(b"8 bytes.", [crowded(10**6)])) == 250_045
