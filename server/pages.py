"""Without these routes a newcomer would see an API and nothing else."""

from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"

_OURS_ALONE = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
)
PAGE_POLICY = _OURS_ALONE + "style-src 'self'"
# GraphiQL writes styles into the page while it runs.
GRAPHIQL_POLICY = _OURS_ALONE + "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


class _Files(StaticFiles):
    """Files that browsers keep and ask about: an unchanged one costs a 304."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**_HEADERS, "content-security-policy": "default-src 'none'"})
        return response


def page_routes(*, graphiql: bool, demo_key: str | None) -> list[BaseRoute]:
    """The page at `/`, GraphiQL if wanted, and the files of both.

    `demo_key` is a read-only API key that everyone who opens the page may have.
    """
    routes: list[BaseRoute] = [
        Route("/", _route(_filled("page/index.html", demo_key, graphiql=graphiql), PAGE_POLICY)),
        Mount(
            "/static",
            _Files(directory=STATIC),
            middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
        ),
    ]
    if graphiql:
        routes.append(Route("/graphiql", _route(graphiql_page(demo_key), GRAPHIQL_POLICY)))
    return routes


def graphiql_page(demo_key: str | None) -> str:
    """The HTML of GraphiQL, for its own URL and for browsers that open `/graphql`."""
    return _filled("graphiql/index.html", demo_key, graphiql=True)


def _filled(path: str, demo_key: str | None, *, graphiql: bool) -> str:
    return (
        (STATIC / path)
        .read_text("utf-8")
        .replace("{{api-key}}", escape(demo_key or "", quote=True))
        .replace("{{graphiql}}", "yes" if graphiql else "no")
    )


def _route(html: str, policy: str) -> Callable[[Request], Awaitable[HTMLResponse]]:
    headers = {**_HEADERS, "content-security-policy": policy}

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(html, headers=headers)

    return page
