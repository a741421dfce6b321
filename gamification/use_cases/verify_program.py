"""The auditor: every number of a program computed again from its facts, each difference named."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gamification.auditing import Auditing
from gamification.definition.compiled import CompiledBoard
from gamification.facts import Activity, Retraction, say_the_same
from gamification.lots import Allocation, Lots
from gamification.outcomes import NOTHING
from gamification.ports import Board, Member, Standing, Store, Totals
from gamification.program import Program
from gamification.quantity import to_text
from gamification.ranking import rank_by_hand
from gamification.reading import Reading
from gamification.refusals import OutOfRange
from gamification.replay import Replayed, latest, opening_of, replay
from gamification.rules.earning import OPENING
from gamification.shared import differing, shared_by
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Posting,
    PostingKey,
    TallyKey,
    budget_of,
)
from gamification.use_cases.difference import Difference
from gamification.use_cases.rank import page_of_board
from gamification.use_cases.verify_periods import Prizes, prizes_among, verify_periods

WINDOWS_MAX = 100_000
BOARD_PAGE = 1000
TOP = 100
"""How many places of each board are ranked by hand, which takes quadratic time."""

_History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the audit has come."""

    members: int = 0
    of: int = 0
    facts: int = 0
    tallies: int = 0
    postings: int = 0
    awards: int = 0
    runs: int = 0
    """Of leaderboards, over all of them."""


async def verify_program(store: Store, program: Program) -> AsyncIterator[Difference | Checked]:
    """Compute everything again; yield each difference, and now and then how far it is.

    Reads only. Run it while nobody writes, or expect differences that are gone the next time.
    """
    auditing, reading = store.auditing(program.record), store.reading(program.record)
    checked, prizes = Checked(of=await reading.member_count()), Prizes()
    shared: Counter[str] = Counter()
    yield checked
    budgets = _Budgets(await auditing.shared_numbers(), program)
    async for page in auditing.members():
        ids = [member.id for member in page]
        histories, totals = await auditing.histories(ids), await auditing.totals(ids)
        for member in page:
            history, stored = histories.get(member.id, []), totals[member.id]
            prizes += prizes_among(activity for activity, _ in history)
            try:
                postings = stored.postings
                budgets.take(postings)
                replayed = replay(
                    program.timeline, history, granted=postings, shared=dict(budgets.used)
                )
            except OutOfRange as refusal:
                facts = f"{len(history)} facts"
                yield Difference("the history", member.external_id, facts, refusal.message)
                continue
            shared.update(shared_by(program.rules, history, replayed.state))
            for difference in _differences(program, member, history, replayed, stored):
                yield difference
            checked = _count(checked, history, replayed)
        yield checked
    for difference in (*await _orphans(auditing), *budgets.differences()):
        yield difference
    for board in program.rules.boards.values():
        for window in await _windows(reading, board):
            async for difference in _board(reading, board, window):
                yield difference
            checked = Checked(**{**_as_dict(checked), "runs": checked.runs + 1})
        yield checked
    numbers = await auditing.shared_numbers()
    async for difference in _of_all(reading, program, prizes, (numbers, shared)):
        yield difference


async def _of_all(
    reading: Reading,
    program: Program,
    prizes: Prizes,
    shared: tuple[Mapping[str, int], Mapping[str, int]],
) -> AsyncIterator[Difference]:
    """What is of no member alone: shared numbers, as stored and as computed, and final runs."""
    for key, one, other in differing(program.rules, *shared):
        yield Difference("the shared number", key, str(one), str(other))
    async for difference in verify_periods(reading, program, prizes):
        yield difference


async def _orphans(auditing: Auditing) -> list[Difference]:
    return [
        Difference("a row without its fact", orphan, "present", "absent")
        for orphan in await auditing.orphans()
    ]


def _as_dict(checked: Checked) -> dict[str, int]:
    return {name: getattr(checked, name) for name in Checked.__slots__}


def _count(checked: Checked, history: _History, replayed: Replayed) -> Checked:
    return Checked(
        members=checked.members + 1,
        of=checked.of,
        facts=checked.facts + len(history),
        tallies=checked.tallies + len(replayed.state.tallies),
        postings=checked.postings + len(replayed.postings),
        awards=checked.awards + len(replayed.state.awards),
        runs=checked.runs,
    )


# ------------------------------------------------------------------------------------- members


