"""Points in lots: nothing is lost or made by spending, holding, refunding, expiring and ticking."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gamification.commands import CommandType, NewCommand, NewFact
from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.duties.expire_points import expire_points
from gamification.facts import NewActivity
from gamification.refusals import Refusal
from gamification.rules.lot import account_at
from gamification.state import Account
from tests.builders import NOON, units
from tests.laws.effort import tried
from tests.scene import Scene, now_done, staged

ACTIVITIES: dict[str, Any] = {
    name: {"value": "amount", "properties": {"order": "string"}}
    for name in ("buy", "fine", "arrived")
}
EXPIRES: list[Any] = [
    None,
    {"after": "3 days", "warn": "1 day"},
    {"at": "end of week"},
    {"on": "03-08"},
    {"unused_for": "2 days"},
]
PENDING: list[Any] = [None, "1 day", {"until": "arrived", "per": "properties.order"}]


@st.composite
def programs_of_points(draw: st.DrawFn) -> CompiledProgram:
    pending = draw(st.sampled_from(PENDING))
    policies = ["allow", "within_balance"] + ([] if pending is None else ["only_pending"])
    stars = {
        "expires": draw(st.sampled_from(EXPIRES)),
        "pending": pending,
        "negative": draw(st.sampled_from(policies)),
        "holds": draw(st.sampled_from(["1 day", "4 days"])),
        "start": draw(st.sampled_from([0, 2])),
    }
    whole: dict[str, Any] = {
        "key": "law",
        "name": "Law",
        "time_zone": draw(st.sampled_from(["UTC", "America/New_York"])),
        "activities": ACTIVITIES,
        "points": {"stars": {key: each for key, each in stars.items() if each is not None}},
        "earning": {
            "buy": {"on": "buy", "give": {"stars": "value"}},
            "fine": {"on": "fine", "give": {"stars": "0 - value"}},
        },
    }
    return compile_program(Definition.model_validate(whole))[0]


class Tick:
    """The scheduler comes by."""


class TakenBack(tuple[int, str | None]):
    """What was sent before so many facts is taken back, wholly (None) or in part."""


Happens = NewFact | Tick | TakenBack


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[timedelta, Happens]]:
    """What happens one after another, each so long after the one before; some activity is late."""
    wait = st.sampled_from([timedelta(0), timedelta(hours=5), timedelta(days=1), timedelta(days=3)])
    return draw(st.lists(st.tuples(wait, _happens), min_size=2, max_size=16))


_number = st.sampled_from(["1", "2", "3.5", "10"])
_order = st.sampled_from(["o", "p"])
_late = st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=30), timedelta(minutes=-4)])


def _did(type_: str, value: str, order: str, late: timedelta) -> NewActivity:
    return NewActivity("anne", type_, value, {"order": order}, NOON - late)


def _commanded(type_: CommandType, value: str, hold: int, is_last: bool) -> NewCommand:
    properties = {"unit": "stars", "hold": f"{hold:02d}", "release_rest": is_last}
    return NewCommand("anne", type_, units(value), properties)


_happens: st.SearchStrategy[Happens] = st.one_of(
    st.builds(_did, st.sampled_from(["buy", "buy", "fine", "arrived"]), _number, _order, _late),
    st.builds(
        _commanded,
        st.sampled_from(
            [
                CommandType.POINTS_SPENT,
                CommandType.POINTS_SPENT,
                CommandType.POINTS_HELD,
                CommandType.POINTS_CAPTURED,
                CommandType.POINTS_RELEASED,
            ]
        ),
        _number,
        st.integers(0, 9),
        st.booleans(),
    ),
    st.builds(Tick),
    st.tuples(st.integers(0, 9), st.sampled_from([None, "1", "0.5"])).map(TakenBack),
)


async def lived(scene: Scene, life: Sequence[tuple[timedelta, Happens]]) -> None:
    now = NOON
    for number, (wait, happens) in enumerate(life):
        now += wait + timedelta(seconds=1)
        scene.now = now
        before = await shown(scene, now)
        match happens:
            case Tick():
                await expire_points(scene.store, scene.bus, scene.program, now=now)
                assert await shown(scene, now) == before
                assert await expire_points(scene.store, scene.bus, scene.program, now=now) == 0
            case TakenBack((index, amount)):
                with suppress(Refusal):
                    await scene.retract(f"{index:02d}", amount=amount, key=f"back-{number}")
            case NewCommand():
                await scene.record(replace(happens, key=f"{number:02d}"))
            case NewActivity():
                assert happens.occurred_at is not None
                at = now + (happens.occurred_at - NOON)
                await scene.record(replace(happens, key=f"{number:02d}", occurred_at=at))
        await adds_up(scene, now)


Shown = tuple[int, int, int]
"""What is available, pending and held."""


async def shown(scene: Scene, at: datetime) -> Shown | None:
    account = await account_of(scene)
    return None if account is None else portions(scene, account, at)


def portions(scene: Scene, account: Account, at: datetime) -> Shown:
    rules = scene.program.rules
    return account_at(rules.units["stars"], account, at, rules.calendar).portions[:3]


async def account_of(scene: Scene) -> Account | None:
    for totals in (await scene.totals()).values():
        for account in totals.accounts.values():
            return account
    return None


async def adds_up(scene: Scene, now: datetime) -> None:
    """The ledger is the lots, at this moment and at later ones; no part is less than nothing."""
    account = await account_of(scene)
    if account is None:
        return
    kept, rules = account.lots, scene.program.rules
    assert kept is not None
    assert kept.balance == account.balance
    assert all(lot.amount > 0 for lot in kept.open)
    assert all(lot.amount > 0 for hold in kept.holds for lot in hold.lots)
    entries = await scene.entries((await scene.member()).id, "stars")
    assert sum(row.entry.amount for row in entries) == account.balance
    for days in (0, 1, 2, 5, 30):
        at = now + timedelta(days=days)
        there = account_at(rules.units["stars"], account, at, rules.calendar).portions
        assert there.balance + there.expired == account.balance
        assert there.pending >= 0
        assert there.held >= 0
        assert there.available >= -kept.debt


@tried(3)
@given(programs_of_points(), lives())
def test_balances_are_their_parts_at_every_moment_and_the_auditor_finds_nothing(
    rules: CompiledProgram, life: list[tuple[timedelta, Happens]]
) -> None:
    scene = now_done(staged(rules))
    now_done(lived(scene, life))
    assert [str(difference) for difference in now_done(scene.differences())] == []


@tried(1)
@given(programs_of_points(), lives())
def test_nothing_is_spent_that_is_not_there(
    rules: CompiledProgram, life: list[tuple[timedelta, Happens]]
) -> None:
    """Where nothing is taken back or late, there is never a debt or a shortfall by spending."""
    plain = [
        (wait, happens)
        for wait, happens in life
        if not isinstance(happens, TakenBack)
        and not (isinstance(happens, NewActivity) and happens.type == "fine")
        and not (isinstance(happens, NewActivity) and happens.occurred_at != NOON)
    ]
    scene = now_done(staged(rules))
    now_done(lived(scene, plain))
    account = now_done(account_of(scene))
    if account is not None:
        assert account.lots is not None
        assert account.lots.debt == 0
        entries = now_done(scene.entries(now_done(scene.member()).id, "stars"))
        assert [row for row in entries if row.entry.limited_by] == []
