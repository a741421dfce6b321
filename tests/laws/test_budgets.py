"""Budgets: in whatever order things happen, the ledger shows their use, and none is overdrawn."""

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from tests.laws.effort import tried
from tests.laws.programs import programs
from tests.laws.stories import Story, live_through, stories
from tests.scene import Scene, now_done, staged


async def uses(told: Scene) -> dict[str, tuple[int, int]]:
    """How much of each budget is used by the store's count, and by a sum over the ledger."""
    counted = await told.store.auditing(told.program.record).shared_numbers()
    sums = dict.fromkeys(told.program.timeline.budgets, 0)
    for totals in (await told.totals()).values():
        for key, posting in totals.postings.items():
            name = f"{key.rule}/{key.unit}"
            if name in sums:
                sums[name] += posting.granted
    return {name: (counted.get(name, 0), total) for name, total in sums.items()}


@tried(3)
@given(st.integers(1, 6).flatmap(lambda most: programs(budget=most)), stories())
def test_a_budget_is_used_as_the_ledger_shows_and_never_overdrawn(
    rules: CompiledProgram, story: Story
) -> None:
    told = now_done(staged(rules))
    now_done(live_through(told, story.steps))
    most = {
        campaign.budget_key(unit): most
        for campaign in rules.campaigns.values()
        for unit, most in campaign.budgets.items()
    }
    for name, (counted, total) in now_done(uses(told)).items():
        assert counted == total
        assert 0 <= counted <= most[name]
    assert [str(difference) for difference in now_done(told.differences())] == []
