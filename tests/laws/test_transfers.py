"""Points that change hands among all else that happens: both sides, once, and back together."""

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from gamification.commands import CommandType, NewCommand
from gamification.definition.compiled import CompiledProgram
from gamification.program import Program
from gamification.refusals import Refusal
from gamification.state import Posting
from gamification.use_cases.transfer_points import Transferred, transfer, transfer_points
from tests.laws.effort import tried
from tests.laws.histories import MEMBERS, MOMENTS
from tests.laws.pictures import picture
from tests.laws.programs import programs
from tests.laws.stories import COUNTRIES, Step, Story, stories, take_a_step
from tests.laws.test_caches import forget_numbers
from tests.laws.test_ledger import Book, balances_are_sums, book
from tests.scene import Scene, now_done, staged

UNITS = ("stars", "reputation", "debt")


class Gift(NamedTuple):
    """A member gives points to another, at a time by the server's clock."""

    sender: str
    receiver: str
    unit: str
    amount: str
    at: datetime


class Conversion(NamedTuple):
    """A member converts points, at a time by the server's clock."""

    member: str
    unit: str
    to: str
    at: datetime


class Undone(NamedTuple):
    """One side of the gift of that number is taken back."""

    gift: int
    side: str


Happens = Step | Gift | Conversion | Undone


@st.composite
def _changing_hands(draw: st.DrawFn) -> list[Happens]:
    moment, member = st.sampled_from(MOMENTS), st.sampled_from(MEMBERS)
    unit = st.sampled_from(UNITS)
    amounts = st.sampled_from(["1", "2", "0.5", "0.5"])
    gifts = st.builds(Gift, member, member, unit, amounts, moment)
    undone = st.builds(Undone, st.integers(0, 5), st.sampled_from(["", " (received)"]))
    conversions = st.builds(
        Conversion, member, *map(st.just, ("stars", "debt")), moment
    ) | st.builds(Conversion, member, *map(st.just, ("reputation", "stars")), moment)
    return draw(st.lists(gifts | gifts | gifts | conversions | undone, min_size=1, max_size=9))


@st.composite
def lives(draw: st.DrawFn) -> list[Happens]:
    """A story, and in between what members do with their points."""
    story: Story = draw(stories(most=8))
    happens: list[Happens] = list(story.steps)
    for each in draw(_changing_hands()):
        place = draw(st.integers(len(happens) // 2, len(happens)))  # once there are points
        happens.insert(place, each)
    return happens


async def give(told: Scene, gift: Gift, key: str) -> Transferred:
    program: Program = told.program
    wish = transfer(
        program,
        sender=gift.sender,
        receiver=gift.receiver,
        unit=gift.unit,
        amount=gift.amount,
        reason=None,
        key=key,
    )
    return await transfer_points(
        told.store, told.bus, program, wish, now=gift.at, new_key=told.new_key
    )


async def convert(told: Scene, wish: Conversion, key: str) -> None:
    properties = {"unit": wish.unit, "to": wish.to, "take": "2", "give": "3"}
    type_ = CommandType.POINTS_CONVERTED
    await told.record(NewCommand(wish.member, type_, 10_000, properties, wish.at, key))


async def lived(told: Scene, life: list[Happens]) -> dict[str, Gift]:
    """Live through it, the book only added to; the gifts that were accepted, by their keys."""
    accepted: dict[str, Gift] = {}
    before: Book = {}
    for external_id, country in COUNTRIES.items():
        await told.update(external_id, country=country)
    for number, happens in enumerate(life):
        match happens:
            case Gift():
                with suppress(Refusal):
                    await give(told, happens, f"gift {number}")
                    accepted[f"gift {number}"] = happens
            case Conversion():
                await convert(told, happens, f"swap {number}")
            case Undone(gift, side):
                if accepted:
                    key = list(accepted)[gift % len(accepted)]
                    await told.retract(f"{key}{side}", key=f"undone {number}")
            case _:
                await take_a_step(told, happens)
        after = await book(told)
        for account, entries in before.items():
            assert after[account][: len(entries)] == entries
        await balances_are_sums(told, after)
        before = after
    return accepted


async def postings_of(told: Scene, key: str) -> list[Posting]:
    """What the ledger says of both sides of a gift, as far as it stands."""
    return [
        posting
        for totals in (await told.totals()).values()
        for name, posting in totals.postings.items()
        if name.cause in (key, f"{key} (received)") and name.rule.startswith("transfer/")
        if posting.requested
    ]


@tried(3)
@given(programs(), lives())
def test_points_change_hands_once_and_come_back_together(
    rules: CompiledProgram, life: list[Happens]
) -> None:
    told = now_done(staged(rules))
    accepted = now_done(lived(told, life))
    assert [str(difference) for difference in now_done(told.differences())] == []
    for key in accepted:
        sides = now_done(postings_of(told, key))
        assert sum(posting.requested for posting in sides) == 0
        assert len(sides) in (0, 2)


@tried(1)
@given(programs(), lives())
def test_a_repeat_gives_nothing_and_rebuilding_gives_the_same(
    rules: CompiledProgram, life: list[Happens]
) -> None:
    told = now_done(staged(rules))
    accepted = now_done(lived(told, life))
    before = now_done(picture(told))
    for key, gift in accepted.items():
        again = now_done(give(told, gift, key))
        assert (again.sent.replayed, again.received.replayed) == (True, True)
    assert now_done(picture(told)) == before
    now_done(forget_numbers(told))
    assert now_done(picture(told)) == before
