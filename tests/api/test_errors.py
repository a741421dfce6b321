"""What nobody foresaw is masked and logged; what clients do wrong is told and not logged."""

import logging
from typing import NoReturn

import pytest

from gamification.facts import NewActivity
from gamification.program import Program
from gamification.refusals import Busy
from tests.api.world import World

RECORD = """
mutation { recordActivity(input: {member: "ann", type: "visit"}) {
  replayed userErrors { code message retryAfter }
} }
"""


async def test_unforeseen_errors_are_masked_with_an_id_that_is_in_the_log(
    small_world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def record(program: Program, new: NewActivity) -> NoReturn:
        raise RuntimeError("the password is hunter2")

    for server in small_world.servers:
        monkeypatch.setattr(server.recorder, "record", record)
    answer = await small_world.answer(RECORD)
    (error,) = answer["errors"]
    id = error["extensions"]["id"]
    assert error["extensions"] == {"code": "INTERNAL_ERROR", "id": id}
    assert error["message"] == f"Unexpected error. Its id in the server's log is {id}."
    assert error["path"] == ["recordActivity"]
    (logged,) = caplog.records
    assert (logged.levelno, vars(logged)["error_id"]) == (logging.ERROR, id)
    assert "hunter2" in caplog.text
    assert "hunter2" not in str(answer)


async def test_a_busy_server_says_so(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def record(program: Program, new: NewActivity) -> Busy:
        return Busy.for_seconds("Much is waiting", 1.4)

    for server in small_world.servers:
        monkeypatch.setattr(server.recorder, "record", record)
    assert await small_world.ask(RECORD) == {
        "recordActivity": {
            "replayed": False,
            "userErrors": [
                {"code": "BUSY", "message": "Much is waiting: try again in 2 s", "retryAfter": 2}
            ],
        }
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query ($x: Int!) { members(first: $x) { edges { cursor } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ members(first: 0) { edges { cursor } } }", "INVALID_INPUT"),
        ("{ " + "a " * 3000 + "}", "QUERY_TOO_LARGE"),
    ],
)
async def test_what_clients_do_wrong_is_not_logged(
    small_world: World, caplog: pytest.LogCaptureFixture, query: str, code: str
) -> None:
    for _ in range(2):  # the second time from the cache
        answer = await small_world.answer(query)
        assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
    assert caplog.records == []
