"""Runs the command line as a person would: what is typed, what is printed, the exit status."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import pytest
from typer.testing import CliRunner

from gamification.ports import Store
from gamification.use_cases.apply_definition import apply_definition
from models.store import open_store
from server.cli import app
from tests.builders import NOON, definition
from tests.house.tree import ROOT

T = TypeVar("T")

CLUB = definition(
    activities={"visit": {"properties": {"place": {"type": "string", "optional": True}}}},
    metrics={"visits": {"sum": "value", "of": "visit"}},
    points={"stars": {}},
    earning={"visiting": {"on": "visit", "give": {"stars": "value"}}},
    badges={"regular": {"when": {"metric": "visits", "at_least": 3}}},
    leaderboards={"all": {"points": "stars"}},
)
"""A club whose members visit places: each visit is worth its value in stars."""

_SECONDS_MAX = 60


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.rstrip().splitlines()[-1]


@dataclass(frozen=True)
class Terminal:
    """A folder and a database to give commands in."""

    folder: Path
    url: str

    @classmethod
    def at(cls, folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Self:
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("GAMIFICATION_DATABASE_URL", url)
        return cls(folder, url)

    def run(self, *words: str) -> Said:
        """Give a command, in this process."""
        result = CliRunner().invoke(app, list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Give a command in a process of its own, for signals."""
        return subprocess.Popen(
            [sys.executable, "-c", "from server.cli import main; main()", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "GAMIFICATION_DATABASE_URL": self.url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def apply_club(self) -> None:
        """Create the program `club`."""

        async def applying(store: Store) -> None:
            await apply_definition(store, CLUB, now=NOON)

        self.ask(applying)

    def ask(self, question: Callable[[Store], Awaitable[T]]) -> T:
        """What the database says to a question."""

        async def asking() -> T:
            async with asyncio.timeout(_SECONDS_MAX), open_store(self.url) as store:
                return await question(store)

        return asyncio.run(asking())

    def scores(self) -> dict[str, int]:
        """Everybody's stars."""

        async def reading(store: Store) -> dict[str, int]:
            record = await store.program("club")
            assert record is not None
            reading = store.reading(record)
            members = await reading.member_page(after=None, limit=100)
            accounts = await reading.accounts([member.id for member in members])
            names = {member.id: member.external_id for member in members}
            return {
                names[key.member]: account.balance // 10_000 for key, account in accounts.items()
            }

        return self.ask(reading)
