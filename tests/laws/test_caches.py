"""Law 9: deleting a cache changes time, never an answer. Everything but the facts is a cache."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from gamification.program import program_of
from gamification.replay import replay
from gamification.settlement import Settlement
from gamification.use_cases.rebuilding import rebuild
from tests.laws.effort import tried
from tests.laws.histories import cut, histories
from tests.laws.pictures import picture
from tests.laws.programs import programs
from tests.scene import Scene, now_done, staged


async def forget_numbers(lived: Scene) -> None:
    """Delete every tally and award, and make them anew from the facts, as a backfill does."""
    totals = await lived.totals()
    async with lived.store.writing(lived.program.record) as writing:
        await writing.delete_tallies({key for each in totals.values() for key in each.tallies})
        await writing.delete_awards({key for each in totals.values() for key in each.awards})
    async with lived.store.writing(lived.program.record) as writing:
        members = await writing.lock_members_by_id(totals.keys())
        settlement, _ = await rebuild(writing, lived.program, members)
        assert isinstance(settlement, Settlement)
        await settlement.write(writing, announce=False)


def forget_windows(rules: CompiledProgram) -> None:
    """Empty what the compiled program remembers of the calendar."""
    rules.agendas.clear()
    rules.calendar.keys.clear()


@tried(1)
@given(programs(), histories(most=16))
def test_numbers_deleted_and_made_anew_are_the_same(
    rules: CompiledProgram, history: list[NewActivity]
) -> None:
    lived = now_done(staged(rules))
    now_done(lived.recorded(*history))
    before = now_done(picture(lived))
    entries = {account: now_done(lived.entries(*account)) for account in before.accounts}
    now_done(forget_numbers(lived))
    assert now_done(picture(lived)) == before
    assert {account: now_done(lived.entries(*account)) for account in entries} == entries
    assert now_done(lived.differences()) == []


@tried(1)
@given(programs(), histories(), st.lists(st.integers(1, 4), max_size=5))
def test_compiled_rules_may_be_forgotten_between_any_two_batches(
    rules: CompiledProgram, history: list[NewActivity], sizes: Sequence[int]
) -> None:
    remembering, forgetting = now_done(staged(rules)), now_done(staged(rules))
    now_done(remembering.recorded(*history))
    for batch in cut(history, sizes):
        forget_windows(rules)
        now_done(forgetting.recorded(*batch))
    assert now_done(picture(forgetting)) == now_done(picture(remembering))


@tried(0.2)
@given(programs(), histories())
def test_rules_compiled_anew_from_the_stored_document_judge_alike(
    rules: CompiledProgram, history: list[NewActivity]
) -> None:
    """Also a law of conditions: their memos belong to the compiled program, and begin empty."""
    lived, again = now_done(staged(rules)), now_done(staged(rules))
    again.program = program_of(again.program.record)
    now_done(lived.recorded(*history))
    now_done(again.recorded(*history))
    assert now_done(picture(again)) == now_done(picture(lived))


@tried(1)
@given(programs(), histories())
def test_a_replay_of_the_stored_facts_is_the_stored_state(
    rules: CompiledProgram, history: list[NewActivity]
) -> None:
    lived = now_done(staged(rules))
    now_done(lived.recorded(*history))
    totals = now_done(lived.totals())
    facts = now_done(lived.store.auditing(lived.program.record).histories(list(totals)))
    for member, stored in totals.items():
        replayed = replay(lived.program.timeline, facts[member])
        assert replayed.state.accounts == stored.accounts
        assert replayed.state.awards == stored.awards
        assert replayed.postings == stored.postings
