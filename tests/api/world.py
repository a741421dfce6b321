"""A small program with its servers, and a client that asks them over HTTP, as the tests need it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, Protocol

import httpx
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from gamification.commands import NewFact
from gamification.facts import NewActivity
from gamification.live import Hub
from gamification.ports import Store
from gamification.program import Program
from gamification.refusals import Refusal
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.recorded import Recorded
from gql.bodies import BODIES_SIZE_MAX
from gql.context import Context
from gql.errors import Unauthenticated
from gql.following import DEFAULT_PATIENCE, Patience
from gql.http import GraphQLApp
from gql.persisted import Documents
from gql.schema import schema
from tests.api.one import NOON, Alone, Clock, Process

__all__ = ["NOON"]

READ = "read"
ALL_SCOPES = frozenset(
    {READ, "activities:write", "members:write", "points:write", "definition:write"}
)

AN_AGE_AGO = datetime(2017, 1, 1, tzinfo=UTC)

FORUM = """
key: forum
name: Forum
description: Where travellers ask.
time_zone: UTC
activities:
  visit: {}
  purchase: {name: Purchase, value: amount, properties: {store: string}}
  upvote:
    description: A post was voted up.
    properties: {post: string, wiki: {type: boolean, optional: true}}
metrics:
  visits: {count: visit}
  spent: {sum: value, of: purchase}
  post_score: {count: upvote, per: properties.post}
points:
  reputation: {name: Reputation, start: 1, minimum: 1}
caps:
  votes: {name: Daily votes, points: reputation, most: 40, per: day}
earning:
  upvoted: {on: upvote, when: "properties.wiki != true", give: {reputation: 10}, cap: votes}
streaks:
  daily: {name: Daily visit, metric: visits, freezes: {start: 1}}
tiers:
  status:
    metric: spent
    levels:
      basic: 0
      gold: {at: 100, name: Gold, multiply: {reputation: 1.5}, perks: [a seat by the window]}
badges:
  first-visit:
    name: First Visit
    description: Came once.
    image: /first.png
    when: [{metric: visits, at_least: 1}]
  regular: {name: Regular, levels: {bronze: 2, silver: 4}, on: visits, give: {reputation: [5, 50]}}
  nice-post: {name: Nice Post, when: [{metric: post_score, at_least: 3}], repeat: per subject}
  spender: {name: Spender, when: [{metric: spent, at_least: 100}], visibility: secret}
leaderboards:
  reputation: {name: Reputation, points: reputation}
  weekly: {name: This week, points: reputation, every: week, ties: dense}
  spent: {name: Spending, metric: spent, every: month, ties: ordinal}
