"""Explanations add up: what they name comes to exactly the number that they explain."""

from hypothesis import given

from gamification.definition.compiled import (
    CompiledBadge,
    CompiledCriterion,
    CompiledProgram,
    CompiledTier,
)
from gamification.definition.document import Repeat
from gamification.explain.activities import attributes_at, explain_activity
from gamification.explain.badges import (
    About,
    Caused,
    added,
    award_keys,
    counting_types,
    explain_badge,
    tallies_of,
)
from gamification.explain.balances import explain_balance
from gamification.explain.streaks import PERIODS_MAX, PeriodState, periods_of
from gamification.explain.tiers import WINDOWS_MAX, TierExplained, explain_tier
from gamification.ids import MemberId
from gamification.lots import Portions
from gamification.metrics import TOTAL
from gamification.progress import ProgressKind
from gamification.stored import EntryRow
from gamification.streaks import status_at
from gamification.tier_levels import NO_LEVEL
from gamification.tiers import status_at as status_of_tier
from gamification.use_cases.show_progress import progress_of_members
from gamification.windows import Rolling
from tests.laws.effort import tried
from tests.laws.histories import MOMENTS, POSTS
from tests.laws.programs import programs
from tests.laws.stories import Story, live_through, stories
from tests.scene import Scene, now_done, staged

FACTS_MAX = 100


async def told(rules: CompiledProgram, story: Story) -> Scene:
    scene = await staged(rules)
    await live_through(scene, story.steps)
    return scene


async def caused_by(scene: Scene, member: MemberId) -> list[Caused]:
    """All of a member's activities, each with what it caused."""
    reading = scene.store.reading(scene.program.record)
    rows = await reading.activity_page(member, before=None, limit=FACTS_MAX)
    keys = [row.activity.key for row in rows]
    entries = await reading.entries_of_activities(keys)
    awards = await reading.awards_of_activities(keys)
    return [Caused(row, entries[row.activity.key], awards[row.activity.key]) for row in rows]


async def balances_add_up(scene: Scene) -> None:
    reading = scene.store.reading(scene.program.record)
    for totals in (await scene.totals()).values():
        sums = await reading.rule_sums(list(totals.accounts))
        for key, account in totals.accounts.items():
            explained = explain_balance(
                sums[key], unopened=0, portions=Portions(account.balance, 0, 0, 0)
            )
            assert explained.total == account.balance
            assert explained.opening == scene.program.rules.units[key.unit].start


@tried(1)
@given(programs(), stories())
def test_what_the_rules_brought_is_the_balance(rules: CompiledProgram, story: Story) -> None:
    now_done(balances_add_up(now_done(told(rules, story))))


async def activities_add_up(scene: Scene) -> None:
    members = await scene.members()
    reading = scene.store.reading(scene.program.record)
    ids = [each.id for each in members]
    changes = await reading.facts_of_type(ids, "member:changed")
    facts = await scene.store.auditing(scene.program.record).histories(ids)
    for member in members:
        for caused in await caused_by(scene, member.id):
            row, entries = caused.row, caused.entries
            known = attributes_at(changes[member.id], row.activity)
            explained = explain_activity(
                scene.program.timeline, row, entries, known, releasing=facts[member.id]
            )
            earned = [each for each in entries if each.entry.posting.rule.startswith("earning/")]
            assert sum(each.granted for each in explained.earnings) == amounts(earned)
            for each in explained.earnings:
                assert (each.silent is None) == (each.requested != 0)
                assert not each.is_kept or each.granted >= 0
                assert (each.room is None) == (each.requested == each.granted)
            added = [each for each in entries if each.entry.posting.rule.startswith("campaign/")]
            assert sum(each.granted for each in explained.campaigns) == amounts(added)
            for each in explained.campaigns:
                assert (each.silent is None) == (each.requested != 0)
            gifts = [each for each in entries if each.entry.posting.rule.startswith("badge/")]
            assert len(earned) + len(added) + len(gifts) == len(entries)
            left = row.activity.less(row.retractions)
            kept = [each for each in explained.earnings if each.is_kept]
            assert row.retractions or not kept
            if left is None:
                assert [each for each in explained.earnings if each.requested] == kept
            assert explained.left == (None if left is None else left.value)


def amounts(rows: list[EntryRow]) -> int:
    return sum(row.entry.amount for row in rows)


@tried(1)
@given(programs(), stories())
def test_what_an_activitys_rules_gave_is_in_the_ledger(
    rules: CompiledProgram, story: Story
) -> None:
    now_done(activities_add_up(now_done(told(rules, story))))


async def badges_add_up(scene: Scene) -> None:
    rules, reading = scene.program.rules, scene.store.reading(scene.program.record)
    for member in await scene.members():
        caused = await caused_by(scene, member.id)
        for badge in rules.badges.values():
            for subject in POSTS if badge.per else ("",):
                about = About(member.id, subject, MOMENTS[-2])
                tallies = await reading.tallies_by_key(tallies_of(rules, badge, about))
                first = explain_badge(rules, badge, about, tallies)[0]
                for each in first.criteria:
                    if is_a_sum(each.criterion):
                        brought = brought_to(scene, badge, about, caused)
                        name = each.criterion.name
                        assert each.progress.current == each.criterion.empty + sum(
                            amount for criterion, amount in brought if criterion == name
                        )


