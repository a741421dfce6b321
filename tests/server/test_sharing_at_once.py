"""What members share stops exactly, for two hundred at once on two servers and PostgreSQL."""

import asyncio
from collections import Counter

from tests.builders import definition
from tests.server.asking import ask, nothing_differs, secret_for
from tests.server.running import running_server

RULES = definition(
    activities={"ran": {"value": "kilometres"}},
    metrics={"distance": {"sum": "value", "of": "ran"}},
    points={"stars": {}},
    earning={"ran": {"on": "ran", "give": {"stars": 3}}},
    challenges={
        "sprint": {
            "goal": {"metric": "distance", "target": 1},
            "winners": {"most": 5},
            "give": {"stars": 100},
        },
        "together": {"goal": {"metric": "distance", "target": 150}, "of": "community"},
    },
    campaigns={"double": {"on": "ran", "multiply": {"stars": 2}, "budget": {"stars": 100}}},
)
RAN = """
mutation ($member: String!) { recordActivity(input: {member: $member, type: "ran", value: "1"}) {
  entries { rule granted } userErrors { code }
} }
"""
SHARED = """
{ program {
    campaigns { budgets { used left } }
    challenges { key run { placesLeft together { total participants reachedAt } } }
} }
"""


async def test_two_hundred_draw_on_a_budget_five_places_and_one_goal(postgresql_url: str) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write")
    async with (
        running_server(postgresql_url) as one,
        running_server(postgresql_url) as other,
        one.client(secret) as first,
        other.client(secret) as second,
    ):
        payloads = await asyncio.gather(
            *(ask((first, second)[n % 2], RAN, member=f"m{n // 2:03d}") for n in range(200))
        )
        assert [payload["userErrors"] for payload in payloads] == [[]] * 200
        given = Counter(
            (entry["rule"].split("/")[0], entry["granted"])
            for payload in payloads
            for entry in payload["entries"]
        )
        # The budget of 100 is 33 times 3, and the last 1; who came later was granted nothing.
        assert {key: count for key, count in given.items() if key[1] != "0"} == {
            ("earning", "3"): 200,
            ("campaign", "3"): 33,
            ("campaign", "1"): 1,
            ("challenge", "100"): 5,
        }
        shared = await ask(second, SHARED)
        assert shared["campaigns"] == [{"budgets": [{"used": "100", "left": "0"}]}]
        sprint, together = (each["run"] for each in shared["challenges"])
        assert sprint["placesLeft"] == 0
        assert together["together"].pop("reachedAt") is not None
        assert together["together"] == {"total": "200", "participants": 100}
    await nothing_differs(postgresql_url)
