"""A worker that lives and does nothing is replaced; nobody is ended who could not help it."""

import os
import signal
from contextlib import suppress
from math import inf

import httpx
import pytest

from server.pulses import Pulses
from tests.server.asking import nothing_differs, numbers_at, secret_for
from tests.server.running import Running, running_server
from tests.server.subscribers import (
    FEED,
    LOST,
    MEMBERS,
    RULES,
    Reader,
    announced,
    going_on,
    visit,
)
from tests.server.test_workers import events, pids
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

SILENCE_SECONDS_MAX = 3
READERS = 6
REPLACED = "gamification_workers_replaced_total"
BLOCKS_AT_USR1 = """
import signal, time
def held_up(*_):
    time.sleep(600)
signal.signal(signal.SIGUSR1, held_up)
"""


@pytest.mark.parametrize("hangs_by", [signal.SIGSTOP, signal.SIGUSR1])
async def test_a_worker_that_hangs_is_replaced_and_its_subscribers_go_on(
    postgresql_url: str, valkey: Valkey, hangs_by: signal.Signals
) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write")
    async with running_server(
        postgresql_url,
        first=BLOCKS_AT_USR1,
        workers="2",
        redis_url=valkey.url,
        metrics_port="0",
        worker_silence_seconds_max=str(SILENCE_SECONDS_MAX),
    ) as server:

        async def reach() -> Running:
            return server

        for number in range(MEMBERS):
            await visit(server, secret, str(number))
        readers = [Reader(reach, secret, FEED) for _ in range(READERS)]
        async with going_on([reader.read() for reader in readers]):
            for reader in readers:
                await reader.until_begun()
            hung = await with_most_sockets(server)
            os.kill(hung, hangs_by)
            for number in range(MEMBERS, 10):
                await visit_in_the_end(server, secret, str(number))
            await server.logged("worker up", 3)
            for number in range(10, 15):
                await visit(server, secret, str(number))
            for reader in readers:
                await reader.until_told(15 - MEMBERS)

        assert [line["pid"] for line in events(server, "worker hung")] == [hung]
        died = [(line["pid"], line["status"]) for line in events(server, "worker died")]
        assert died == [(hung, -signal.SIGABRT)]
        assert "Fatal Python error: Aborted\n" in server.said
        assert any("in held_up" in line for line in server.said) is (hangs_by is signal.SIGUSR1)
        survivor, successor = [await numbers_of(server, pid) for pid in pids(server)]
        assert [survivor[REPLACED, end] for end in ("died", "hung")] == [0, 0]
        assert [successor[REPLACED, end] for end in ("died", "hung")] == [0, 1]
        expected = await announced(postgresql_url)
        assert [reader.told for reader in readers] == [expected] * READERS
        assert [reader.resyncs for reader in readers] == [0] * READERS
        assert sum(reader.returns for reader in readers) >= READERS // 2
        assert await server.stop() == 0
    await nothing_differs(postgresql_url)


async def numbers_of(server: Running, pid: int) -> dict[tuple[str, ...], float]:
    """The numbers of one worker. Each begins to tell them just before it is up."""
    urls = [line["url"] for line in events(server, "numbers")]
    born = [line["pid"] for line in events(server, "worker up")]
    async with server.client("gam_any") as client:
        return await numbers_at(client, urls[born.index(pid)])


async def with_most_sockets(server: Running) -> int:
    """The worker that most subscribers are at."""
    sockets = {
        pid: (await numbers_of(server, pid))["gamification_sockets",] for pid in pids(server)
    }
    assert sum(sockets.values()) == READERS
    return max(sockets, key=lambda pid: sockets[pid])


async def visit_in_the_end(server: Running, secret: str, key: str) -> None:
    """A visit, sent again if the worker that was to record it is gone."""
    while True:
        with suppress(*LOST):
            await visit(server, secret, key)
            return


async def test_workers_that_were_suspended_with_their_parent_go_on(postgresql_url: str) -> None:
    secret = await secret_for(postgresql_url, RULES, "activities:write")
    async with running_server(
        postgresql_url, workers="2", worker_silence_seconds_max=str(SILENCE_SECONDS_MAX)
    ) as server:
        all_of_them = [server.process.pid, *pids(server)]
        for pid in all_of_them:
            os.kill(pid, signal.SIGSTOP)
        async with server.client(secret) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/health", timeout=SILENCE_SECONDS_MAX + 1)
        for pid in all_of_them:
            os.kill(pid, signal.SIGCONT)
        await visit(server, secret, "1")
        assert await server.stop() == 0
    assert [line["event"] for line in server.log if line["level"] == "error"] == []


def test_a_worker_is_overdue_when_it_was_silent_for_too_long() -> None:
    pulses = Pulses(30)
    assert pulses.beat_seconds == 3
    pulses.wake(100)
    pulses.beat(1)
    pulses.wake(103)
    pulses.beat(2)
    for now in (106, 109, 110, 113, 116, 119, 122, 125, 128):
        pulses.wake(now)
    assert (pulses.overdue(1), pulses.overdue(2)) == (-2, -5)
    pulses.beat(2)
    pulses.wake(131)
    assert (pulses.overdue(1), pulses.overdue(2)) == (1, -27)
    pulses.forget(1)
    assert pulses.overdue(1) == -30


def test_a_worker_that_has_not_beaten_yet_may_take_its_time() -> None:
    pulses = Pulses(30)
    for now in range(0, 1000, 3):
        pulses.wake(now)
        assert pulses.overdue(1) == -30


def test_what_a_parent_slept_through_is_no_silence() -> None:
    pulses = Pulses(30)
    pulses.wake(100)
    pulses.beat(1)
    pulses.wake(9100)
    assert pulses.overdue(1) == 6 - 30
    pulses.wake(9103)
    assert pulses.overdue(1) == 9 - 30


def test_without_a_limit_nobody_beats_and_nobody_is_overdue() -> None:
    pulses = Pulses(0)
    assert pulses.beat_seconds is None
    pulses.wake(100)
    pulses.beat(1)
    pulses.wake(9100)
    assert pulses.overdue(1) == -inf
