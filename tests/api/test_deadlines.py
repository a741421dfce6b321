"""What takes too long is ended, however many deadlines share the timer, and nothing else is."""

import asyncio

import pytest

from gql.deadlines import Deadlines

SECONDS = 0.02


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> str:
    return "done"


async def test_what_is_done_in_time_is_left_alone() -> None:
    deadlines, loop = Deadlines(SECONDS), asyncio.get_running_loop()
    assert await deadlines.within(at_once()) == "done"
    began = loop.time()
    with pytest.raises(TimeoutError):  # by its own deadline, which comes after the first one's
        await deadlines.within(never())
    assert loop.time() >= began + SECONDS


async def test_what_is_late_is_ended_and_its_task_goes_on() -> None:
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(TimeoutError):
        await Deadlines(SECONDS).within(never())
    assert task.cancelling() == 0
    assert await at_once() == "done"


async def test_each_has_as_long_as_the_others() -> None:
    deadlines, loop = Deadlines(SECONDS), asyncio.get_running_loop()
    ended: list[str] = []

    async def working(name: str) -> None:
        began = loop.time()
        with pytest.raises(TimeoutError):
            await deadlines.within(never())
        assert loop.time() >= began + SECONDS
        ended.append(name)

    async def following() -> None:
        """Begin when half of the other's time is over."""
        half = asyncio.Event()
        loop.call_later(SECONDS / 2, half.set)
        await half.wait()
        await working("second")

    await asyncio.gather(working("first"), following())
    assert ended == ["first", "second"]


async def test_whoever_cancels_it_is_not_told_of_a_deadline() -> None:
    working = asyncio.create_task(Deadlines(SECONDS).within(never()))
    await asyncio.wait([working], timeout=0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_whoever_cancels_it_at_its_end_is_not_told_of_it_either() -> None:
    """Both at one moment: the cancellation is meant for more than this work."""

    async def cancelled_late() -> None:
        try:
            await never()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            raise

    working = asyncio.create_task(Deadlines(SECONDS).within(cancelled_late()))
    with pytest.raises(asyncio.CancelledError):
        await working
