"""Strawberry and Tortoise as their documentation shows them: what this project is built on, bare.

It prints its port, and serves the tables of schema.sql.
"""

# pyright: basic, reportUnknownMemberType=false
# (As the documentation shows it, which leaves the types of the fields unsaid.)

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import strawberry
import uvicorn
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from tortoise import Tortoise, fields
from tortoise.expressions import F
from tortoise.models import Model
from tortoise.transactions import in_transaction


class MemberRow(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.TextField()

    class Meta(Model.Meta):
        table = "member"


class ActivityRow(Model):
    id = fields.BigIntField(primary_key=True)
    member: fields.ForeignKeyRelation[MemberRow] = fields.ForeignKeyField("plain.MemberRow")
    type = fields.TextField()
    value = fields.IntField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta(Model.Meta):
        table = "activity"


class ScoreRow(Model):
    member: fields.OneToOneRelation[MemberRow] = fields.OneToOneField(
        "plain.MemberRow", primary_key=True
    )
    score = fields.BigIntField()
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta(Model.Meta):
        table = "score"


@strawberry.type
class Entry:
    rank: int
    member_id: strawberry.ID
    name: str
    score: int


@strawberry.type
class ActivityResult:
    activity_id: strawberry.ID
    member_id: strawberry.ID
    score: int


following: set[asyncio.Queue[None]] = set()


async def entries_of(count: int) -> list[Entry]:
    best = ScoreRow.all().order_by("-score", "-member_id").limit(count)
    rows = await best.select_related("member")
    return [
        Entry(rank=rank, member_id=strawberry.ID(str(row.member.id)), name=row.member.name,
              score=row.score)
        for rank, row in enumerate(rows, 1)
    ]  # fmt: skip


@strawberry.type
class Query:
    @strawberry.field
    async def leaderboard(self, top: int = 10) -> list[Entry]:
        return await entries_of(top)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def record_activity(
        self, member_id: strawberry.ID, type: str, value: int
    ) -> ActivityResult:
        async with in_transaction():
            activity = await ActivityRow.create(member_id=int(member_id), type=type, value=value)
            await ScoreRow.filter(member_id=int(member_id)).update(score=F("score") + value)
            score = await ScoreRow.get(member_id=int(member_id))
        for queue in following:
            queue.put_nowait(None)
        return ActivityResult(
            activity_id=strawberry.ID(str(activity.id)), member_id=member_id, score=score.score
        )


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def leaderboard_top(self, n: int = 10) -> AsyncGenerator[list[Entry], None]:
        queue: asyncio.Queue[None] = asyncio.Queue()
        following.add(queue)
        try:
            while True:
                await queue.get()
                yield await entries_of(n)
        finally:
            following.discard(queue)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncGenerator[None]:
    url = urlsplit(os.environ["DATABASE_URL"])
    credentials: dict[str, Any] = {
        "host": parse_qs(url.query)["host"][0],
        "port": 5432,
        "user": url.username,
        "password": "",
        "database": url.path.lstrip("/"),
        "maxsize": 20,
    }
    await Tortoise.init(
        config={
            "connections": {
                "default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}
            },
            "apps": {"plain": {"models": [__name__], "default_connection": "default"}},
        },
        _enable_global_fallback=True,
    )
    yield
    await Tortoise.close_connections()


def main() -> None:
    """Serve until the process is ended."""
    schema = strawberry.Schema(Query, Mutation, Subscription)
    graphql: GraphQL[None, None] = GraphQL(
        schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
    )
    app = Starlette(lifespan=lifespan)
    app.mount("/graphql", graphql)
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", log_level="error", ws_per_message_deflate=False
    )
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
