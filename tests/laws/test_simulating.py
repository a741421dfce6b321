"""Simulating tells what recording would do, and leaves everything as it is."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from gamification.progress import Progress
from gamification.refusals import Refusal
from gamification.twin import Twin
from gamification.use_cases.show_progress import progress_after, progress_of_members
from gamification.use_cases.simulate_activity import Simulated, simulate_activity
from tests.laws.effort import tried
from tests.laws.histories import MEMBERS, MOMENTS, done_by
from tests.laws.programs import programs
from tests.laws.stories import Story, live_through, stories
from tests.scene import Scene, staged


async def simulated(told: Scene, new: NewActivity) -> Simulated | Refusal:
    return await simulate_activity(
        told.store, told.program, new, now=told.now, new_key=told.new_key
    )


async def bars(told: Scene, result: Simulated | Refusal) -> list[Progress]:
    """The progress bars as they would be after what was simulated."""
    assert isinstance(result, Simulated)
    reading = told.store.reading(told.program.record)
    return await progress_after(reading, told.program.rules, result, now=MOMENTS[-1])


async def bars_now(told: Scene, external_id: str) -> list[Progress]:
    reading, rules = told.store.reading(told.program.record), told.program.rules
    member = (await told.member(external_id)).id
    return (await progress_of_members(reading, rules, [member], now=MOMENTS[-1]))[member]


async def simulating_foretells(told: Scene, new: NewActivity) -> None:
    """Simulate and record: nothing changes by the first, and both say the same."""
    before = await everything(told)
    first = await simulated(told, new)
    foretold = None if isinstance(first, Refusal) else await bars(told, first)
    assert await everything(told) == before
    (result,) = await told.record(new)
    if isinstance(first, Refusal):
        assert isinstance(result, Refusal)
        assert (first.code, first.message, first.field) == (
            result.code,
            result.message,
            result.field,
        )
        return
    assert first.recorded == result
    assert await bars_now(told, new.member) == foretold


async def everything(told: Scene) -> str:
    """All that the program has stored, members and facts included."""
    members = await told.members()
    ids = [member.id for member in members]
    auditing = told.store.auditing(told.program.record)
    is_twin = isinstance(told.store, Twin)
    inside = told.store.__dict__ if is_twin else await auditing.orphans()
    return repr((members, await auditing.histories(ids), await auditing.totals(ids), inside))


def with_a_key(new: NewActivity, story: Story) -> st.SearchStrategy[NewActivity]:
    """The activity as a new one, as another under a known key, or one that is known already."""
    left = [each for each in story.left if isinstance(each, NewActivity)]
    known = [key for each in left if (key := each.key)]
    return st.one_of(
        st.just(replace(new, key="~new")),
        st.sampled_from([replace(new, key=key) for key in known] or [replace(new, key="~new")]),
        st.sampled_from([*left, replace(new, key="~new")]),
    )


@tried(3)
@given(programs(), stories(), done_by((*MEMBERS, "newcomer")), st.data())
async def test_simulating_tells_what_recording_does_and_writes_nothing(
    rules: CompiledProgram, story: Story, new: NewActivity, data: st.DataObject
) -> None:
    told = await staged(rules)
    await live_through(told, story.steps)
    await simulating_foretells(told, data.draw(with_a_key(new, story)))


@tried(0.5)
@given(programs(), done_by())
async def test_a_retraction_that_waits_is_simulated_too(
    rules: CompiledProgram, new: NewActivity
) -> None:
    told = await staged(rules)
    await told.retract("k", key="r", amount="0.5")
    await simulating_foretells(told, replace(new, key="k"))
