"""What is sent while servers are killed: without this list nobody knew what was lost."""

import asyncio


class Log:
    """What the clients still have to send, and what a server has acknowledged."""

    def __init__(self, keys: list[str]) -> None:
        self.waiting = keys
        self.acknowledged: set[str] = set()
        self._grown = asyncio.Event()

    def acknowledge(self, key: str) -> None:
        self.acknowledged.add(key)
        self._grown.set()

    async def reached(self, count: int) -> None:
        """Wait until so many are acknowledged."""
        while len(self.acknowledged) < count:
            self._grown.clear()
            await self._grown.wait()
