"""Without these endpoints an orchestrator could not tell a starting server from a broken one."""

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gamification.ports import Store
from server.live.live import Live

_log = structlog.stdlib.get_logger(__name__)

READY_SECONDS_MAX = 2.0


def health_routes(store: Store, live: Live) -> list[Route]:
    """`/health`: the process lives. `/ready`: its database answers too, with its tables migrated
    (they were, before the server began to listen). Without Redis a process is slower, not broken:
    that is told, and it is ready."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                await store.ping()
        except Exception as error:  # noqa: BLE001 (whatever a driver raises, the answer is no)
            _log.warning("not_ready", exc_info=error)
            return JSONResponse({"status": "the database does not answer"}, status_code=503)
        if (redis := live.redis_status) is None:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "ok" if redis == "ok" else "degraded", "redis": redis})

    return [Route("/health", health), Route("/ready", ready)]
