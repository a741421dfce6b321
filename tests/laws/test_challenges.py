"""Laws 1 and 2 where members take part in challenges: what was accepted makes the state."""

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.duties.reward_communities import reward_communities
from gamification.use_cases.recorded import Recorded
from tests.laws.effort import tried
from tests.laws.histories import TakenBack
from tests.laws.pictures import picture
from tests.laws.programs import programs_of_challenges
from tests.laws.taking_part import Step, lives
from tests.scene import Scene, now_done, staged


async def live(told: Scene, steps: list[Step]) -> list[Recorded]:
    """Send the facts as they come. Commands may be refused: then they are none."""
    accepted: list[Recorded] = []
    for step in steps:
        if isinstance(step, TakenBack):
            await told.retract(step.activity_key, amount=step.amount, key=step.key)
        else:
            results = await told.record(*step)
            accepted += [result for result in results if isinstance(result, Recorded)]
    return accepted


async def rewarded(told: Scene) -> int:
    """Reward who has a part in what was reached together; how many."""
    return await reward_communities(told.store, told.bus, told.program, now=told.now)


@tried(3)
@given(programs_of_challenges(), st.data())
def test_the_state_is_that_of_the_accepted_facts_in_order(
    rules: CompiledProgram, data: st.DataObject
) -> None:
    told = now_done(staged(rules))
    now_done(live(told, data.draw(lives(rules))))
    assert [str(each) for each in now_done(told.differences())] == []


@tried(2)
@given(programs_of_challenges(shared=True), st.data())
def test_so_it_is_where_members_share_places_and_goals(
    rules: CompiledProgram, data: st.DataObject
) -> None:
    told = now_done(staged(rules))
    steps = data.draw(lives(rules))
    cut = data.draw(st.integers(0, len(steps)))
    now_done(live(told, steps[:cut]))
    now_done(rewarded(told))
    assert now_done(rewarded(told)) == 0
    now_done(live(told, steps[cut:]))
    now_done(rewarded(told))
    assert [str(each) for each in now_done(told.differences())] == []


@tried(1)
@given(programs_of_challenges(), st.data())
def test_all_at_once_is_the_same_as_one_by_one(rules: CompiledProgram, data: st.DataObject) -> None:
    """Of what was accepted one by one, in the order of time, nothing is refused in one batch."""
    steps = data.draw(lives(rules))
    facts = {fact.key: fact for step in steps if not isinstance(step, TakenBack) for fact in step}
    ordered = sorted(facts.values(), key=lambda fact: (fact.occurred_at, fact.key))
    one_by_one, at_once = now_done(staged(rules)), now_done(staged(rules))
    accepted = now_done(live(one_by_one, [[fact] for fact in ordered]))
    now_done(live(at_once, [[facts[each.activity.key] for each in accepted]]))
    assert now_done(picture(at_once)) == now_done(picture(one_by_one))
