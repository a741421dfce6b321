"""What a member's own rank costs in the middle of a board, among a million and among a thousand."""

from collections.abc import Callable, Iterable
from functools import partial
from random import Random

import orjson

from benchmarks.passing import cost
from benchmarks.running import Database, Running, running
from benchmarks.sizes import size
from benchmarks.table import Figure

MEMBERS = size("MEMBERS", 1_000_000)
FEW = 1_000
BUSY_PERCENT = 20

DEFINITION = """
key: ranks-{members}
name: Ranks
activities: {{run: {{value: amount}}}}
metrics: {{score: {{sum: value, of: run}}}}
leaderboards: {{score: {{name: Score, metric: score}}}}
"""
ENTRY = "rank position tiedWith score member { externalId }"
SETTINGS = {"GAMIFICATION_ANSWER_CACHE_BYTES_MAX": "0"}
"""Few members ask the same again soon: the ranking is measured, not the keeping of answers."""

OWN = f"""query ($member: String!) {{
  leaderboard(key: "score") {{ period {{ entry(member: $member) {{ {ENTRY} }} }} }}
}}"""
AROUND = f"""query ($member: String!) {{
  leaderboard(key: "score") {{ period {{ around(member: $member, radius: 5) {{ {ENTRY} }} }} }}
}}"""


def measure() -> Iterable[Figure]:
    """Both questions among few and among many, by members of the middle tenth."""
    few, many = dict[str, float](), dict[str, float]()
    for members, spent in ((FEW, few), (MEMBERS, many)):
        key = f"ranks-{members}"
        rules = DEFINITION.format(members=members)
        filled = partial(fill, program=key, members=members)
        with running("postgresql", rules, key, filled=filled, settings=SETTINGS) as server:
            before = server.memory
            _warm(server, members)
            for name, query in (("own rank", OWN), ("around me", AROUND)):
                found = cost(server, asked(query, members), connections=16)
                spent[name] = found.both
                yield from found.figures(f"{name} among {members:,}")
            grown = (server.memory - before) / 1e6
            yield Figure(f"ranks of {members:,} members: memory", grown, "MB")
    for name in few:
        ratio = many[name] / few[name]
        yield Figure(f"{name}: among {MEMBERS:,} against {FEW:,}", ratio, "times", "≤ 1.2")


def _warm(server: Running, members: int) -> None:
    """Ask for a rank, which begins the index of a large board, and wait until the server rests."""
    cost(server, asked(OWN, members), connections=1, seconds=0.2, passes=1)
    while server.server.cpu_percent(interval=2) > BUSY_PERCENT:
        pass


def fill(database: Database, *, program: str, members: int) -> None:
    """Member n has n points: who has how many is known without asking."""
    file = database.folder / "runs.csv"
    order = list(range(1, members + 1))
    Random(1).shuffle(order)
    with file.open("w") as lines:
        lines.write("occurred_at,key,member,type,value,properties\n")
        for member in order:
            lines.write(f"2026-01-01T00:00:00Z,begun-{member},m{member},run,{member},{{}}\n")
    database.command("import", "--program", program, str(file))


def asked(query: str, members: int) -> Callable[[], bytes]:
    random = Random(2)
    low, high = members * 45 // 100, members * 55 // 100

    def body() -> bytes:
        member = f"m{random.randrange(low, high)}"
        return orjson.dumps({"query": query, "variables": {"member": member}})

    return body
