"""The command line, answering how much it holds: for each line on standard input, one line of JSON.

Only the process itself knows how many tasks it has, and how many pieces of memory its objects take;
all else is read from the system.
"""

import asyncio
import gc
import json
import sys
from threading import Thread

import uvloop

from server.cli import main

COLLECTED = "collected"
"""The line that asks what there is once the collector has been through."""


def observed() -> asyncio.AbstractEventLoop:
    """A new event loop, with a thread that tells of it."""
    loop = new_event_loop()
    Thread(target=_answer, args=(loop,), daemon=True).start()
    return loop


def _answer(loop: asyncio.AbstractEventLoop) -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(_tell, loop, line.strip() == COLLECTED)


def _tell(loop: asyncio.AbstractEventLoop, is_collected: bool) -> None:
    if is_collected:
        gc.collect()
    told = {"tasks": len(asyncio.all_tasks(loop)), "blocks": sys.getallocatedblocks()}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    new_event_loop = uvloop.new_event_loop
    uvloop.new_event_loop = observed
    main()
