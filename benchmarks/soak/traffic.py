"""Who writes and asks while the server soaks: new activity, repeats, late ones, retractions."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from benchmarks.asking import Asking

MEMBERS = 2_000
ROUTES = 200
REMEMBERED = 5_000
"""How many of the latest activities may be sent again, or taken back."""

BATCH = 100
LATE_HOURS_MAX = 47

DEFINITION = """
key: soak
name: Soak
activities:
  run: {value: kilometres, properties: {route: string}}
  visit: {}
metrics:
  distance: {sum: value, of: run}
  visits: {count: visit}
  routes: {distinct: properties.route, of: run}
  often: {count: run, per: properties.route}
points:
  stars: {name: Stars, expires: {after: 1 day}, negative: within_balance}
caps:
  daily: {points: stars, most: 300, per: day}
earning:
  run: {on: run, give: {stars: value}, cap: daily}
badges:
  runner: {name: Runner, levels: {bronze: 20, silver: 100, gold: 500}, on: distance}
  explorer: {name: Explorer, when: [{metric: routes, at_least: 5, over: day}], repeat: per window}
  local: {name: Local, when: [{metric: often, at_least: 2}], repeat: per subject, give: {stars: 1}}
challenges:
  twenty:
    goal: {metric: distance, target: 20}
    every: day
    join: opt_in
    count_from: join
    give: {stars: 5}
streaks:
  daily: {metric: visits, at_least: 1, every: day}
tiers:
  status: {metric: distance, over: year, levels: {basic: 0, gold: 100}}
leaderboards:
  all: {metric: distance}
  today: {points: stars, every: day, settle_for: 1 minute}
