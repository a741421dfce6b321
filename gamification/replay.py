"""A member's history judged again from the start, and what that makes of what is stored.

This is what late activity, retractions, a backfill and the auditor have in common: without it
there would be no way to say what the numbers should be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from gamification.commands import counts_as_last
from gamification.definition.compiled import Timeline
from gamification.engine import decide, evolve
from gamification.facts import Activity, Order, Retraction
from gamification.lots import opened
from gamification.outcomes import Outcome, PointsEarned, TallyChanged
from gamification.ports import Totals
from gamification.rules.earning import OPENING
from gamification.rules.kept import Releases, keeps, remains_of
from gamification.state import (
    Account,
    AccountKey,
    Award,
    Entry,
    Posting,
    PostingKey,
    State,
    TallyKey,
    budget_of,
)


@dataclass(slots=True)
class Replayed:
    """A member's state as the facts make it, every posting on the way, and what each fact did.

    `peaks` is how high each tally really was at its highest; the peak in a tally is a bound.
    """

    state: State = field(default_factory=State)
    peaks: dict[TallyKey, int] = field(default_factory=dict[TallyKey, int])
    postings: dict[PostingKey, Posting] = field(default_factory=dict[PostingKey, Posting])
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict[str, list[Outcome]])


def replay(
    timeline: Timeline,
    history: Sequence[tuple[Activity, tuple[Retraction, ...]]],
    *,
    keep: frozenset[str] = frozenset(),
    granted: Mapping[PostingKey, Posting] | None = None,
    shared: dict[str, int] | None = None,
) -> Replayed:
    """Fold a member's facts in order. Outcomes are kept for the activities with keys in `keep`.

    `granted` is what the ledger says of the facts already, and `shared` how much of each budget is
    used by it; the latter follows what budgets grant now.
    """
    replayed = Replayed()
    replayed.state.granted = granted or {}
    if shared is not None:
        replayed.state.shared = shared
    releases = Releases(timeline, history)
    for recorded, retractions in history:
        program, activity, remains = timeline.judging(recorded), recorded, None
        if retractions:
            left = recorded.less(retractions)
            if keeps(program, recorded):
                remains = remains_of(program, recorded, retractions, releases)
            elif left is None:
                continue
            activity = recorded if left is None else left
        outcomes = decide(program, replayed.state, activity, remains=remains)
        for outcome in outcomes:
            replayed.state = evolve(replayed.state, outcome)
            if isinstance(outcome, PointsEarned):
                replayed.postings[outcome.key] = outcome.posting
            elif isinstance(outcome, TallyChanged):
                value = outcome.after.value
                replayed.peaks[outcome.key] = max(value, replayed.peaks.get(outcome.key, value))
        if activity.key in keep:
            replayed.outcomes[activity.key] = outcomes
    return replayed


def latest(history: Sequence[tuple[Activity, tuple[Retraction, ...]]]) -> Order | None:
    """The place of the latest fact that counts as one."""
    return next((fact.order for fact, _ in reversed(history) if counts_as_last(fact)), None)


@dataclass(frozen=True, slots=True)
class Correction:
    """What has to be written so that what is stored is what the facts make of it."""

    tallies: tuple[TallyKey, ...]
    lost_tallies: frozenset[TallyKey]
    moves: dict[TallyKey, int]
    """By how much the value of each of these tallies changes."""
    accounts: dict[AccountKey, Account]
    entries: tuple[tuple[Entry, int], ...]
    awards: tuple[Award, ...]
    new_awards: tuple[Award, ...]
    lost_awards: tuple[Award, ...]


def correction(replayed: Replayed, stored: Totals) -> Correction:
    """The difference between a replay and what is stored for the same member."""
    _keep_open(replayed, stored)
    state = replayed.state
    entries = _entries(replayed, stored)
    accounts = {
        key: account
        for key, account in state.accounts.items()
        if stored.accounts.get(key) != account
    }
    tallies = tuple(key for key, tally in state.tallies.items() if stored.tallies.get(key) != tally)
    lost = frozenset(stored.tallies.keys() - state.tallies.keys())
    values = {key: tally.value for key, tally in stored.tallies.items()}
    moves = {key: state.tallies[key].value - values.get(key, 0) for key in tallies}
    return Correction(
        tallies=tallies,
        lost_tallies=lost,
        moves=moves | {key: -values[key] for key in lost},
        accounts=accounts,
        entries=entries,
        awards=tuple(
            award for key, award in state.awards.items() if stored.awards.get(key) != award
        ),
        new_awards=tuple(award for key, award in state.awards.items() if key not in stored.awards),
        lost_awards=tuple(award for key, award in stored.awards.items() if key not in state.awards),
    )


def give_back(shared: dict[str, int], replayed: Replayed, correct: Correction) -> None:
    """Let budgets have back what they granted for postings that are no more."""
    for entry, _ in correct.entries if shared else ():
        budget = budget_of(entry.posting)
        if budget in shared and entry.posting not in replayed.postings:
            shared[budget] += entry.amount


def opening_of(stored: Totals, account: AccountKey) -> int:
    """What a stored account began with: all that is on it when nothing that was earned stands."""
    posting = stored.postings.get(_opening_key(account))
    return 0 if posting is None else posting.granted


def _keep_open(replayed: Replayed, stored: Totals) -> None:
    """An account once opened stays open, also when all that was earned on it has been retracted."""
    for account in stored.accounts:
        if account not in replayed.state.accounts:
            opening = opening_of(stored, account)
            kept = None if stored.accounts[account].lots is None else opened(opening)
            replayed.state.accounts[account] = Account(opening, lots=kept)
            key = _opening_key(account)
            if key in stored.postings:
                replayed.postings[key] = stored.postings[key]


def _opening_key(account: AccountKey) -> PostingKey:
    """The name of the posting that an account with a start begins with."""
    return PostingKey(account.member, account.unit, "", OPENING)


def _entries(replayed: Replayed, stored: Totals) -> tuple[tuple[Entry, int], ...]:
    """New postings as they are, others brought into line; each with the balance after it."""
    balances = {key: account.balance for key, account in stored.accounts.items()}
    entries: list[tuple[Entry, int]] = []
    for key in [*replayed.postings, *sorted(stored.postings.keys() - replayed.postings.keys())]:
        entry = _entry(key, replayed.postings.get(key), stored)
        if entry is not None:
            account = AccountKey(key.member, key.unit)
            balances[account] = balances.get(account, 0) + entry.amount
            entries.append((entry, balances[account]))
    return tuple(entries)


def _entry(key: PostingKey, now: Posting | None, stored: Totals) -> Entry | None:
    """The entry that takes a posting from what is stored to what it is now; None if it is right."""
    before = stored.postings.get(key)
    if now is None:
        assert before is not None
        if not before.granted and not before.requested:
            return None
        now = replace(before, requested=0, granted=0, limited_by="", allocations=())
    if before is not None and _says_the_same(before, now):
        return None
    return Entry(
        posting=key,
        revision=stored.revisions[key] + 1 if key in stored.revisions else 0,
        amount=now.granted - (before.granted if before is not None else 0),
        requested=now.requested,
        limited_by=now.limited_by,
        occurred_at=now.occurred_at,
        version=now.version,
        allocations=now.allocations,
    )


def _says_the_same(before: Posting, now: Posting) -> bool:
    """Whether a posting still stands; the time of an opening may have moved, and means nothing."""
    return (before.requested, before.granted, before.limited_by, before.allocations) == (
        now.requested,
        now.granted,
        now.limited_by,
        now.allocations,
    )
