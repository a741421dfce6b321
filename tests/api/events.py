"""A client of server-sent events, as the HTML standard has them."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx

SECONDS_MAX = 10
EVENTS = {"accept": "text/event-stream", "authorization": "Bearer good"}


class Event(NamedTuple):
    """One event. `id` is what `Last-Event-ID` would be after it."""

    name: str
    data: str
    id: str = ""

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.data)


class Events:
    """The events of one response."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines: AsyncIterator[str] = response.aiter_lines()
        self._id = ""

    async def next(self) -> Event:
        """The next event; comments are passed over. Raises `StopAsyncIteration` at the end."""
        name, data = "message", list[str]()
        while True:
            line = await self.line()
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match field:
                case "event":
                    name = value
                case "data":
                    data.append(value)
                case "id":
                    self._id = value
                case _ if not line and data:
                    return Event(name, "\n".join(data), self._id)
                case _:
                    assert field == "", line

    async def line(self) -> str:
        async with asyncio.timeout(SECONDS_MAX):
            return await anext(self._lines)

    async def update(self) -> dict[str, Any]:
        """The one field of the next result, which has no errors, and whose id is its cursor."""
        event = await self.next()
        assert event.name == "next", event
        assert event.payload.keys() == {"data"}, event
        (update,) = event.payload["data"].values()
        assert update.get("cursor", event.id) == event.id != ""
        return update

    async def rest(self) -> list[Event]:
        """Everything until the server ends the response."""
        events: list[Event] = []
        try:
            while True:
                events.append(await self.next())
        except StopAsyncIteration:
            return events


@asynccontextmanager
async def streaming(
    url: str, query: str, *, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncGenerator[Events]:
    """Ask by POST for a stream."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=SECONDS_MAX) as client,
        client.stream(
            "POST",
            url,
            headers={**EVENTS, **(headers or {})},
            json={"query": query, "variables": variables},
        ) as response,
    ):
        yield Events(response)
