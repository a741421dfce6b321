"""What new rules would change: all of history judged by them, compared with what is stored.

Writes nothing. A version without a backfill leaves the past alone, so the question is always the
same: what would be different if these rules had always been in force?
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

from gamification.auditing import Auditing
from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.ids import MemberId
from gamification.ports import Member, Store
from gamification.program import Program
from gamification.reading import Reading
from gamification.replay import opening_of
from gamification.state import AccountKey, AwardKey, State
from gamification.use_cases.comparison import Comparison, Stored
from gamification.use_cases.effects import Preview
from gamification.use_cases.in_time import stored_in_time

MEMBERS_AT_ONCE = 20
"""How many are judged between two reports: a server can answer others in between."""


async def preview_definition(
    store: Store,
    program: Program,
    definition: Definition,
    *,
    now: datetime,
    facts_max: int | None = None,
) -> AsyncIterator[Preview]:
    """Judge history by a definition; yield, again and again, one preview while it fills.

    Levels and streaks are those of `now`.
    With `facts_max` at most so many activities are judged, of whole members. Run it while nobody
    writes, or expect who is active meanwhile to be counted. Memory is bounded: the histories of a
    few members, and counts. Raises `DefinitionRefused`.
    """
    auditing, reading = store.auditing(program.record), store.reading(program.record)
    rules, _ = compile_program(definition, version=program.rules.version + 1)
    count = await reading.member_count()
    used = await _used(auditing, program, rules)
    comparison = Comparison(program, rules, of_members=count, used=used, now=now)
    preview = comparison.preview
    yield preview
    room, is_whole = facts_max, True
    async for page in auditing.members():
        members = page
        if room is not None:
            members, room = await _fitting(auditing, page, room)
        for start in range(0, len(members), MEMBERS_AT_ONCE):
            some = members[start : start + MEMBERS_AT_ONCE]
            ids = [member.id for member in some]
            histories = await auditing.histories(ids)
            judged = comparison.judged(some, histories, await auditing.totals(ids) if used else {})
            standing = await stored_in_time(
                reading, program.rules, [each.id for each, _ in judged], now=now
            )
            stored = await _stored(auditing, reading, judged, awarded=comparison.awarded)
            comparison.compare(judged, stored, standing)
            yield preview
        if len(members) < len(page):
            is_whole = False
            if preview.members:
                break
    preview.is_complete = is_whole
    yield preview


async def _fitting(
    auditing: Auditing, page: Sequence[Member], room: int
) -> tuple[list[Member], int]:
    """The members of a page whose histories fit into the room, and the room that is left.

    One without a history takes as much as one activity: to look at them costs time, too.
    """
    counts = await auditing.fact_counts([member.id for member in page])
    fitting: list[Member] = []
    for member in page:
        size = max(counts[member.id], 1)
        if size <= room:
            room -= size
            fitting.append(member)
    return fitting, room


async def _used(auditing: Auditing, program: Program, rules: CompiledProgram) -> dict[str, int]:
    """How much of the budgets is used: of a new one, what its campaign has added without it."""
    stored = await auditing.shared_numbers()
    used: dict[str, int] = {}
    for campaign in rules.campaigns.values():
        for unit in campaign.budgets:
            budget = campaign.budget_key(unit)
            if budget in program.timeline.budgets:
                used[budget] = stored.get(budget, 0)
            else:
                used[budget] = await auditing.granted_by(campaign.rule, unit)
    return used


async def _stored(
    auditing: Auditing,
    reading: Reading,
    judged: Sequence[tuple[Member, State]],
    *,
    awarded: Collection[str],
) -> Stored:
    """Read no more than can differ in a preview, which is a small part of a member's totals."""
    states = {member.id: state for member, state in judged}
    awards: dict[MemberId, list[AwardKey]] = defaultdict(list)
    for award in await reading.earned(states, awarded):
        awards[award.member].append(award)
    balances: dict[MemberId, dict[str, int]] = defaultdict(dict)
    never_opened: list[AccountKey] = []
    for key, account in (await reading.accounts(states)).items():
        balances[key.member][key.unit] = account.balance
        if key not in states[key.member].accounts:
            never_opened.append(key)
    totals = await auditing.totals(sorted({key.member for key in never_opened}))
    openings = {key: opening_of(totals[key.member], key) for key in never_opened}
    return Stored(awards, balances, openings)