"""


class Deploy(Protocol):
    """Makes a world with these rules, which lasts as long as the test."""

    async def __call__(self, definition: str = FORUM) -> "World": ...


class World:
    """One program on one database, and its servers, which take turns: what is asked or done goes
    to another one than what was asked or done before."""

    def __init__(self, servers: Sequence[Process], clock: Clock) -> None:
        self.servers = servers
        self.clock = clock
        self.scopes = ALL_SCOPES
        self.bearers = {"Bearer good": self}
        """Which credentials are whose, of the worlds on these servers."""
        self.documents: Documents | None = None
        self.here = servers[0]
        """The server whose turn it was last."""
        self._asked = self._acting = cycle(servers)

    @classmethod
    def alone(cls, store: Store, program: Program, *, at: datetime = NOON) -> "World":
        """A world with one server."""
        clock = Clock(at)
        return cls([Alone(store, program, clock)], clock)

    def divide(self) -> None:
        """From now on one server is asked and followed, and things are done at the other: for who
        counts what one process keeps."""
        self._asked, self._acting = cycle(self.servers[:1]), cycle(self.servers[-1:])
        self.here = self.servers[0]

    async def stop_looking(self) -> None:
        """Let the servers hear only what they are told, for a test of what nobody has heard."""
        for server in self.servers:
            await server.stop_looking()

    # The server whose turn it was, as a test sees it from within.

    @property
    def store(self) -> Store:
        return self.here.store

    @property
    def hub(self) -> Hub:
        return self.here.hub

    @property
    def program(self) -> Program:
        return self.here.program

    @property
    def listener_count(self) -> int:
        """How many executions follow anything, at all servers together."""
        return sum(server.local.listener_count for server in self.servers)

    @property
    def at(self) -> datetime:
        """What the clock says."""
        return self.clock.at

    @at.setter
    def at(self, at: datetime) -> None:
        self.clock.at = at

    # The servers, as clients reach them.

    def asked(self) -> Process:
        """The server whose turn it is to be asked."""
        self.here = next(self._asked)
        return self.here

    def app(
        self,
        patience: Patience = DEFAULT_PATIENCE,
        *,
        of: Process | None = None,
        request_bytes_max: int = BODIES_SIZE_MAX,
    ) -> GraphQLApp:
        """What answers requests at one server: that whose turn it was, if none is named."""
        server = of or self.here
        number = self.servers.index(server)

        async def context_of(
            connection: HTTPConnection, init: Mapping[str, object] | None
        ) -> Context:
            given = (init or {}).get("authorization") or connection.headers.get("authorization")
            world = self.bearers.get(str(given))
            if world is None:
                raise Unauthenticated("These credentials are not known.")
            return await world.servers[number].context(world.scopes)

        return GraphQLApp(
            schema,
            context_of=context_of,
            page="<!doctype html>",
            patience=patience,
            request_bytes_max=request_bytes_max,
            answers=server.answers,
            documents=self.documents,
        )

    async def in_turn(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An application whose requests go to one server after the other."""
        await self.app(of=self.asked())(scope, receive, send)

    # What tests do.

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data that a query answers with; there must be no errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def answer(self, query: str, **variables: object) -> dict[str, Any]:
        """All that a query answers with."""
        async with self.client() as client:
            response = await client.post("/", json={"query": query, "variables": variables})
        assert response.status_code == 200
        return response.json()

    @asynccontextmanager
    async def client(self, app: ASGIApp | None = None) -> AsyncGenerator[httpx.AsyncClient]:
        """An HTTP client with good credentials."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app or self.in_turn),
            base_url="http://test",
            headers={"authorization": "Bearer good"},
        ) as client:
            yield client

    async def did(self, member: str, type: str, **more: Any) -> Recorded:
        """A member did something, one second after what was done before."""
        self.at += timedelta(seconds=1)
        more.setdefault("occurred_at", self.at)
        result = await self.record(NewActivity(member=member, type=type, **more))
        assert isinstance(result, Recorded), result
        return result

    async def record(self, new: NewFact) -> Recorded | Refusal:
        """Let the server record it whose turn it is."""
        self.here = next(self._acting)
        return await self.here.recorder.record(self.here.program, new)

    async def upvotes(self, member: str, times: int, *, post: str = "p1") -> None:
        for _ in range(times):
            await self.did(member, "upvote", properties={"post": post})

    async def unheard(self) -> "World":
        """The same world at a server of which the others do not hear."""
        await self.stop_looking()
        return World([Alone(self.store, self.program, self.clock)], self.clock)

    async def beside(self, definition: str) -> "World":
        """Another program on the same servers."""
        program = await new_program(self.store, definition)
        return World([server.beside(program) for server in self.servers], self.clock)


async def new_program(store: Store, definition: str = FORUM) -> Program:
    """A program that was made an age ago."""
    applied = await apply_definition(store, definition, now=AN_AGE_AGO)
    assert applied.program is not None
    return applied.program


async def new_world(store: Store, definition: str = FORUM) -> World:
    """A world with one server, whose program has just been made."""
    return World.alone(store, await new_program(store, definition))
