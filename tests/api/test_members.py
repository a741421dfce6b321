"""members: all of them page by page, or those that a forum's page shows."""

from tests.api.world import World

PAGE = """
query ($ids: [String!], $first: Int, $after: String) {
  members(externalIds: $ids, first: $first, after: $after) {
    edges { node { externalId } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def names(data: dict[str, dict[str, list[dict[str, dict[str, str]]]]]) -> list[str]:
    return [edge["node"]["externalId"] for edge in data["members"]["edges"]]


async def test_all_members_page_by_page(world: World) -> None:
    for name in ("dora", "ann", "Zoe", "bob"):
        await world.did(name, "visit")
    first = await world.ask(PAGE, first=3)
    assert names(first) == ["Zoe", "ann", "bob"]
    assert first["members"]["pageInfo"]["hasNextPage"] is True
    rest = await world.ask(PAGE, first=3, after=first["members"]["pageInfo"]["endCursor"])
    assert names(rest) == ["dora"]
    assert rest["members"]["pageInfo"]["hasNextPage"] is False


async def test_chosen_members(world: World) -> None:
    for name in ("dora", "ann", "bob"):
        await world.did(name, "visit")
    chosen = ["nobody", "dora", "ann", "ann"]
    first = await world.ask(PAGE, ids=chosen, first=1)
    assert names(first) == ["ann"]
    after = first["members"]["pageInfo"]["endCursor"]
    assert names(await world.ask(PAGE, ids=chosen, after=after)) == ["dora"]


async def test_too_many_names_are_refused(small_world: World) -> None:
    answer = await small_world.answer(PAGE, ids=[str(n) for n in range(101)])
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "TOO_MANY", "field": ["externalIds"]}
