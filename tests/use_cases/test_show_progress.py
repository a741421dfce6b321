"""Progress bars are read with all the numbers that they show."""

from gamification.quantity import SCALE
from gamification.use_cases.show_progress import progress_of_members
from tests.builders import definition, sent
from tests.scene import LATER, scene

FORUM = definition(
    activities={
        "up": {"properties": {"post": "string"}},
        "accept": {"properties": {"post": "string"}},
    },
    metrics={
        "score": {"count": "up", "per": "properties.post"},
        "accepted": {"count": "accept", "per": "properties.post"},
    },
    badges={
        "enlightened": {
            "when": [
                {"metric": "score", "at_least": 3},
                {"metric": "accepted", "at_least": 1},
            ],
            "repeat": "per subject",
        }
    },
)


async def test_a_criterion_that_is_met_counts_while_the_other_is_not() -> None:
    forum = await scene(FORUM)
    await forum.recorded(
        sent("up", post="plain", key="1"),
        sent("up", post="answer", key="2"),
        sent("accept", post="answer", key="3"),
    )
    member = (await forum.member()).id
    reading, rules = forum.store.reading(forum.program.record), forum.program.rules
    ((bar,),) = (await progress_of_members(reading, rules, [member], now=LATER)).values()
    assert bar.subject == "answer"
    assert [(each.current // SCALE, each.target // SCALE) for each in bar.criteria] == [
        (1, 3),
        (1, 1),
    ]
