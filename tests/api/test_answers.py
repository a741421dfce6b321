"""Kept answers: what is kept and for how long, who shares an execution, and which fields may be
kept at all."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, cast

import httpx
import orjson
import pytest
from graphql import GraphQLObjectType

from gamification.ids import ProgramId
from gamification.twin import Twin
from gql import documents
from gql.answers import Answers, Counts
from gql.bounded import Bounded
from gql.documents import core_schema, prepare
from gql.freshness import Versions
from gql.lasting import says_lasting
from gql.schema import schema
from tests.api.world import World


def within(selected: str) -> str:
    """A query for what a leaderboard's entries say."""
    entries = f"entries {{ edges {{ node {{ {selected} }} }} }}"
    return f'{{ leaderboard(key: "reputation") {{ period {{ {entries} }} }} }}'


TOP = within("rank")
KEYED = """
query ($key: String!, $first: Int) {
  leaderboard(key: $key) { period { entries(first: $first) { edges { node { score } } } } }
}
"""
JSON = {"content-type": "application/json"}
LOOP_TURNS = 100
"""More than a request in memory needs to come to its execution."""

BOARD = {"Leaderboard", "LeaderboardPeriod", "LeaderboardEntry", "LeaderboardPrize", "PrizePoints"}
PAGES = {
    f"{each}{part}"
    for each in ("LeaderboardEntry", "LeaderboardPeriod", "PrizeWon")
    for part in ("Connection", "Edge")
}


@pytest.fixture
async def world(world: World) -> World:
    """With one server that is asked, whose kept answers are counted."""
    world.divide()
    return world


@pytest.fixture
async def small_world(small_world: World) -> World:
    small_world.divide()
    return small_world


def counted(world: World) -> Counts:
    """What became of the questions, and what is kept, at the server that is asked."""
    answers = world.servers[0].answers
    assert answers is not None
    return answers.counts()


def counts(world: World) -> tuple[int, int, int]:
    """Hits, misses, joined."""
    return counted(world)[:3]


# ----------------------------------------------------------------------------- what is kept


def test_only_fields_of_public_boards_say_that_they_last() -> None:
    lasting: dict[str, set[str]] = {}
    for kind in core_schema(schema).type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                if says_lasting(field.extensions.get("strawberry-definition")):
                    lasting.setdefault(kind.name, set()).add(name)
    for whole in (*BOARD, *PAGES, "PrizeWon", "PageInfo"):
        kind = cast("GraphQLObjectType", core_schema(schema).type_map[whole])
        assert lasting.pop(whole) == kind.fields.keys()
    # Pages of other things are as lasting as these: the field that leads to them is not.
    others = {name for name in lasting if name.endswith(("Edge", "Connection"))}
    assert {name: fields for name, fields in lasting.items() if name not in others} == {
        "Query": {"leaderboard", "program"},
        "Program": {"id", "key", "name", "description", "timeZone", "version", "leaderboards"},
        "Member": {"id", "externalId", "displayName"},
    }


@pytest.mark.parametrize(
    ("text", "is_lasting"),
    [
        (TOP, True),
        (KEYED, True),
        (within("member { id externalId displayName }"), True),
        (within("member { displayName points { balance } }"), False),
        ("{ program { name leaderboards { key } } }", True),
        ("{ __typename program { __typename name } }", True),
        ("{ __typename }", False),
        ("{ program { memberCount } }", False),
        ("{ program { name } __schema { queryType { name } } }", False),
        ('{ member(externalId: "ann") { displayName } }', False),
        ("{ program { ...P } } fragment P on Program { name ... { key } }", True),
        ("{ program { ...P } } fragment P on Program { name campaigns { key } }", False),
        ("query A { program { name } } mutation B { __typename }", False),
        ('subscription { leaderboardUpdated(key: "spent") { cursor } }', False),
        ("{ program { nothing } }", False),
    ],
)
def test_a_document_lasts_if_all_of_it_does(text: str, is_lasting: bool) -> None:
    assert prepare(core_schema(schema), text).is_lasting is is_lasting


async def test_an_answer_is_given_again_until_something_is_written(world: World) -> None:
    await world.upvotes("ann", 1)
    first = await world.ask(TOP)
    assert await world.ask(TOP) == first
    assert counts(world) == (1, 1, 0)
    await world.upvotes("bob", 1)
    ranks = (await world.ask(TOP))["leaderboard"]["period"]["entries"]["edges"]
    assert [each["node"]["rank"] for each in ranks] == [1, 1]
    assert counts(world) == (1, 2, 0)


