"""Points are spent once: a hundred callers at once, over HTTP, on two servers and PostgreSQL."""

import asyncio
from collections import Counter

import httpx

from tests.builders import definition
from tests.server.asking import ask, nothing_differs, secret_for
from tests.server.running import running_server

RULES = definition(
    activities={"visit": {"value": "points"}},
    points={"stars": {"expires": {"after": "6 months"}, "holds": "1 day"}, "coins": {}},
    earning={"visit": {"on": "visit", "give": {"stars": "value", "coins": "value"}}},
)
VISIT = """
mutation { recordActivity(input: {member: "anne", type: "visit", value: "50"}) { replayed } }
"""
SPEND = """
mutation ($unit: String!) {
  spendPoints(input: {member: "anne", unit: $unit, amount: "10"}) { key userErrors { code } }
}
"""
HOLD = 'mutation { holdPoints(input: {member: "anne", unit: "stars", amount: "10"}) { key } }'
CAPTURE = """
mutation ($hold: String!) { capturePoints(input: {hold: $hold}) { userErrors { code } } }
"""
BALANCES = '{ member(externalId: "anne") { points { unit balance available held } } }'
LEFT = {"available": "0", "balance": "0", "held": "0"}


async def outcomes_of_spending(clients: list[httpx.AsyncClient], unit: str) -> Counter[str]:
    """A hundred spendings of 10 at once, by turns on each server: how many ended how."""
    payloads = await asyncio.gather(
        *(ask(clients[number % len(clients)], SPEND, unit=unit) for number in range(100))
    )
    return Counter(
        "".join(error["code"] for error in payload["userErrors"]) or "SPENT" for payload in payloads
    )


async def test_a_hundred_spend_at_once_what_is_there_for_five(postgresql_url: str) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write", "points:write")
    async with (
        running_server(postgresql_url) as one,
        running_server(postgresql_url) as other,
        one.client(secret) as first,
        other.client(secret) as second,
    ):
        await ask(first, VISIT)
        for unit in ("stars", "coins"):
            ended = await outcomes_of_spending([first, second], unit)
            assert ended == {"SPENT": 5, "INSUFFICIENT_POINTS": 95}
        data = await ask(second, BALANCES)
        assert data["points"] == [{"unit": "stars", **LEFT}, {"unit": "coins", **LEFT}]
    await nothing_differs(postgresql_url)


async def test_a_hold_is_captured_once_by_whoever_comes_first(postgresql_url: str) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write", "points:write")
    async with (
        running_server(postgresql_url) as one,
        running_server(postgresql_url) as other,
        one.client(secret) as first,
        other.client(secret) as second,
    ):
        await ask(first, VISIT)
        held = await asyncio.gather(*(ask((first, second)[n % 2], HOLD) for n in range(20)))
        keys = [payload["key"] for payload in held if payload["key"]]
        assert len(keys) == 5
        captured = await asyncio.gather(
            *(ask(client, CAPTURE, hold=key) for key in keys for client in (first, second) * 2)
        )
        assert sum(not payload["userErrors"] for payload in captured) == 5
        assert (await ask(first, BALANCES))["points"][0] == {"unit": "stars", **LEFT}
    await nothing_differs(postgresql_url)
