"""Lives through every story over the API, with the scheduler at work every day between steps."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from graphql import build_schema

from gamification.tick import tick
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.verify_program import Difference, verify_program
from gql.schema import printed_schema
from tests.api.world import World
from tests.stories.reading import Step, Story, stories
from tests.stories.standing import standing

ALL = stories()
DAY = timedelta(days=1)
SCHEMA = build_schema(printed_schema())


@pytest.mark.parametrize("story", ALL, ids=[story.name for story in ALL])
async def test_story(story: Story) -> None:
    world = await _begun(story)
    zone = ZoneInfo(world.program.rules.definition.time_zone)
    for step in story.steps:
        await _wait(world, until=step.at)
        where = f"{story.name}, {step.at.astimezone(zone):%Y-%m-%d %H:%M}"
        assert await _refusals(world, step) == _expected(step), where
        stands = await standing(world, step.who, zone) if step.then else {}
        assert {name: stands.get(name) for name in step.then} == _texts(step.then), where
    assert [str(each) async for each in _differences(world)] == []


async def _begun(story: Story) -> World:
    store = Twin()
    applied = await apply_definition(store, story.rules, now=story.begins)
    assert applied.program is not None
    return World.alone(store, applied.program, at=story.begins)


async def _wait(world: World, *, until: datetime) -> None:
    """Let time pass, a day at a time as far as it goes, with all that becomes due."""
    while world.at < until:
        world.at = min(world.at + DAY, until)
        async for done in tick(world.store, world.hub, world.program, now=world.at):
            assert done.failure is None, done


async def _refusals(world: World, step: Step) -> list[str]:
    """The codes of the refusals that a step met with."""
    if step.did is not None:
        name, given = "recordActivity", {"member": step.who, "type": step.did}
        given |= {"value": step.value, "properties": dict(step.given), "key": step.key}
        given["occurredAt"] = None if step.done is None else step.done.isoformat()
    elif step.asked is not None:
        name, given = step.asked, dict(step.given)
    else:
        return []
    kind, asked = _input_of(name), f"{name}(input: $input) {{ userErrors {{ code }} }}"
    query = f"mutation ($input: {kind}) {{ {asked} }}"
    data = await world.ask(query, input=given)
    return [error["code"] for error in data[name]["userErrors"]]


def _input_of(mutation: str) -> str:
    """The type of a mutation's input."""
    assert SCHEMA.mutation_type is not None
    return str(SCHEMA.mutation_type.fields[mutation].args["input"].type)


def _expected(step: Step) -> list[str]:
    return [] if step.refused is None else [step.refused]


def _texts(then: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as the API writes them: a story may say `stars: 12`."""
    return {
        name: cast("list[str]", value) if isinstance(value, list) else str(value)
        for name, value in then.items()
    }


async def _differences(world: World) -> AsyncIterator[Difference]:
    async for each in verify_program(world.store, world.program):
        if isinstance(each, Difference):
            yield each