def brought_to(
    scene: Scene, badge: CompiledBadge, about: About, caused: list[Caused]
) -> list[tuple[str, int]]:
    types = counting_types(scene.program.timeline, badge)
    counting = [each for each in caused if types is None or each.row.activity.type in types]
    assert all(
        each in counting or not added(scene.program.timeline, badge, about, each) for each in caused
    )
    return [
        (one.criterion, one.amount)
        for each in counting
        for one in added(scene.program.timeline, badge, about, each)
    ]


def is_a_sum(criterion: CompiledCriterion) -> bool:
    """Whether the number is a sum of what activities brought, and of nothing else."""
    return (
        criterion.streak is None
        and criterion.aggregation is TOTAL
        and criterion.metric not in ("stores", "voters")
    )


@tried(1)
@given(programs(), stories())
def test_what_activities_brought_is_the_number(rules: CompiledProgram, story: Story) -> None:
    now_done(badges_add_up(now_done(told(rules, story))))


@tried(0.5)
@given(programs(), stories())
async def test_explanations_and_progress_bars_agree(rules: CompiledProgram, story: Story) -> None:
    scene = await told(rules, story)
    reading = scene.store.reading(scene.program.record)
    ids = [member.id for member in await scene.members()]
    for member, bars in (await progress_of_members(reading, rules, ids, now=MOMENTS[-2])).items():
        for bar in (each for each in bars if each.kind is ProgressKind.BADGE):
            badge, about = rules.badges[bar.key], About(member, bar.subject, MOMENTS[-2])
            tallies = await reading.tallies_by_key(tallies_of(rules, badge, about))
            levels = explain_badge(rules, badge, about, tallies)
            held = await reading.awards_by_key(award_keys(rules, badge, about))
            is_single = badge.repeat is not Repeat.PER_SUBJECT
            missing = [level for level in levels if not is_single or level.award not in held]
            goal = missing[0] if missing else levels[-1]
            assert tuple(each.progress for each in goal.criteria) == bar.criteria


@tried(0.5)
@given(programs(), stories())
async def test_the_periods_of_a_streak_add_up_to_its_length(
    rules: CompiledProgram, story: Story
) -> None:
    scene = await told(rules, story)
    totals, now = await scene.totals(), MOMENTS[-1]
    async with scene.store.judging(scene.program.record) as judging:
        histories = {each.id: await judging.history(each.id) for each in await scene.members()}
    for member, history in histories.items():
        find = totals[member].tallies.get
        for streak in (each for each in rules.streaks.values() if each.restore is None):
            granted = totals[member].postings
            periods = periods_of(scene.program.timeline, streak, member, history, granted, now=now)
            assert len(periods) <= PERIODS_MAX
            ended = [i for i, each in enumerate(periods) if each.ended is not None]
            since = periods[: ended[0]] if ended else periods
            length = sum(each.state is PeriodState.DONE for each in since)
            status = status_at(streak, member, find, at=now, calendar=rules.calendar)
            if ended or len(periods) < PERIODS_MAX:
                assert length == status.length


@tried(0.5)
@given(programs(), stories())
async def test_what_explains_a_tier_is_what_the_member_is_told(
    rules: CompiledProgram, story: Story
) -> None:
    scene = await told(rules, story)
    totals, now = await scene.totals(), MOMENTS[-2]
    async with scene.store.judging(scene.program.record) as judging:
        histories = {each.id: await judging.history(each.id) for each in await scene.members()}
    for member, history in histories.items():
        find = totals[member].tallies.get
        for tier in rules.tiers.values():
            status = status_of_tier(tier, member, find, at=now, calendar=rules.calendar)
            explained = explain_tier(scene.program.timeline, tier, member, history, now=now)
            assert explained.status == status
            assert level_named(tier, explained) == status.level
            running = explained.windows[0]
            assert running.window == status.window
            assert [(each.value, each.rolled_over) for each in running.numbers] == [
                (each.value, each.rolled_over) for each in status.numbers
            ]
            for window in explained.windows:
                assert window.level == max(each.level for each in window.numbers)
            if not isinstance(tier.span, Rolling) and len(explained.windows) < WINDOWS_MAX:
                assert moved_in(tier, explained) == shown_in(tier, explained)


def level_named(tier: CompiledTier, explained: TierExplained) -> int:
    """The level that the windows, the floors and the placement add up to."""
    held_from, placed = explained.held_from, explained.placement
    levels = {each.key: index for index, each in enumerate(tier.levels)}
    return max(
        tier.lowest if held_from is None else held_from.window.level - held_from.fallen,
        *(each.level for each in explained.floors if each.value >= each.at_least),
        levels[placed.level] if placed and placed.stands and placed.level else NO_LEVEL,
        NO_LEVEL,
    )


def moved_in(tier: CompiledTier, explained: TierExplained) -> list[int]:
    """What the facts that are named brought to each of the ladder's numbers."""
    return [
        sum(each.amount for fact in explained.facts for each in fact.moved if each.number == index)
        for index in range(len(tier.numbers))
    ]


def shown_in(tier: CompiledTier, explained: TierExplained) -> list[int]:
    """What each number came to in all the windows, by itself."""
    return [
        sum(
            each.numbers[index].value - each.numbers[index].rolled_over - number.start
            for each in explained.windows
        )
        for index, number in enumerate(tier.numbers)
    ]
