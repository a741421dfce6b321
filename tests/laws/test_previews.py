"""A preview says exactly what a backfill by the same rules then does, and writes nothing."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given

from gamification.definition.compiled import CompiledProgram, Timeline
from gamification.ids import MemberId
from gamification.ports import Totals
from gamification.program import Program
from gamification.streaks import status_at
from gamification.tiers import level_at
from gamification.use_cases.effects import Preview, Share, StreakEffect
from gamification.use_cases.preview_definition import preview_definition
from gamification.use_cases.rebuilding import rebuild
from tests.laws.effort import tried
from tests.laws.histories import MOMENTS
from tests.laws.pictures import picture
from tests.laws.programs import programs, programs_of_challenges
from tests.laws.stories import Story, live_through, stories
from tests.scene import Scene, now_done, staged

NOW = MOMENTS[-1]

Moves = dict[str, tuple[int, int, int, int]]
"""By badge level, challenge or unit: members up, what they gain, members down, what they lose."""


async def previewed(lived: Scene, rules: CompiledProgram) -> Preview:
    found = preview_definition(lived.store, lived.program, rules.definition, now=NOW)
    return [each async for each in found][-1]


def told(preview: Preview) -> Moves:
    def moved(up: Share, down: Share) -> tuple[int, int, int, int]:
        return up.members, up.total, down.members, down.total

    badges = {f"{each.badge} {each.level}": each for each in preview.badges}
    runs = {
        f"challenge:{each.challenge} 1": each
        for each in preview.challenges
        if each.completing.total or each.reopened.total  # others have members who wait
    }
    return {
        **{name: moved(each.gaining, each.losing) for name, each in badges.items()},
        **{name: moved(each.completing, each.reopened) for name, each in runs.items()},
        **{each.unit: moved(each.rising, each.falling) for each in preview.points},
        **{f"tier:{each.tier}": moved(each.rising, each.falling) for each in preview.tiers},
        **{f"streak:{each.streak}": moved(each.longer, less_of(each)) for each in preview.streaks},
    }


def less_of(effect: StreakEffect) -> Share:
    """Whose streak would be shorter, or over."""
    ended, shorter = effect.ended, effect.shorter
    return Share(ended.members + shorter.members, ended.total + shorter.total)


def done(
    before: Mapping[MemberId, Totals], after: Mapping[MemberId, Totals], starts: Mapping[str, int]
) -> Moves:
    moves: dict[str, list[int]] = {}
    for member, had in before.items():
        has = after[member]
        for index, keys in enumerate(
            (has.awards.keys() - had.awards.keys(), had.awards.keys() - has.awards.keys())
        ):
            for name, count in Counter(f"{key.badge} {key.level}" for key in keys).items():
                move = moves.setdefault(name, [0, 0, 0, 0])
                move[2 * index] += 1
                move[2 * index + 1] += count
        for key, account in has.accounts.items():
            was = had.accounts[key].balance if key in had.accounts else starts[key.unit]
            gained = account.balance - was
            if gained:
                move = moves.setdefault(key.unit, [0, 0, 0, 0])
                move[0 if gained > 0 else 2] += 1
                move[1 if gained > 0 else 3] += abs(gained)
    return {name: (up, gained, down, lost) for name, (up, gained, down, lost) in moves.items()}


def seen(
    rules: tuple[CompiledProgram, CompiledProgram],
    totals: tuple[Mapping[MemberId, Totals], Mapping[MemberId, Totals]],
) -> Moves:
    """The same of levels and streaks, as members see them before and after."""
    moves: dict[str, list[int]] = {}
    for member in totals[0]:
        had, has = (
            heights(each, member, stored[member], others=rules)
            for each, stored in zip(rules, totals, strict=True)
        )
        for name, height in has.items():
            gained = height - had[name]
            if gained:
                move = moves.setdefault(name, [0, 0, 0, 0])
                move[0 if gained > 0 else 2] += 1
                move[1 if gained > 0 else 3] += abs(gained)
    return {name: (up, gained, down, lost) for name, (up, gained, down, lost) in moves.items()}


def heights(
    program: CompiledProgram,
    member: MemberId,
    totals: Totals,
    *,
    others: tuple[CompiledProgram, CompiledProgram],
) -> dict[str, int]:
    """How high each level is and how long each streak. Ladders of one key have the same levels in
    all programs of the laws; of one that is not there members have what everyone has."""
    find, calendar = totals.tallies.get, program.calendar
    ladders = {key: tier for each in others for key, tier in each.tiers.items()}
    found = {f"tier:{key}": tier.lowest for key, tier in ladders.items()}
    found |= {f"streak:{key}": 0 for each in others for key in each.streaks}
    for key, tier in program.tiers.items():
        found[f"tier:{key}"] = level_at(tier, member, find, at=NOW, calendar=calendar)
    for key, streak in program.streaks.items():
        status = status_at(streak, member, find, at=NOW, calendar=calendar)
        found[f"streak:{key}"] = status.length
    return found


async def backfill(lived: Scene, rules: CompiledProgram) -> None:
    """Replay every member by the rules, as a backfill does once they are in force."""
    lived.program = Program(lived.program.record, Timeline(((None, rules),)))
    async with lived.store.writing(lived.program.record) as writing:
        members = await writing.lock_members_by_id({each.id for each in await lived.members()})
        for campaign in rules.campaigns.values():  # a budget begins with what was added before it
            for unit in campaign.budgets:
                used = await writing.granted_by(campaign.rule, unit)
                await writing.lock_shared([campaign.budget_key(unit)])
                await writing.put_shared({campaign.budget_key(unit): used})
        settlement, _ = await rebuild(writing, lived.program, members)
        await settlement.write(writing, announce=False)


def said_and_done(
    lived: Scene, rules: CompiledProgram, others: CompiledProgram
) -> tuple[Preview, Mapping[MemberId, Totals]]:
    """What a preview of other rules says, and what there is after a backfill by them: the one tells
    how the other differs from before, and writes nothing."""
    untouched, before = now_done(picture(lived)), now_done(lived.totals())
    preview = now_done(previewed(lived, others))
    assert now_done(picture(lived)) == untouched

    now_done(backfill(lived, others))
    starts = {unit.key: unit.start for unit in rules.units.values()}
    after = now_done(lived.totals())
    assert told(preview) == done(before, after, starts) | seen((rules, others), (before, after))
    return preview, after


def lived_through(rules: CompiledProgram, story: Story) -> Scene:
    lived = now_done(staged(rules))
    now_done(live_through(lived, story.steps))
    return lived


@tried(0.5)
@given(programs(), programs(), stories())
def test_a_preview_says_what_a_backfill_does(
    rules: CompiledProgram, others: CompiledProgram, story: Story
) -> None:
    lived = lived_through(rules, story)
    preview, _ = said_and_done(lived, rules, others)
    assert preview.is_complete
    found = [each.what for each in now_done(lived.differences())]
    # Who stands on a board is put right in another step than the numbers.
    assert set(found) <= {"the standing on boards"}


@tried(0.5)
@given(programs(budget=3), programs(budget=5), stories())
def test_a_preview_grants_what_budgets_have_left(
    rules: CompiledProgram, others: CompiledProgram, story: Story
) -> None:
    """What they granted stands, and nobody is promised what is spent."""
    said_and_done(lived_through(rules, story), rules, others)


@tried(0.5)
@given(programs_of_challenges(), programs_of_challenges(shared=True), stories())
def test_a_preview_takes_places_and_goals_as_they_were_decided(
    rules: CompiledProgram, others: CompiledProgram, story: Story
) -> None:
    """What members share is decided once: a preview gives no places, and counts who waits."""
    preview, after = said_and_done(lived_through(rules, story), rules, others)
    waiting = Counter(
        others.limited[key.metric].key
        for totals in after.values()
        for key in totals.tallies
        if key.metric in others.limited
    )
    assert {
        each.challenge: each.waiting.total for each in preview.challenges if each.waiting.total
    } == waiting
