"""A small program with its ports, and a client that asks it over HTTP, as the tests need them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from starlette.requests import HTTPConnection

from gamification.commands import NewFact
from gamification.facts import NewActivity
from gamification.ports import Store
from gamification.program import Program
from gamification.ranks.asking import NoIndexes, Ranks
from gamification.refusals import Refusal
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from gql.answers import Answers
from gql.bodies import BODIES_SIZE_MAX
from gql.context import Context
from gql.errors import Unauthenticated
from gql.following import DEFAULT_PATIENCE, Patience
from gql.http import GraphQLApp
from gql.persisted import Documents
from gql.schema import schema
from server.live.hub import LocalHub
from server.retrying import retrying

READ = "read"
ALL_SCOPES = frozenset(
    {READ, "activities:write", "members:write", "points:write", "definition:write"}
)

NOON = datetime(2017, 8, 30, 12, tzinfo=UTC)
"""A Wednesday: its week began on 2017-08-28."""

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


@dataclass
class World:
    """One program on one store. `at` is what the clock says."""

    store: Store
    program: Program
    hub: LocalHub = field(default_factory=LocalHub)
    scopes: frozenset[str] = ALL_SCOPES
    at: datetime = NOON
    ranks: Ranks = field(default_factory=NoIndexes)
    keys: "count[int]" = field(default_factory=lambda: count(1))
    documents: Documents | None = None
    answers: Answers | None = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Answers(self.store.data_versions)

    # The server's parts, as `Context` asks for them.

    def now(self) -> datetime:
        return self.at

    def new_key(self) -> str:
        return f"made-{next(self.keys):04d}"

    def current(self, program: Program) -> Program:
        return self.program

    def replace(self, program: Program) -> None:
        self.program = program

    async def record(self, program: Program, new: NewFact) -> Recorded | Refusal:
        (result,) = await self.record_all(program, [new])
        return result

    async def record_all(
        self, program: Program, new: Sequence[NewFact]
    ) -> Sequence[Recorded | Refusal]:
        return await record_activities(
            self.store, self.hub, program, new, now=self.at, new_key=self.new_key
        )

    def context(self) -> Context:
        return Context(
            program=self.program,
            store=self.store,
            hub=self.hub,
            recorder=self,
            retrying=retrying,
            programs=self,
            scopes=self.scopes,
            now=self.now,
            new_key=self.new_key,
            ranks=self.ranks,
        )

    async def context_of(
        self, connection: HTTPConnection, init: Mapping[str, object] | None
    ) -> Context:
        given = (init or {}).get("authorization") or connection.headers.get("authorization")
        if given != "Bearer good":
            raise Unauthenticated("These credentials are not known.")
        return self.context()

    def app(
        self,
        patience: Patience = DEFAULT_PATIENCE,
        *,
        request_bytes_max: int = BODIES_SIZE_MAX,
    ) -> GraphQLApp:
        return GraphQLApp(
            schema,
            context_of=self.context_of,
            page="<!doctype html>",
            patience=patience,
            request_bytes_max=request_bytes_max,
            answers=self.answers,
            documents=self.documents,
        )

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
    async def client(self, app: GraphQLApp | None = None) -> AsyncGenerator[httpx.AsyncClient]:
        """An HTTP client with good credentials."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app or self.app()),
            base_url="http://test",
            headers={"authorization": "Bearer good"},
        ) as client:
            yield client

    async def did(self, member: str, type: str, **more: Any) -> Recorded:
        """A member did something, one second after what was done before."""
        self.at += timedelta(seconds=1)
        more.setdefault("occurred_at", self.at)
        new = NewActivity(member=member, type=type, **more)
        result = await self.record(self.program, new)
        assert isinstance(result, Recorded), result
        return result

    async def upvotes(self, member: str, times: int, *, post: str = "p1") -> None:
        for _ in range(times):
            await self.did(member, "upvote", properties={"post": post})


async def new_world(store: Store, definition: str = FORUM) -> World:
    """A world whose program has just been made, an age ago."""
    applied = await apply_definition(store, definition, now=datetime(2017, 1, 1, tzinfo=UTC))
    assert applied.program is not None
    return World(store, applied.program)