async def test_an_answer_is_given_until_a_run_ends(small_world: World) -> None:
    query = '{ leaderboard(key: "spent") { period { key } } }'
    assert (await small_world.ask(query))["leaderboard"]["period"]["key"] == "2017-08"
    small_world.at += timedelta(days=1, hours=12, microseconds=-1)
    await small_world.ask(query)
    assert counts(small_world) == (1, 1, 0)
    small_world.at += timedelta(microseconds=1)
    assert (await small_world.ask(query))["leaderboard"]["period"]["key"] == "2017-09"
    assert counts(small_world) == (1, 2, 0)


async def test_others_are_answered_for_themselves(small_world: World) -> None:
    await small_world.ask(TOP)
    small_world.scopes = frozenset({"points:write"})
    refused = await small_world.answer(TOP)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    small_world.scopes = frozenset({"read"})
    assert "errors" not in await small_world.answer(TOP)
    assert counts(small_world) == (0, 3, 0)


async def test_variables_are_compared_by_what_they_say(small_world: World) -> None:
    await small_world.ask(KEYED, key="spent", first=2)
    await small_world.ask(KEYED, first=2, key="spent", unread="x")
    assert counts(small_world) == (1, 1, 0)
    await small_world.ask(KEYED, key="spent", first=3)
    await small_world.ask(KEYED, key="spent", first=None)
    await small_world.ask(KEYED, key="spent")
    assert counts(small_world) == (1, 4, 0)


@pytest.mark.parametrize("depth", [1, 300])
async def test_variables_that_no_field_takes_are_answered_and_nothing_is_kept(
    small_world: World, depth: int
) -> None:
    variables = '{"key": %s}' % ("[" * depth + "]" * depth)
    body = orjson.dumps({"query": KEYED, "variables": orjson.Fragment(variables)})
    for _ in range(2):
        async with small_world.client() as client:
            response = await client.post("/", content=body, headers=JSON)
        assert (response.status_code, response.json()["errors"][0]["extensions"]) == (
            200,
            {"code": "GRAPHQL_VALIDATION_FAILED"},
        )
    assert counts(small_world) == (0, 0, 0)


async def test_what_goes_wrong_is_not_kept(small_world: World) -> None:
    for _ in range(2):
        answer = await small_world.answer(KEYED, key="spent", first=1000)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert counted(small_world) == Counts(0, 2, 0, entries=0, size=0)


