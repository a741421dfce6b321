"""The web application: which URL leads where, and what begins and ends with it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gamification.ports import Store
from gql.answers import Answers
from gql.following import Patience
from gql.http import GraphQLApp
from gql.persisted import Documents
from gql.schema import printed_schema, schema
from server.documents import documents_of
from server.health import health_routes
from server.metrics import Metrics
from server.pages import graphiql_page, page_routes
from server.request_log import RequestLog
from server.services import Services
from server.settings import Settings

PREFLIGHT_SECONDS = 3600


def create_app(
    settings: Settings,
    store: Store,
    *,
    services: Services | None = None,
    demo_key: str | None = None,
) -> Starlette:
    """The application on an open store. `demo_key` is given to everyone who opens the page."""
    parts = services or Services.of(settings, store)
    answers = _answers(settings, store)
    graphql = GraphQLApp(
        schema,
        context_of=parts.context_of,
        page=graphiql_page(demo_key) if settings.graphiql else None,
        allowed_origins=settings.allowed_origins,
        patience=Patience(send=settings.socket_send_seconds_max),
        request_bytes_max=settings.request_bytes_max,
        answers=answers,
        documents=documents_of(settings),
        connected=parts.connected,
    )

    _show_subscriptions(parts.metrics, graphql)
    _show_documents(parts.metrics, graphql.documents)
    if answers is not None:
        _show_answers(parts.metrics, answers)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        parts.start()
        yield
        await parts.stop()

    return Starlette(
        routes=[
            *health_routes(store, parts.live),
            *_open_routes(settings, demo_key),
        ],
        middleware=[
            Middleware(RequestLog, on_response=parts.observer.responded),
            *_sharing(settings.allowed_origins),
            Middleware(_Ahead, path="/graphql", first=graphql),
        ],
        lifespan=lifespan,
    )


def _open_routes(settings: Settings, demo_key: str | None) -> list[BaseRoute]:
    """What helps to ask anything; where only trusted documents run, there is nothing to be helped:
    the schema is not told, and the page could ask nothing."""
    if settings.trusted_documents is not None:
        return []
    return [
        Route("/schema.graphql", _schema),
        *page_routes(graphiql=settings.graphiql, demo_key=demo_key),
    ]


def _sharing(allowed_origins: Sequence[str]) -> list[Middleware]:
    """Lets pages of these origins read answers; without any, browsers let none."""
    if not allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "traceparent"],
            max_age=PREFLIGHT_SECONDS,
        )
    ]


def _show_subscriptions(metrics: Metrics, graphql: GraphQLApp) -> None:
    metrics.reads("sockets", "WebSockets that are open.", lambda: graphql.sockets.open)
    metrics.reads("event_streams", "Event streams that are open.", lambda: graphql.streams.open)
    metrics.reads(
        "subscription_groups", "Subscriptions that are executed.", lambda: len(graphql.groups)
    )
    metrics.reads(
        "followers", "Those who are told their results.", lambda: graphql.groups.followers
    )


def _answers(settings: Settings, store: Store) -> Answers | None:
    if not settings.answer_cache_bytes_max:
        return None
    return Answers(
        store.data_versions,
        bytes_max=settings.answer_cache_bytes_max,
        entries_max=settings.answer_cache_size_max,
    )


def _show_answers(metrics: Metrics, answers: Answers) -> None:
    numbers: dict[str, tuple[str, Callable[[], float]]] = {
        "hits": ("Answers that were given again.", lambda: answers.counts().hits),
        "misses": ("Answers that had to be worked out.", lambda: answers.counts().misses),
        "joined": ("Requests that waited for another's.", lambda: answers.counts().joined),
        "entries": ("Answers that are kept.", lambda: answers.counts().entries),
        "bytes": ("What they take.", lambda: answers.counts().size),
    }
    for name, (description, function) in numbers.items():
        metrics.reads(f"kept_answers_{name}", description, function)


def _show_documents(metrics: Metrics, documents: Documents) -> None:
    numbers: dict[str, tuple[str, Callable[[], float]]] = {
        "hits": ("Documents that were named and found.", lambda: documents.counts().hits),
        "registrations": (
            "Documents sent with their hash.",
            lambda: documents.counts().registrations,
        ),
        "misses": ("Documents that were not there.", lambda: documents.counts().misses),
        "entries": ("Documents that are kept.", lambda: documents.counts().entries),
        "bytes": ("What they take.", lambda: documents.counts().size),
    }
    for name, (description, function) in numbers.items():
        metrics.reads(f"persisted_documents_{name}", description, function)


class _Ahead:
    """Answers one path before anybody looks through the routes: nearly all requests are for it."""

    def __init__(self, app: ASGIApp, *, path: str, first: ASGIApp) -> None:
        self._others = app
        self._path = path
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ahead = scope.get("path") == self._path
        await (self._first if is_ahead else self._others)(scope, receive, send)


async def _schema(_: Request) -> PlainTextResponse:
    return PlainTextResponse(printed_schema(), headers={"cache-control": "no-cache"})
