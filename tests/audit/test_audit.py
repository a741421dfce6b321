"""The audit suite of the GraphQL over HTTP specification, run against a real server."""

import asyncio
from pathlib import Path

import orjson

from tests.server.running import running_server
from tests.server.test_serving import secret_for

AUDITS = 61
"""How many the locked version of the suite has."""


async def test_the_server_passes_the_whole_audit_suite(sqlite_url: str) -> None:
    secret = await secret_for(sqlite_url)
    async with running_server(sqlite_url) as server:
        process = await asyncio.create_subprocess_exec(
            *("node", "audits.mjs", f"{server.url}/graphql", secret),
            cwd=Path(__file__).parent,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
    assert process.returncode == 0
    results = orjson.loads(out)
    assert [each for each in results if each["status"] != "ok"] == []
    assert len(results) == AUDITS
