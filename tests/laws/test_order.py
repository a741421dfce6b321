"""Laws 1, 2 and 3: state is a function of the facts, and of nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from tests.laws.effort import tried
from tests.laws.histories import done_by, with_keys
from tests.laws.pictures import picture
from tests.laws.programs import KEPT, programs, programs_of_streaks
from tests.laws.stories import Story, live_through, stories
from tests.scene import Scene, now_done, staged


async def same_as_in_order(rules: CompiledProgram, told: Scene, story: Story) -> None:
    await live_through(told, story.steps)
    plain = await staged(rules)
    await live_through(plain, story.plainly(rules), countries_last=True)
    assert await picture(told) == await picture(plain)
    assert [str(difference) for difference in await told.differences()] == []


@tried(3)
@given(programs(), stories())
def test_any_arrival_any_repeat_and_any_retraction_give_the_state_of_the_facts_in_order(
    rules: CompiledProgram, story: Story
) -> None:
    now_done(same_as_in_order(rules, now_done(staged(rules)), story))


@tried(2)
@given(programs(lots=KEPT), stories())
def test_what_had_matured_when_it_was_taken_back_stays_in_any_order(
    rules: CompiledProgram, story: Story
) -> None:
    now_done(same_as_in_order(rules, now_done(staged(rules)), story))


@tried(3)
@given(programs_of_streaks(), stories())
def test_streaks_too_are_those_of_the_facts_in_order(rules: CompiledProgram, story: Story) -> None:
    now_done(same_as_in_order(rules, now_done(staged(rules)), story))


@tried(1)
@given(programs(), st.lists(done_by(("anne",)), min_size=2, max_size=12), st.data())
def test_batches_may_be_cut_anywhere(
    rules: CompiledProgram, activities: list[NewActivity], data: st.DataObject
) -> None:
    history = with_keys(activities)
    whole, halves = now_done(staged(rules)), now_done(staged(rules))
    now_done(live_through(whole, [history]))
    size = data.draw(st.integers(1, len(history) - 1))
    now_done(live_through(halves, [history[:size], history[size:]]))
    assert now_done(picture(halves)) == now_done(picture(whole))
