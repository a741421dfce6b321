"""What a mutation and a board query cost the server, over HTTP, with the forum's program."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from random import Random

import orjson

from benchmarks import forum
from benchmarks.passing import cost
from benchmarks.peers.floors import bare_json
from benchmarks.running import Database, Running, running
from benchmarks.sizes import size
from benchmarks.table import Figure
from gamification.facts import NewActivity

IMPORTED = size("FORUM", 50_000)
FOLLOWING = 30_000
CLIENTS = 64
READERS = 16
BATCH = 100

RECORD = """
mutation Record($input: RecordActivityInput!) {
  recordActivity(input: $input) {
    activity { key }
    awards { badge { key } level }
    entries { unit requested granted }
    userErrors { code message field }
  }
}
"""
TOP = """
{
  leaderboard(key: "reputation") {
    period {
      entries(first: 100) {
        edges { node { rank position tiedWith score reachedAt member { externalId } } }
      }
    }
  }
}
"""


RECORD_MANY = """
mutation RecordMany($input: RecordActivitiesInput!) {
  recordActivities(input: $input) {
    results {
      activity { key }
      awards { badge { key } level }
      entries { unit requested granted }
      userErrors { code message field }
    }
    userErrors { code message field }
  }
}
"""
NEVER_ASKED = "query ($name: String!) {%s member(externalId: $name) @skip(if: true) { id } }"

PAGE = """
query Page($names: [String!]!) {
  members(externalIds: $names, first: 50) {
    edges {
      node {
        externalId displayName
        badges(first: 10) { edges { node { badgeKey level } } }
        points { unit balance }
        tiers { key level { key } }
      }
    }
  }
}
"""


def measure() -> Iterable[Figure]:
    """Mutations, alone and by the hundred, boards and a page of the forum, on PostgreSQL; the best
    of some passes."""
    with _forum() as server:
        single = cost(server, _records(), connections=CLIENTS)
        yield from single.figures("recordActivity, 64 clients", server="≤ 600", both="≤ 700")
        many = cost(server, _records_of_many(), connections=8)
        name = f"recordActivities of {BATCH}, 8 clients: an activity"
        yield Figure(f"{name}: server", many.server / BATCH, "µs of CPU")
        yield Figure(f"{name}: server and database", many.both / BATCH, "µs of CPU")
        yield Figure(f"{name}: rate", many.rate * BATCH, "activities/s")
        yield from _boards(server)
        page = cost(server, _pages(), connections=READERS)
        yield from page.figures("a page of 50 members with badges, points and tiers")


def _boards(server: Running) -> Iterator[Figure]:
    """A board that nobody has asked for in these words, and one that is asked for all the time."""
    first = cost(server, _never_asked(), connections=READERS)
    yield from first.figures("top 100, six fields, for the first time", server="≤ 1,200")
    body = orjson.dumps({"query": TOP})
    again = cost(server, lambda: body, connections=READERS)
    yield from again.figures("top 100, six fields, again and again")
    answer = again.sample.partition(b"\r\n\r\n")[2]
    floor = bare_json(answer, connections=READERS)
    yield from floor.figures(f"bare Starlette, the same {len(answer):,} bytes")
    ratio = again.both / floor.both
    yield Figure("top 100 again and again: against bare Starlette", ratio, "times", "≤ 2")


def _never_asked() -> Callable[[], bytes]:
    """The same board under a new name each time, which no cache of answers can know."""
    numbers = count()
    body = TOP.strip().removeprefix("{").removesuffix("}")

    def asked() -> bytes:
        variables = {"name": f"nobody-{next(numbers)}"}
        return orjson.dumps({"query": NEVER_ASKED % body, "variables": variables})

    return asked


def _before() -> Sequence[NewActivity]:
    """What is imported: the first part of the file, and not all of a short one."""
    return _activities()[0]


def _after() -> Sequence[NewActivity]:
    """What followed."""
    return _activities()[1]


@cache
def _activities() -> tuple[Sequence[NewActivity], Sequence[NewActivity]]:
    all_ = list(forum.activities(IMPORTED + FOLLOWING))
    imported = min(IMPORTED, len(all_) * 2 // 3)
    return all_[:imported], all_[imported:]


def _pages() -> Callable[[], bytes]:
    """Fifty members who wrote at about the same time, as on a page of the forum."""
    writers = list(dict.fromkeys(each.member for each in _before()))
    random = Random(4)

    def body() -> bytes:
        first = random.randrange(max(1, len(writers) - 50))
        names = writers[first : first + 50]
        return orjson.dumps({"query": PAGE, "variables": {"names": names}})

    return body


def _records_of_many() -> Callable[[], bytes]:
    each = _records()

    def body() -> bytes:
        activities = [orjson.loads(each())["variables"]["input"] for _ in range(BATCH)]
        for activity in activities:
            activity["key"] = f"many-{activity['key']}"
        variables = {"input": {"activities": activities}}
        return orjson.dumps({"query": RECORD_MANY, "variables": variables})

    return body


def _records() -> Callable[[], bytes]:
    """What the forum's members did next, in its mix of types, as if it happened now."""
    numbers = count()
    following = [
        {
            "member": each.member,
            "type": each.type,
            "value": each.value,
            "properties": each.properties,
        }
        for each in _after()
    ]

    def body() -> bytes:
        number = next(numbers)
        activity = {
            **following[number % len(following)],
            "key": f"bench-{os.getpid()}-{number}",
        }
        return orjson.dumps({"query": RECORD, "variables": {"input": activity}})

    return body


@contextmanager
def _forum() -> Generator[Running]:
    """A server on a fresh PostgreSQL with the first part of the forum in it."""

    def filled(database: Database) -> None:
        part = database.folder / "part.jsonl"
        part.write_bytes(b"".join(map(_line, _before())))
        database.command("import", "--program", "travel-forum", str(part))

    rules = forum.DEFINITION.read_text("utf-8")
    with running("postgresql", rules, "travel-forum", filled=filled) as server:
        yield server


def _line(activity: NewActivity) -> bytes:
    assert activity.occurred_at is not None
    row = {
        "occurred_at": activity.occurred_at.isoformat(),
        "key": activity.key,
        "member": activity.member,
        "type": activity.type,
        "value": activity.value,
        "properties": activity.properties,
    }
    return orjson.dumps(row) + b"\n"
