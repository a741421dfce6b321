"""A demo that runs, and a browser that looks at it."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.chromium import SECONDS_MAX, Page, browser_page
from tests.house.tree import ROOT


@pytest.fixture
async def demo() -> AsyncIterator[str]:
    """The URL of a demo, started as `make run` starts it."""
    settings = {name: value for name, value in os.environ.items() if "GAMIFICATION_" not in name}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from server.cli import main; main()"),
        *("demo", "--port", "18000", "--for", "5"),
        cwd=ROOT,
        env=settings,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS_MAX):
            line = b""
            while not line.strip().startswith(b"http://"):
                line = await process.stdout.readline()
                assert line, "the demo did not start"
        draining = asyncio.create_task(process.stdout.read())
        yield line.decode().strip().rstrip("/")
        process.terminate()
        async with asyncio.timeout(SECONDS_MAX):
            assert await process.wait() == 0
        assert b"Traceback" not in await draining
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A browser's page; whatever went wrong in it fails the test."""
    profile = Path(tempfile.mkdtemp(prefix="gamification-browser-"))
    try:
        async with browser_page(profile) as page:
            yield page
            assert page.faults == []
    finally:
        shutil.rmtree(profile, ignore_errors=True)
