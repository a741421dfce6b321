"""Eighteen months of a real shop under levels, expiry, a welcome back and weekly prizes.

Everything is worked out a second time by hand, and the auditor finds nothing.
"""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest

from gamification.ports import Store
from gamification.program import Program
from gamification.state import AccountKey
from gamification.tiers import status_at
from gamification.use_cases.verify_program import Difference, verify_program
from models.store import open_store
from tests.proofs.music_shop import CLOSED, lived_through, purchases
from tests.proofs.music_shop_by_hand import customers, prizes

LAST_DAY = CLOSED + timedelta(days=7)


@pytest.mark.timeout(1500)
async def test_eighteen_months_of_a_music_shop(database_url: str) -> None:
    bought = purchases()
    async with open_store(database_url) as store:
        program = await lived_through(store, bought)
        by_hand = customers(bought, until=LAST_DAY + timedelta(days=1))
        assert await standings(store, program) == {
            name: (one.level(LAST_DAY), one.balance(LAST_DAY + timedelta(days=1)))
            for name, one in by_hand.items()
        }
        assert await granted(store, program) == (
            sum(one.welcomed for one in by_hand.values()),
            sum(sum(winners.values()) for winners in prizes(bought).values()) * 10_000,
        )
        found = [each async for each in verify_program(store, program)]
        assert [str(each) for each in found if isinstance(each, Difference)] == []


async def standings(store: Store, program: Program) -> dict[str, tuple[str, int]]:
    """Each member's level and balance, at noon of the last day."""
    now = datetime.combine(LAST_DAY, time(12), UTC)
    reading, auditing = store.reading(program.record), store.auditing(program.record)
    rules, tier = program.rules, program.rules.tiers["status"]
    stands: dict[str, tuple[str, int]] = {}
    async for page in auditing.members():
        totals = await auditing.totals([member.id for member in page])
        accounts = await reading.accounts([member.id for member in page])
        for member in page:
            tallies = totals[member.id].tallies
            status = status_at(tier, member.id, tallies.get, at=now, calendar=rules.calendar)
            account = accounts.get(AccountKey(member.id, "points"))
            balance = 0 if account is None else account.balance
            stands[member.external_id] = (tier.levels[status.level].key, balance)
    return stands


async def granted(store: Store, program: Program) -> tuple[int, int]:
    """What the welcome back has given in all, and what was won."""
    auditing = store.auditing(program.record)
    sums: Counter[str] = Counter()
    async for page in auditing.members():
        totals = await auditing.totals([member.id for member in page])
        for each in totals.values():
            for key, posting in each.postings.items():
                sums[key.rule.split("/")[0]] += posting.granted
    return sums["campaign"], sums["prize"]