async def test_nothing_is_asked_twice_of_a_document(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents that keep coming are parsed, measured and validated once."""
    prepared: list[str] = []

    def noted(*args: Any, **kwargs: Any) -> Any:
        prepared.append(args[0])
        return parse(*args, **kwargs)

    parse = documents.parse
    monkeypatch.setattr(documents, "parse", noted)
    query = "{ program { name memberCount } }  # asked nowhere else"
    for _ in range(3):
        await small_world.ask(query)
    assert prepared == [query]


# ------------------------------------------------------------------------------- by GET


async def test_browsers_are_told_that_nothing_has_changed(small_world: World) -> None:
    async with small_world.client() as client:
        first = await client.get("/", params={"query": TOP})
        assert first.headers["cache-control"] == "private, no-cache"
        assert first.headers["vary"] == "Authorization, Accept"
        has_it = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
        again = await client.get("/", params={"query": TOP}, headers=has_it)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        await small_world.upvotes("ann", 1)
        changed = await client.get("/", params={"query": TOP}, headers=has_it)
        assert (changed.status_code, changed.headers["etag"] == first.headers["etag"]) == (
            200,
            False,
        )
        posted = await client.post("/", json={"query": TOP}, headers=has_it)
        assert (posted.status_code, posted.json()) == (200, changed.json())
        assert posted.headers["cache-control"] == "no-store"
        assert "etag" not in posted.headers


# ------------------------------------------------------------------------- at the same time


AT_THE_SAME_TIME = pytest.mark.one_server(
    "holds an execution in a store in memory, to see who waits for it in the same process"
)


class HeldTwin(Twin):
    """A store whose data versions are told when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.may_read = asyncio.Event()
        self.reads: list[frozenset[ProgramId]] = []
        self.is_reading = asyncio.Event()

    async def held_versions(self, programs: Collection[ProgramId]) -> Mapping[ProgramId, int]:
        self.reads.append(frozenset(programs))
        self.is_reading.set()
        await self.may_read.wait()
        return await super().data_versions(programs)


async def test_a_version_is_of_a_read_that_began_after_it_was_asked_for() -> None:
    twin = HeldTwin()
    versions = Versions(twin.held_versions)
    one, two, three = ProgramId(1), ProgramId(2), ProgramId(3)
    first = [asyncio.create_task(versions.of(each)) for each in (one, two, one)]
    await twin.is_reading.wait()
    late = [asyncio.create_task(versions.of(each)) for each in (three, one)]
    await asyncio.sleep(0)
    twin.may_read.set()
    assert await asyncio.gather(*first, *late) == [0, 0, 0, 0, 0]
    assert twin.reads == [{one, two}, {three, one}]


async def test_a_read_that_fails_is_told_to_who_waits_and_to_nobody_else() -> None:
    failures = [ConnectionError("gone")]

    async def read(programs: Collection[ProgramId]) -> Mapping[ProgramId, int]:
        if failures:
            raise failures.pop()
        return dict.fromkeys(programs, 7)

    versions = Versions(read)
    results = await asyncio.gather(
        *(versions.of(ProgramId(1)) for _ in range(2)), return_exceptions=True
    )
    assert list(map(str, results)) == ["gone", "gone"]
    assert await versions.of(ProgramId(1)) == 7


async def together(
    world: World, count: int
) -> tuple[asyncio.Event, list[asyncio.Task[httpx.Response]]]:
    """So many requests for the same that wait for one execution, until the event is set."""
    may_go_on, has_begun = asyncio.Event(), asyncio.Event()
    store = world.store
    assert isinstance(store, Twin)
    reading = store.reading

    def held(program: Any) -> Any:
        found = reading(program)
        standings = found.standings

        async def waiting(*args: Any, **kwargs: Any) -> Any:
            has_begun.set()
            await may_go_on.wait()
            return await standings(*args, **kwargs)

        found.standings = waiting
        return found

    store.reading = held
    app = world.app()

    async def ask() -> httpx.Response:
        async with world.client(app) as client:
            return await client.post("/", json={"query": TOP})

    tasks = [asyncio.create_task(ask()) for _ in range(count)]
    await has_begun.wait()
    for _ in range(LOOP_TURNS):
        await asyncio.sleep(0)
    assert counts(world) == (0, 1, count - 1)
    return may_go_on, tasks


@AT_THE_SAME_TIME
async def test_who_asks_meanwhile_waits_for_the_same_execution(small_world: World) -> None:
    may_go_on, tasks = await together(small_world, 5)
    may_go_on.set()
    answers = {(await task).text for task in tasks}
    assert answers == {'{"data":{"leaderboard":{"period":{"entries":{"edges":[]}}}}}'}
    assert counts(small_world) == (0, 1, 4)


@AT_THE_SAME_TIME
async def test_the_one_who_came_first_may_leave(small_world: World) -> None:
    may_go_on, (first, *others) = await together(small_world, 3)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    may_go_on.set()
    assert [(await task).status_code for task in others] == [200, 200]
    await small_world.ask(TOP)
    assert counts(small_world) == (1, 1, 2)


@AT_THE_SAME_TIME
async def test_what_nobody_waits_for_is_given_up(small_world: World) -> None:
    may_go_on, tasks = await together(small_world, 2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    may_go_on.set()
    await small_world.ask(TOP)
    assert counts(small_world) == (0, 2, 1)


# ----------------------------------------------------------------------------- how much


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept: Bounded[str, int] = Bounded(bytes_max=10_000, entries_max=2)
    kept.put("a", 1, size=10)
    kept.put("b", 2, size=10)
    assert kept.get("a") == 1
    kept.put("c", 3, size=10)
    assert [kept.get(each) for each in "abc"] == [1, None, 3]
    assert len(kept) == 2


def test_bytes_are_bounded() -> None:
    kept: Bounded[str, int] = Bounded(bytes_max=2000, entries_max=100)
    kept.put("a", 1, size=400)
    kept.put("b", 2, size=400)
    assert (len(kept), kept.size) == (2, 1800)
    kept.put("b", 3, size=300)
    assert (kept.get("b"), kept.size) == (3, 1700)
    kept.put("c", 4, size=1000)
    assert ([kept.get(each) for each in "abc"], kept.size) == ([None, None, 4], 1500)
    kept.put("c", 5, size=1501)
    assert (kept.get("c"), len(kept), kept.size) == (None, 0, 0)


async def test_an_answer_that_is_too_large_is_not_kept(small_world: World) -> None:
    server = small_world.servers[0]
    server.answers = Answers(server.store.data_versions, bytes_max=100)
    await small_world.ask(TOP)
    assert counted(small_world) == Counts(0, 1, 0, entries=0, size=0)
