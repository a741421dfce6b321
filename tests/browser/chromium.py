"""A headless Chromium driven over its DevTools protocol: without it nobody would test the page."""

import asyncio
import base64
import itertools
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

SECONDS_MAX = 30

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Page:
    """One page of a browser, with what went wrong in it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.faults: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Give the browser a command of the protocol."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send(
            orjson.dumps({"id": number, "method": method, "params": params}).decode()
        )
        async with asyncio.timeout(SECONDS_MAX):
            return await answer

    async def open(self, url: str) -> None:
        await self.command("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise's, when it is kept."""
        answer = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true: the page looks after every frame it draws."""
        await self.value(
            f"""new Promise((found, lost) => {{
                const last = performance.now() + {SECONDS_MAX * 900};
                const look = () => {{
                    let value;
                    try {{ value = {expression}; }} catch {{ }}
                    if (value) found(true);
                    else if (performance.now() > last) lost(new Error("never true"));
                    else requestAnimationFrame(look);
                }};
                look();
            }})"""
        )

    async def set_view(
        self, width: int, height: int, *, is_dark: bool = False, is_calm: bool = False
    ) -> None:
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await self.command(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"},
                {
                    "name": "prefers-reduced-motion",
                    "value": "reduce" if is_calm else "no-preference",
                },
            ],
        )

    async def screenshot(self) -> bytes:
        """What is seen, as PNG."""
        shot = await self.command("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def _read(self) -> None:
        async for text in self._socket:
            message = orjson.loads(text)
            if "id" in message:
                self._answer(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.faults.append(_told(message["params"]["exceptionDetails"]))
            elif message["method"] == "Log.entryAdded":
                entry = message["params"]["entry"]
                if entry["level"] == "error":
                    self.faults.append(f"{entry['text']} {entry.get('url', '')}")

    def _answer(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message["id"])
        if "error" in message:
            answer.set_exception(AssertionError(message["error"]))
        else:
            answer.set_result(message["result"])


def _told(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description") or details["text"])


def _program() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert found, "there is no Chromium: set CHROMIUM to the path of one"
    return found


@asynccontextmanager
async def browser_page(profile: Path) -> AsyncGenerator[Page]:
    """A page of a new browser with an empty profile."""
    process = await asyncio.create_subprocess_exec(
        _program(),
        *_OPTIONS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SECONDS_MAX):
            line = b""
            while b"DevTools listening on " not in line:
                line = await process.stderr.readline()
                assert line, "the browser did not start"
        draining = asyncio.create_task(process.stderr.read())
        address = line.decode().split("listening on ")[1].strip()
        async with _attached(address) as page:
            yield page
        await draining
        await process.wait()
    except BaseException:
        process.kill()
        await process.wait()
        raise


@asynccontextmanager
async def _attached(address: str) -> AsyncGenerator[Page]:
    """The browser's first page, with everything reported that this module listens to."""
    browser = await connect(address, max_size=None, compression=None)
    async with browser:
        await browser.send('{"id": 1, "method": "Target.getTargets"}')
        targets = orjson.loads(await browser.recv())["result"]["targetInfos"]
        target = next(each["targetId"] for each in targets if each["type"] == "page")
        host = address.split("/devtools/")[0]
        async with connect(
            f"{host}/devtools/page/{target}", max_size=None, compression=None
        ) as socket:
            page = Page(socket)
            for domain in ("Page", "Runtime", "Log"):
                await page.command(f"{domain}.enable")
            yield page
        await browser.send('{"id": 2, "method": "Browser.close"}')
