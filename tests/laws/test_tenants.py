"""Law 7: one program never sees a trace of another, though their members have the same names."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.twin import Twin
from tests.laws.effort import tried
from tests.laws.pictures import picture
from tests.laws.programs import programs
from tests.laws.stories import Step, Story, live_through, stories, take_a_step
from tests.scene import now_done, staged


def named(rules: CompiledProgram, key: str) -> CompiledProgram:
    return replace(rules, definition=rules.definition.model_copy(update={"key": key}))


@tried(0.4)
@given(programs(), programs(), stories(), stories(), st.data())
def test_two_programs_in_one_store_never_meet(
    one: CompiledProgram,
    other: CompiledProgram,
    story: Story,
    other_story: Story,
    data: st.DataObject,
) -> None:
    store = Twin()
    shared = [
        now_done(staged(named(one, "one"), store=store)),
        now_done(staged(named(other, "other"), store=store)),
    ]
    left: list[list[Step]] = [list(story.steps), list(other_story.steps)]
    now_done(live_through(shared[0], []))
    now_done(live_through(shared[1], []))
    while any(left):
        turn = data.draw(st.sampled_from([index for index in (0, 1) if left[index]]))
        now_done(take_a_step(shared[turn], left[turn].pop(0)))
    for scene, whole in zip(shared, (story, other_story), strict=True):
        alone = now_done(staged(scene.program.rules))
        now_done(live_through(alone, whole.steps))
        assert now_done(picture(scene)) == now_done(picture(alone))
        assert now_done(scene.differences()) == []
