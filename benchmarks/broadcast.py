"""The floor of fan-out: `websockets.broadcast` of one text to all, without any GraphQL.

Run by fanout.py in a process of its own: it prints its port, takes the same clients as our server,
and broadcasts the text of the environment's TEXT whenever a client says `cast`.
"""

import os

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol


async def main() -> None:
    """Serve until the process is ended."""
    text = os.environ["TEXT"]
    following: set[ServerConnection] = set()

    async def follow(socket: ServerConnection) -> None:
        try:
            async for message in socket:
                if message == "cast":
                    broadcast(following, text)
                elif "connection_init" in str(message):
                    await socket.send('{"type":"connection_ack"}')
                elif "subscribe" in str(message):
                    following.add(socket)
                    await socket.send(text)
        except ConnectionClosed:
            pass
        finally:
            following.discard(socket)

    protocols = [Subprotocol("graphql-transport-ws")]
    async with serve(
        follow, "127.0.0.1", 0, compression=None, subprotocols=protocols, backlog=4096
    ) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
