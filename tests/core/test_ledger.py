"""How much of what is asked an account is granted, and why not more."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.ledger import Room, post
from gamification.quantity import QUANTITY_MAX
from gamification.refusals import OutOfRange
from gamification.state import Account
from tests.builders import NOON, after


@pytest.mark.parametrize(
    ("balance", "requested", "left", "minimum", "granted", "limited_by"),
    [
        (0, 10, [], None, 10, ""),
        (0, 10, [10], None, 10, ""),
        (0, 10, [9], None, 9, "cap/0"),
        (0, 10, [9, 4], None, 4, "cap/1"),
        (0, 10, [4, 9], None, 4, "cap/0"),
        (0, 10, [4, 4], None, 4, "cap/0"),
        (0, 10, [0], None, 0, "cap/0"),
        (0, 10, [-3], None, 0, "cap/0"),
        (5, -3, [0], None, -3, ""),
        (5, -8, [], None, -8, ""),
        (5, -3, [], 1, -3, ""),
        (5, -8, [], 1, -4, "floor"),
        (1, -8, [], 1, 0, "floor"),
        (0, -8, [], 1, 0, "floor"),
        (0, 1, [], 5, 1, ""),
    ],
)
def test_what_is_granted(
    balance: int,
    requested: int,
    left: list[int],
    minimum: int | None,
    granted: int,
    limited_by: str,
) -> None:
    rooms = tuple(Room(str(index), room) for index, room in enumerate(left))
    result = post(Account(balance), requested, at=NOON, rooms=rooms, minimum=minimum)
    assert (result.amount, result.limited_by) == (granted, limited_by)
    assert result.account.balance == balance + granted


def test_the_account_remembers_when_it_last_fell_and_when_it_met_its_floor() -> None:
    account = post(Account(5), 1, at=NOON).account
    assert (account.debited_at, account.clamped_at) == (None, None)
    account = post(account, -1, at=after(minutes=2), minimum=1).account
    assert (account.debited_at, account.clamped_at) == (after(minutes=2), None)
    account = post(account, -9, at=after(minutes=1), minimum=1).account
    assert (account.debited_at, account.clamped_at) == (after(minutes=2), after(minutes=1))


def test_a_balance_beyond_the_range_is_refused() -> None:
    with pytest.raises(OutOfRange):
        post(Account(QUANTITY_MAX), 1, at=NOON)


amounts = st.integers(-20, 20)


@given(amounts, amounts, st.lists(amounts, max_size=3), st.none() | amounts)
def test_nothing_is_granted_beyond_the_request_the_caps_and_the_floor(
    balance: int, requested: int, left: list[int], minimum: int | None
) -> None:
    rooms = tuple(Room(str(index), room) for index, room in enumerate(left))
    at: datetime = NOON
    result = post(Account(balance), requested, at=at, rooms=rooms, minimum=minimum)
    assert 0 <= result.amount * requested <= requested * requested
    assert (result.amount == requested) == (result.limited_by == "")
    if requested > 0:
        assert result.amount == max(0, min([requested, *left]))
    elif minimum is not None:
        assert result.account.balance >= min(balance, minimum)