def _differences(
    program: Program, member: Member, history: _History, replayed: Replayed, stored: Totals
) -> Iterator[Difference]:
    who = member.external_id
    yield from _latest(member, history)
    yield from _tallies(who, replayed, stored)
    yield from _ranked(program, member, stored)
    yield from _awards(who, replayed, stored)
    yield from _postings(who, replayed, stored)
    yield from _balances(who, replayed, stored)
    known = replayed.state.attributes.get(member.id, NOTHING)
    if not say_the_same(member.attributes, known):
        told = dict(member.attributes), dict(known)
        yield Difference("what is known", who, str(told[0]), str(told[1]))


def _latest(member: Member, history: _History) -> Iterator[Difference]:
    last = latest(history)
    if member.last != last:
        computed = "none" if last is None else last.key
        yield Difference("the latest fact", member.external_id, str(member.last), computed)


class _Budgets:
    """How much of each budget is used, against what the ledger adds up to."""

    def __init__(self, stored: Mapping[str, int], program: Program) -> None:
        self._most: dict[str, int] = {}
        for _, rules in program.timeline.versions:
            for campaign in rules.campaigns.values():
                for unit, most in campaign.budgets.items():
                    key = campaign.budget_key(unit)
                    self._most[key] = max(most, self._most.get(key, 0))
        self.used = {key: stored.get(key, 0) for key in self._most}
        self._sums = dict.fromkeys(self._most, 0)

    def take(self, postings: Mapping[PostingKey, Posting]) -> None:
        """Add up what one member's postings came to."""
        for key, posting in postings.items() if self._sums else ():
            if budget_of(key) in self._sums:
                self._sums[budget_of(key)] += posting.granted

    def differences(self) -> Iterator[Difference]:
        for key, total in sorted(self._sums.items()):
            if self.used[key] != total:
                yield Difference("the use", key, to_text(self.used[key]), to_text(total))
            if total > self._most[key]:
                most = f"at most {to_text(self._most[key])}"
                yield Difference("the budget", key, to_text(total), most)


def _tallies(who: str, replayed: Replayed, stored: Totals) -> Iterator[Difference]:
    computed = replayed.state.tallies
    for key in sorted(computed.keys() | stored.tallies.keys()):
        one, other = stored.tallies.get(key), computed.get(key)
        if one is None or other is None:
            yield Difference("the tally", _tally_name(who, key), str(one), str(other))
            continue
        for name in ("value", "reached_at", "touches"):
            if getattr(one, name) != getattr(other, name):
                yield Difference(
                    f"the tally's {name}",
                    _tally_name(who, key),
                    str(getattr(one, name)),
                    str(getattr(other, name)),
                )
        peak = replayed.peaks[key]
        if one.peak < peak:  # it may be too high, which costs a replay; never too low
            name = _tally_name(who, key)
            yield Difference("the tally's peak", name, f"{one.peak}", f"at least {peak}")


def _ranked(program: Program, member: Member, stored: Totals) -> Iterator[Difference]:
    for key in sorted(stored.tallies):
        stands = key in stored.ranked
        should = program.rules.ranks(key.metric, member.attributes)
        if stands != should:
            name = _tally_name(member.external_id, key)
            yield Difference("the standing on boards", name, str(stands), str(should))


def _awards(who: str, replayed: Replayed, stored: Totals) -> Iterator[Difference]:
    computed = replayed.state.awards
    for key in sorted(computed.keys() | stored.awards.keys()):
        one, other = stored.awards.get(key), computed.get(key)
        if one != other:
            yield Difference("the award", _award_name(who, key), _award(one), _award(other))


def _postings(who: str, replayed: Replayed, stored: Totals) -> Iterator[Difference]:
    for key in sorted(replayed.postings.keys() | stored.postings.keys()):
        one, other = stored.postings.get(key), replayed.postings.get(key)
        if key.rule == OPENING and other is None:
            continue  # an account stays open when all that was earned is retracted
        if _posting(one) != _posting(other):
            yield Difference("the ledger", _posting_name(who, key), _posting(one), _posting(other))


def _balances(who: str, replayed: Replayed, stored: Totals) -> Iterator[Difference]:
    sums: dict[AccountKey, int] = {}
    for key, posting in stored.postings.items():
        account = AccountKey(key.member, key.unit)
        sums[account] = sums.get(account, 0) + posting.granted
    for key in sorted(sums.keys() | stored.accounts.keys() | replayed.state.accounts.keys()):
        account = stored.accounts.get(key)
        balance = account.balance if account is not None else 0
        if balance != sums.get(key, 0):
            name = f"{who}'s {key.unit} against the sum of its entries"
            yield Difference("the balance", name, to_text(balance), to_text(sums.get(key, 0)))
        computed = replayed.state.accounts.get(key)
        expected = computed.balance if computed is not None else opening_of(stored, key)
        if balance != expected:
            name = f"{who}'s {key.unit}"
            yield Difference("the balance", name, to_text(balance), to_text(expected))
        if account is not None:
            yield from _account_lots(f"{who}'s {key.unit}", account, computed or account)


