"""The laws again on SQLite and PostgreSQL, fewer times: what holds on the twin holds on tables."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from gamification.ports import Store
from models.store import open_store
from tests.laws.effort import tried
from tests.laws.histories import done_by, histories, with_keys
from tests.laws.pictures import picture
from tests.laws.programs import programs
from tests.laws.stories import Story, live_through, stories
from tests.laws.test_boards import CROWD, every_board_agrees
from tests.laws.test_caches import forget_numbers
from tests.laws.test_ledger import step_by_step
from tests.laws.test_simulating import simulating_foretells, with_a_key
from tests.scene import Scene, now_done, staged

_numbers = count(1)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with open_store(database_url) as opened:
        yield opened


async def begun(rules: CompiledProgram, store: Store) -> Scene:
    """The program in the database, under a key that no example before has used."""
    key = f"law-{next(_numbers)}"
    renamed = rules.definition.model_copy(update={"key": key})
    return await staged(replace(rules, definition=renamed), store=store)


@tried(0.3)
@given(rules=programs(), story=stories())
async def test_a_story_leaves_in_tables_what_its_facts_in_order_leave_in_memory(
    store: Store, rules: CompiledProgram, story: Story
) -> None:
    told = await begun(rules, store)
    await live_through(told, story.steps)
    plain = now_done(staged(told.program.rules))
    now_done(live_through(plain, story.plainly(rules)))
    assert await picture(told) == now_done(picture(plain))
    assert [str(difference) for difference in await told.differences()] == []


@tried(0.05)
@given(rules=programs(), story=stories())
async def test_the_book_in_tables_is_only_added_to(
    store: Store, rules: CompiledProgram, story: Story
) -> None:
    await step_by_step(await begun(rules, store), story.steps)


@tried(0.05)
@given(
    rules=programs(),
    history=st.lists(done_by(CROWD), min_size=1, max_size=15).map(with_keys),
    countries=st.lists(
        st.sampled_from(["PT", "TR", None]), min_size=len(CROWD), max_size=len(CROWD)
    ),
)
async def test_every_part_of_a_board_in_tables_agrees_with_a_sort_by_hand(
    store: Store,
    rules: CompiledProgram,
    history: list[NewActivity],
    countries: list[str | None],
) -> None:
    await every_board_agrees(await begun(rules, store), history, countries)


@tried(0.05)
@given(rules=programs(), history=histories())
async def test_numbers_deleted_from_tables_and_made_anew_are_the_same(
    store: Store, rules: CompiledProgram, history: list[NewActivity]
) -> None:
    lived = await begun(rules, store)
    await lived.recorded(*history)
    before = await picture(lived)
    await forget_numbers(lived)
    assert await picture(lived) == before
    assert await lived.differences() == []


@tried(0.05)
@given(rules=programs(), stories=st.tuples(stories(), stories()))
async def test_two_programs_in_one_database_never_meet(
    store: Store, rules: CompiledProgram, stories: tuple[Story, Story]
) -> None:
    """Their members, keys and posts have the same names."""
    both = await begun(rules, store), await begun(rules, store)
    for one, story in zip(both, stories, strict=True):
        await live_through(one, story.steps)
    for one, story in zip(both, stories, strict=True):
        alone = now_done(staged(one.program.rules))
        now_done(live_through(alone, story.steps))
        assert await picture(one) == now_done(picture(alone))


@tried(0.1)
@given(rules=programs(), story=stories(), new=done_by(), data=st.data())
async def test_simulating_on_tables_tells_what_recording_does_and_writes_nothing(
    store: Store, rules: CompiledProgram, story: Story, new: NewActivity, data: st.DataObject
) -> None:
    told = await begun(rules, store)
    await live_through(told, story.steps)
    await simulating_foretells(told, data.draw(with_a_key(new, story)))
