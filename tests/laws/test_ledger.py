"""Law 4, as far as one caller can try it: balances are sums of entries, and no entry changes."""

from hypothesis import given

from gamification.definition.compiled import CompiledProgram
from gamification.ids import MemberId
from gamification.stored import EntryRow
from tests.laws.effort import tried
from tests.laws.programs import programs
from tests.laws.stories import Step, Story, stories, take_a_step
from tests.scene import Scene, now_done, staged

Book = dict[tuple[MemberId, str], list[EntryRow]]


async def book(kept: Scene) -> Book:
    """Every account's entries, oldest first."""
    return {
        (member.id, unit): await kept.entries(member.id, unit)
        for member in await kept.members()
        for unit in kept.program.rules.units
    }


async def step_by_step(kept: Scene, steps: tuple[Step, ...]) -> None:
    before: Book = {}
    for step in steps:
        await take_a_step(kept, step)
        after = await book(kept)
        for account, entries in before.items():
            assert after[account][: len(entries)] == entries
        await balances_are_sums(kept, after)
        before = after


async def balances_are_sums(kept: Scene, entries: Book) -> None:
    accounts = {
        (key.member, key.unit): account.balance
        for totals in (await kept.totals()).values()
        for key, account in totals.accounts.items()
    }
    for account, rows in entries.items():
        balance = 0
        for row in rows:
            balance += row.entry.amount
            assert row.balance_after == balance
        assert accounts.get(account, 0) == balance


@tried(1)
@given(programs(), stories())
def test_the_book_is_only_added_to_and_every_balance_is_the_sum_of_its_entries(
    rules: CompiledProgram, story: Story
) -> None:
    kept = now_done(staged(rules))
    now_done(step_by_step(kept, story.steps))
    for (member, unit), rows in now_done(book(kept)).items():
        revisions = [(row.entry.posting, row.entry.revision) for row in rows]
        assert len(set(revisions)) == len(revisions), (member, unit)