def _account_lots(name: str, stored: Account, computed: Account) -> Iterator[Difference]:
    if stored.lots is None and computed.lots is None:
        return
    one, other = stored.lots or Lots(), computed.lots or Lots()
    if one != other:
        yield Difference("the lots", name, str(one), str(other))
    if one.balance != stored.balance:
        name = f"{name} against the balance"
        yield Difference("the sum of the lots", name, to_text(one.balance), to_text(stored.balance))


def _tally_name(who: str, key: TallyKey) -> str:
    about = f" about {key.subject}" if key.subject else ""
    return f"{who}: {key.metric} in {key.window or 'all time'}{about}"


def _award_name(who: str, key: AwardKey) -> str:
    about = "".join(f" {part}" for part in (key.window, key.subject) if part)
    return f"{who}: {key.badge} level {key.level}{about}"


def _award(award: Award | None) -> str:
    if award is None:
        return "nothing"
    evidence = ", ".join(f"{each.criterion} {to_text(each.value)}" for each in award.evidence)
    return f"earned {award.earned_at.isoformat()} by {award.cause} ({evidence})"


def _posting(posting: Posting | None) -> str:
    """What a posting says; one that has been taken back says the same as none."""
    if posting is None or not (posting.granted or posting.requested):
        return "nothing"
    limit = f" (limited by {posting.limited_by})" if posting.limited_by else ""
    lots = "".join(f" {_allocation(each)}" for each in posting.allocations)
    return f"{to_text(posting.granted)} of {to_text(posting.requested)}{limit}{lots}"


def _allocation(each: Allocation) -> str:
    """One part of a posting: "[5 until 2026-07-01T00:00:00+00:00]", "[-2 as a debt]"."""
    if each.is_debt:
        return f"[{to_text(each.amount)} as a debt]"
    until = f" until {each.expires_at.isoformat()}" if each.expires_at else ""
    return f"[{to_text(each.amount)}{until}]"


def _posting_name(who: str, key: PostingKey) -> str:
    return f"{who}'s {key.unit} from {key.rule} because of {key.cause or 'joining'}"


# -------------------------------------------------------------------------------------- boards


async def _windows(reading: Reading, board: CompiledBoard) -> list[str]:
    """Every window of a board that somebody has a score in."""
    windows: list[str] = []
    before: str | None = None
    while page := await reading.windows(board.metric, limit=BOARD_PAGE, before=before):
        windows += page
        before = page[-1]
        if len(windows) > WINDOWS_MAX or len(page) < BOARD_PAGE:
            break
    return windows


async def _board(reading: Reading, board: CompiledBoard, window: str) -> AsyncIterator[Difference]:
    """Read a board page by page: its order, its count, and its ranks against a sort by hand."""
    name = f"{board.key} {window or 'of all time'}"
    rows: list[Standing] = []
    after: Standing | None = None
    while True:
        places = await page_of_board(reading, board, (window,), after=after, limit=BOARD_PAGE)
        rows += [Standing(place.member, place.score, place.reached_at) for place in places]
        if len(rows) == len(places):  # the top page, compared row by row with the reference
            for place, expected in zip(places, rank_by_hand(rows[:TOP], board.ties), strict=False):
                ranks = (place.member, place.rank, place.position)
                if ranks != (expected.member, expected.rank, expected.position):
                    where = f"{name}, position {expected.position}"
                    yield Difference("the rank", where, str(place), str(expected))
        if len(places) < BOARD_PAGE:
            break
        after = rows[-1]
    for ahead, behind in pairwise(rows):
        if _place_in_order(ahead) >= _place_in_order(behind):
            yield Difference("the order", name, str(ahead), f"not before {behind}")
    count = await reading.participant_count(Board(board.metric, (window,)))
    if count != len(rows):
        yield Difference("the number of participants", name, str(count), str(len(rows)))


def _place_in_order(row: Standing) -> tuple[int, float, int]:
    return (-row.score, row.reached_at.timestamp(), row.member)
