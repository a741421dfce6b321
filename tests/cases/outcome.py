"""What came of a case, in the words in which tables expect it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gamification.challenges import runs_shown
from gamification.challenges import status_at as status_of_challenge
from gamification.definition.compiled import CompiledProgram, CompiledTier
from gamification.ids import MemberId
from gamification.progress import progress_of
from gamification.quantity import to_text
from gamification.rules.earning import OPENING
from gamification.rules.lot import account_at
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Posting,
    PostingKey,
    Tally,
    TallyKey,
)
from gamification.streaks import status_at
from gamification.tier_levels import NO_LEVEL
from gamification.tiers import Holding
from gamification.tiers import status_at as status_of_tier

Named = Callable[[MemberId], str]


@dataclass(frozen=True, slots=True)
class Came:
    """The derived state of all members of a case."""

    tallies: Mapping[TallyKey, Tally]
    accounts: Mapping[AccountKey, Account]
    awards: Mapping[AwardKey, Award]
    postings: Mapping[PostingKey, Posting]


def points(came: Came, named: Named) -> dict[str, str]:
    """Balances: "stars", or "ben's stars"."""
    return {
        _whose(named(key.member)) + key.unit: to_text(account.balance)
        for key, account in came.accounts.items()
    }


def accounts(
    rules: CompiledProgram, came: Came, named: Named, now: datetime
) -> dict[str, list[str]]:
    """What balances consist of: "30 available", "20 pending", "5 held", "7 expired", and what
    becomes of the lots: "50 end 2026-09-01", "20 from 2026-03-15", "20 when o1"."""
    found: dict[str, list[str]] = {}
    for key, account in came.accounts.items():
        unit = rules.units[key.unit]
        parts, kept = account_at(unit, account, now, rules.calendar)
        sums = zip(("available", "pending", "held", "expired"), parts, strict=True)
        words = [f"{to_text(amount)} {word}" for word, amount in sums if amount]
        for lot in kept.open:
            if lot.expires_at is not None and not lot.is_expired(now):
                words.append(f"{to_text(lot.amount)} end {lot.expires_at:%Y-%m-%d}")
            if lot.matures_at is not None and lot.is_pending(now):
                words.append(f"{to_text(lot.amount)} from {lot.matures_at:%Y-%m-%d}")
            if lot.awaits:
                words.append(f"{to_text(lot.amount)} when {lot.awaits}")
        found[_whose(named(key.member)) + key.unit] = words
    return found


def granted(came: Came, named: Named) -> list[str]:
    """What each posting came to, in the order of facts: "fact-02 earning/visit: 3 of 10 cap/x"."""
    del named
    return [
        f"{key.cause} {key.rule}: {to_text(each.granted)} of {to_text(each.requested)}"
        + (f" {each.limited_by}" if each.limited_by else "")
        for key, each in sorted(came.postings.items(), key=_by_cause)
        if key.rule != OPENING and each.requested  # what was taken back asks for nothing
    ]


def badges(came: Came, named: Named) -> list[str]:
    """Awards and what completed them: "regular 2 by fact-03", "nice 1 about p by fact-09"."""
    return sorted(
        _whose(named(key.member))
        + f"{key.badge} {key.level}"
        + (f" in {key.window}" if key.window else "")
        + (f" about {key.subject}" if key.subject else "")
        + f" by {award.cause}"
        for key, award in came.awards.items()
    )


def tallies(came: Came, named: Named) -> dict[str, str]:
    """Numbers: "spend", "spend in 2026-03", "score about p", "ben's spend"."""
    return {
        _whose(named(key.member))
        + key.metric
        + (f" in {key.window}" if key.window else "")
        + (f" about {key.subject}" if key.subject else ""): to_text(tally.value)
        for key, tally in came.tallies.items()
    }


def progress(rules: CompiledProgram, came: Came, member: MemberId, now: datetime) -> dict[str, str]:
    """Progress bars: "3 of 10", "10 of 10 done", "2 of 5 about p"."""
    earned = {key: award.earned_at for key, award in came.awards.items()}
    bars = progress_of(rules, member, tallies=came.tallies, earned=earned, now=now)
    return {
        bar.key: f"{to_text(bar.current)} of {to_text(bar.target)}"
        + (f" about {bar.subject}" if bar.subject else "")
        + (" done" if bar.completed_at is not None else "")
        for bar in bars
    }


def streaks(rules: CompiledProgram, came: Came, member: MemberId, now: datetime) -> dict[str, str]:
    """Streaks: "2 of 5, 1 freeze left, ends 2026-03-09T00:00", "0 of 5" once one has ended."""
    found: dict[str, str] = {}
    for key, streak in rules.streaks.items():
        status = status_at(streak, member, came.tallies.get, at=now, calendar=rules.calendar)
        words = f"{status.length} of {status.longest}"
        if status.freezes:
            words += f", {status.freezes} left"
        if status.expires_at is not None:
            words += f", ends {status.expires_at:%Y-%m-%dT%H:%M}"
        if status.paused_until is not None:
            words += f", paused until {status.paused_until:%Y-%m-%dT%H:%M}"
        if status.pauses_left is not None:
            words += f", {status.pauses_left} pauses left"
        if status.restorable is not None:
            until = f"{status.restorable.until:%Y-%m-%d}"
            words += f", {status.restorable.length} restorable until {until}"
        found[key] = words
    return found


def tiers(rules: CompiledProgram, came: Came, member: MemberId, now: datetime) -> dict[str, str]:
    """Levels: "gold 600, until 2028-01-01, then basic, 0 to keep, 1400 to next"."""
    found: dict[str, str] = {}
    for key, tier in rules.tiers.items():
        status = status_of_tier(tier, member, came.tallies.get, at=now, calendar=rules.calendar)
        words = f"{_level(tier, status.level)} {to_text(status.value)}"
        if status.held_by not in (None, Holding.NUMBERS):
            words += f" by {status.held_by.value}"
        if status.holds_until is not None:
            words += f", until {status.holds_until:%Y-%m-%d}"
        if status.projected != status.level:
            words += f", then {_level(tier, status.projected)}"
        if status.to_keep:
            words += f", {to_text(status.to_keep)} to keep"
        if status.to_next is not None:
            words += f", {to_text(status.to_next)} to next"
        found[key] = words
    return found


def challenges(
    rules: CompiledProgram, came: Came, member: MemberId, now: datetime
) -> dict[str, str]:
    """Challenges: "active 3/10", "completed 10/10 2/2 at 2026-03-02T12:00, ends 2026-03-09T00:00":
    of the steps, how far each is."""
    found: dict[str, str] = {}
    for challenge, run in runs_shown(rules, now):
        status = status_of_challenge(challenge, member, came.tallies.get, run=run, at=now)
        words = [status.state.value]
        words += [f"{to_text(each.current)}/{to_text(each.target)}" for each in status.steps]
        text = " ".join(words)
        if status.completed_at is not None:
            text += f" at {status.completed_at:%Y-%m-%dT%H:%M}"
        if run.ends_at is not None:
            text += f", ends {run.ends_at:%Y-%m-%dT%H:%M}"
        found[challenge.key] = text
    return found


def _level(tier: CompiledTier, index: int) -> str:
    return "no level" if index == NO_LEVEL else tier.levels[index].key


def texts(expected: Any) -> Any:
    """What a table expects, with its numbers in words."""
    if isinstance(expected, dict):
        named = cast("dict[object, Any]", expected)
        return {str(name): texts(each) for name, each in named.items()}
    if isinstance(expected, list):
        return [texts(each) for each in cast("list[Any]", expected)]
    return None if expected is None else str(expected)


def _whose(name: str) -> str:
    return "" if name == "anne" else f"{name}'s "


def _by_cause(item: tuple[PostingKey, Posting]) -> tuple[str, str, str]:
    return item[0].cause, item[0].rule, item[0].unit