"""
RECORD = """mutation ($input: RecordActivityInput!) { recordActivity(input: $input) {
  replayed awards { badgeKey level } entries { granted } userErrors { code message retryAfter }
} }"""
RECORD_MANY = """mutation ($input: RecordActivitiesInput!) { recordActivities(input: $input) {
  results { replayed userErrors { code } } userErrors { code message retryAfter }
} }"""
RETRACT = """mutation ($input: RetractActivityInput!) { retractActivity(input: $input) {
  isWaiting userErrors { code message retryAfter }
} }"""
SPEND = """mutation ($input: SpendPointsInput!) { spendPoints(input: $input) {
  replayed userErrors { code message retryAfter }
} }"""
JOIN = """mutation ($input: ChallengeInput!) { joinChallenge(input: $input) {
  userErrors { code message retryAfter }
} }"""
QUERIES = (
    """query ($first: Int!) { leaderboard(key: "all") { period { participantCount
      entries(first: $first) { edges { node { rank score member { externalId } } } } } } }""",
    """query ($member: String!) {
      leaderboard(key: "today") { period { around(member: $member) { rank score } } } }""",
    """query ($member: String!) { member(externalId: $member) {
      progress { kind key current target } points { balance } } }""",
    """query ($first: Int!) { members(first: $first) { edges { node {
      externalId badges { edges { node { badgeKey } } } points { balance } tiers { level { key } }
    } } } }""",
)


@dataclass
class Traffic:
    """What is sent in how many seconds, and what came of it. `faults` are what should not be."""

    url: str
    token: str
    random: Random
    done: "Counter[str]" = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    known: "deque[dict[str, Any]]" = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    sent: int = 0
    """How many requests."""
    numbers: "count[int]" = field(default_factory=count)

    async def flow(self, seconds: float, *, singles: int, batches: int, queries: int) -> None:
        """Send so many of each a second, for so long; a server that cannot take it gets less."""
        ends = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(16):
                group.create_task(self._paced(self._single, singles / 16, ends))
            for _ in range(4):
                group.create_task(self._paced(self._batch, batches / 4, ends))
            for _ in range(2):
                group.create_task(self._paced(self._query, queries / 2, ends))

    async def _paced(
        self, send: Callable[[Asking], Awaitable[None]], rate: float, ends: float
    ) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self.random.random() / rate
        async with Asking(self.url, self.token) as asking:
            while due < ends:
                await asyncio.sleep(due - loop.time())
                await send(asking)
                due = max(due + 1 / rate, loop.time())

    async def _single(self, asking: Asking) -> None:
        chance = self.random.random()
        member = self._member()
        if chance < 0.04 and self.known:
            key = self.random.choice(self.known)["key"]
            await self._told(asking, "retractions", RETRACT, activityKey=key, reason="soak")
        elif chance < 0.08:
            spent = {"member": member, "unit": "stars", "amount": "2", "key": self._key()}
            await self._told(asking, "commands", SPEND, **spent)
        elif chance < 0.10:
            await self._told(asking, "commands", JOIN, member=member, challenge="twenty")
        elif chance < 0.16 and self.known:
            again = self.random.choice(self.known)
            if (await self._told(asking, "repeats", RECORD, **again)).get("replayed") is False:
                self.faults.append(f"recorded twice: {again['key']}")
        else:
            new = self._activity()
            if await self._told(asking, "activities", RECORD, **new):
                self.known.append(new)

    async def _batch(self, asking: Asking) -> None:
        new = [self._activity() for _ in range(BATCH - 5)]
        again = self.random.sample(self.known, min(5, len(self.known)))
        told = await self._told(asking, "requests of many", RECORD_MANY, activities=[*new, *again])
        for activity, result in zip([*new, *again], told.get("results", ()), strict=bool(told)):
            kind = "repeats" if result["replayed"] else "activities"
            self.done[kind] += 1
            if result["userErrors"] or result["replayed"] != (activity in again):
                self.faults.append(f"{activity['key']}: {result}")
        if told:
            self.known.extend(new)

    async def _query(self, asking: Asking) -> None:
        # So few different ones that those which are kept are so in the first half.
        asked = {"member": f"m{self.random.randrange(20)}", "first": self.random.choice((10, 100))}
        self.sent += 1
        answer = await asking.ask(self.random.choice(QUERIES), **asked)
        self.done["queries"] += 1
        if "errors" in answer:
            self.faults.append(str(answer["errors"]))

    async def _told(
        self, asking: Asking, what: str, mutation: str, **input: object
    ) -> dict[str, Any]:
        """A mutation's payload; empty where it was refused by the rules, which is no fault."""
        while True:
            self.sent += 1
            answer = await asking.ask(mutation, input=input)
            if "errors" in answer:
                self.faults.append(str(answer["errors"]))
                return {}
            (payload,) = answer["data"].values()
            codes = {error["code"] for error in payload["userErrors"]}
            if codes == {"BUSY"}:
                self.done["busy"] += 1
                await asyncio.sleep(payload["userErrors"][0]["retryAfter"])
                continue
            if codes - {"INSUFFICIENT_POINTS", "ALREADY_JOINED"}:
                self.faults.append(str(payload["userErrors"]))
            self.done["refused by the rules" if codes else what] += 1
            return {} if codes else payload

    def _activity(self) -> dict[str, Any]:
        """What somebody did: one in ten is late, by up to two days."""
        now = datetime.now(UTC)
        if self.random.random() < 0.1:
            now -= timedelta(hours=self.random.uniform(0.1, LATE_HOURS_MAX))
            self.done["late"] += 1
        did = {
            "member": self._member(),
            "key": self._key(),
            "occurredAt": now.isoformat(),
        }
        if self.random.random() < 0.2:
            return {**did, "type": "visit"}
        route = f"r{self.random.randrange(ROUTES)}"
        value = str(self.random.randrange(1, 6))
        return {**did, "type": "run", "value": value, "properties": {"route": route}}

    def _member(self) -> str:
        return f"m{self.random.randrange(MEMBERS)}"

    def _key(self) -> str:
        return f"soak-{next(self.numbers)}"
