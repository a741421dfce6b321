"""The floor under any answer: Starlette sending the same bytes again. It prints its port."""

import os
import socket
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = Path(os.environ["ANSWER"]).read_bytes()


async def answered(request: Request) -> Response:
    await request.body()
    return Response(ANSWER, media_type="application/json")


def main() -> None:
    """Serve until the process is ended."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    app = Starlette(routes=[Route("/", answered, methods=["POST"])])
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="error")
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
