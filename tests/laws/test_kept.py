"""Points that stay in spite of a retraction follow from the times of the facts, in any order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.facts import NewActivity
from tests.laws.effort import tried
from tests.laws.histories import MOMENTS, TakenBack, with_keys
from tests.laws.pictures import picture
from tests.laws.stories import Step, take_a_step
from tests.scene import Scene, now_done, staged

TYPES = ("buy", "buy", "fine", "arrived", "arrived")
PENDING: list[Any] = ["1 day", {"until": "arrived", "per": "properties.order"}]


@st.composite
def shops(draw: st.DrawFn) -> CompiledProgram:
    """Little else than points that are pending, so that hardly anything is judged again."""
    bonus = {"on": "buy", "give": {"stars": "value"}, "budget": {"stars": 1000}}
    whole: dict[str, Any] = {
        "key": "law",
        "name": "Law",
        "activities": {
            name: {"value": "amount", "properties": {"order": "string"}} for name in set(TYPES)
        },
        "points": {
            "stars": {"pending": draw(st.sampled_from(PENDING)), "negative": "only_pending"}
        },
        "earning": {
            "buy": {"on": "buy", "give": {"stars": "value"}},
            "fine": {"on": "fine", "give": {"stars": "0 - value"}},
        },
        "campaigns": {"bonus": bonus} if draw(st.booleans()) else {},
    }
    return compile_program(Definition.model_validate(whole))[0]


@st.composite
def arriving(draw: st.DrawFn) -> list[Step]:
    """Facts about two orders, and some of them taken back, in any order of arrival."""
    did = st.builds(
        NewActivity,
        st.just("anne"),
        st.sampled_from(TYPES),
        st.sampled_from(["1", "2", "3.5"]),
        st.sampled_from(["o", "p"]).map(lambda order: {"order": order}),
        st.sampled_from(MOMENTS),
    )
    facts = with_keys(draw(st.lists(did, min_size=2, max_size=7)))
    chosen = draw(st.lists(st.sampled_from(facts), max_size=4))
    taken = [
        TakenBack(
            fact.key or "",
            draw(st.sampled_from([None, None, "0.5"])),
            f"{number}. back",
            draw(st.sampled_from(MOMENTS)),
        )
        for number, fact in enumerate(chosen)
    ]
    wholly = {back.activity_key for back in taken if back.amount is None}
    # A part is taken back of what is there: after the whole it would be refused.
    parts = [back for back in taken if back.amount is None or back.activity_key not in wholly]
    few: list[Step] = [*([fact] for fact in facts), *_at_most_one_part(parts)]
    return draw(st.permutations(few))


def _at_most_one_part(taken: list[TakenBack]) -> list[TakenBack]:
    parts = {back.activity_key: back for back in taken if back.amount is not None}
    return [*(back for back in taken if back.amount is None), *parts.values()]


def _when(step: Step) -> tuple[bool, Any]:
    """Facts in their order, then what takes them back."""
    if isinstance(step, TakenBack):
        return True, step.at
    return False, (step[0].occurred_at, step[0].key)


async def lived(rules: CompiledProgram, steps: list[Step]) -> Scene:
    scene = await staged(rules)
    for step in steps:
        await take_a_step(scene, step)
    return scene


@tried(10)
@given(shops(), arriving())
def test_what_stays_does_not_depend_on_the_order_of_arrival(
    rules: CompiledProgram, steps: list[Step]
) -> None:
    told, plain = now_done(lived(rules, steps)), now_done(lived(rules, sorted(steps, key=_when)))
    assert now_done(picture(told)) == now_done(picture(plain))
    assert [str(difference) for difference in now_done(told.differences())] == []
