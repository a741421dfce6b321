"""What is remembered of a request: no more than it reads, and by which method it came."""

from typing import Any

import orjson
import pytest
from starlette.requests import Request

from gamification.ids import ProgramId
from gql.persisted import PersistedDocuments
from gql.readings import Readings
from gql.requests import Asked
from gql.schema import schema
from tests.api.world import World

QUERY = "query ($key: String!) { leaderboard(key: $key) { name } }"
JSON = {"content-type": "application/json"}
FORUM = ProgramId(1)
JUNK: list[object] = [{}] * 1000


@pytest.mark.parametrize(
    ("more", "is_remembered"),
    [
        ({}, True),
        ({"extensions": {"junk": JUNK}}, True),
        ({"variables": {"key": "weekly", "junk": JUNK}}, False),
        ({"variables": {"key": JUNK}}, False),
    ],
)
def test_what_a_request_does_not_read_is_not_remembered(
    more: dict[str, Any], is_remembered: bool
) -> None:
    sent: dict[str, Any] = {"query": QUERY, "variables": {"key": "weekly"}, **more}
    readings = Readings(schema, PersistedDocuments(schema))
    request, body = Request({"type": "http", "method": "POST"}), orjson.dumps(sent)
    read = readings.completed(readings.of(request, body), FORUM)
    assert read.asked == Asked(QUERY, sent["variables"], None, None)
    known = readings.of(request, body)
    assert (known.read is not None) == is_remembered
    if is_remembered:
        assert (known.given, known.read) == (read.asked, read)


async def test_a_body_that_is_empty_is_no_query_even_if_its_url_is_known(
    small_world: World,
) -> None:
    url = {"query": '{ leaderboard(key: "weekly") { name } }'}
    async with small_world.client(small_world.app()) as client:
        assert (await client.get("/", params=url)).status_code == 200
        response = await client.post("/", params=url, headers=JSON)
    assert (response.status_code, response.json()["errors"][0]["extensions"]) == (
        400,
        {"code": "BAD_REQUEST"},
    )
