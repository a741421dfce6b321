"""What a budget let through was decided once: a history that is judged again to explain it honours
it, also where more for each activity would come to more than there can be."""

import pytest

from tests.api.world import NOON, Deploy, World

TRAINING = """
key: training
name: Training
activities: {ran: {}}
metrics: {runs: {count: ran}}
points: {stars: {}}
campaigns:
  jackpot: {on: ran, give: {stars: 6000000000000}, budget: {stars: 6000000000000}}
streaks:
  daily: {metric: runs}
challenges:
  thrice: {goal: {metric: runs, target: 3}}
"""


@pytest.fixture
async def after_two_runs(deploy_small: Deploy) -> World:
    """The first run takes the whole budget; twice as much would be out of range."""
    world = await deploy_small(TRAINING)
    world.at = NOON
    for key in ("first", "second"):
        await world.did("ann", "ran", key=key)
    answer = await world.ask('{ member(externalId: "ann") { points { balance } } }')
    assert answer["member"]["points"] == [{"balance": "6000000000000"}]
    return world


async def test_a_streak_is_explained_by_what_its_budgets_granted(after_two_runs: World) -> None:
    asked = (
        '{ member(externalId: "ann") { explainStreak(streak: "daily") { periods { amount } } } }'
    )
    answer = await after_two_runs.ask(asked)
    assert answer["member"]["explainStreak"] == {"periods": [{"amount": "2"}]}


async def test_a_challenge_is_explained_by_what_its_budgets_granted(
    after_two_runs: World,
) -> None:
    answer = await after_two_runs.ask(
        """{ member(externalId: "ann") { explainChallenge(challenge: "thrice") {
          activities { activity { key } moved { before after } } } } }"""
    )
    assert answer["member"]["explainChallenge"]["activities"] == [
        {"activity": {"key": "second"}, "moved": [{"before": "1", "after": "2"}]},
        {"activity": {"key": "first"}, "moved": [{"before": "0", "after": "1"}]},
    ]
