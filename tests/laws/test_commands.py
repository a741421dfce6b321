"""Commands are facts like any other: the state is that of all facts in order."""

from hypothesis import given
from hypothesis import strategies as st

from gamification.commands import NewCommand
from gamification.definition.compiled import CompiledProgram
from tests.laws.commands import commands, keyed
from tests.laws.effort import tried
from tests.laws.programs import programs, programs_of_streaks
from tests.laws.stories import COUNTRIES, Story, stories, take_a_step
from tests.scene import Scene, now_done, staged


async def lived(told: Scene, story: Story, sent: list[tuple[int, NewCommand]]) -> None:
    """A story with commands in between, each after so many steps; some of them are refused."""
    for external_id, country in COUNTRIES.items():
        await told.update(external_id, country=country)
    for number in range(len(story.steps) + 1):
        for after, command in sent:
            if after == number or (number == len(story.steps) and after > number):
                await told.record(command)
        if number < len(story.steps):
            await take_a_step(told, story.steps[number])


@st.composite
def _sent(draw: st.DrawFn) -> list[tuple[int, NewCommand]]:
    """Commands, each with the number of steps after which it comes."""
    drawn = keyed(draw(st.lists(commands(), min_size=1, max_size=6)))
    return [(draw(st.integers(0, 12)), each) for each in drawn]


@tried(3)
@given(programs(), stories(), _sent())
def test_with_commands_too_the_state_is_that_of_the_stored_facts_in_order(
    rules: CompiledProgram, story: Story, sent: list[tuple[int, NewCommand]]
) -> None:
    told = now_done(staged(rules))
    now_done(lived(told, story, sent))
    assert [str(difference) for difference in now_done(told.differences())] == []


@tried(3)
@given(programs_of_streaks(), stories(), _sent())
def test_streaks_follow_their_commands(
    rules: CompiledProgram, story: Story, sent: list[tuple[int, NewCommand]]
) -> None:
    told = now_done(staged(rules))
    now_done(lived(told, story, sent))
    assert [str(difference) for difference in now_done(told.differences())] == []
