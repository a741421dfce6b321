"""What a transaction has to write, collected from outcomes and corrections, written at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from gamification.campaign_notices import spent
from gamification.facts import Order, Scalar, say_the_same
from gamification.ids import MemberId
from gamification.live import Changes
from gamification.outcomes import (
    NOTHING,
    AttributesChanged,
    BadgeAwarded,
    BadgeRevoked,
    ChallengeCompleted,
    ChallengeReopened,
    LotsChanged,
    Notice,
    NoticeKind,
    Outcome,
    Participation,
    ParticipationChanged,
    PointsAdjusted,
    PointsEarned,
    StreakReached,
    TallyChanged,
    TierReached,
)
from gamification.point_notices import notices_of
from gamification.ports import Member, Ranked, Writing
from gamification.program import Program
from gamification.replay import Correction, Replayed
from gamification.rules.lot import due_next
from gamification.rules.transfer import RECEIVED
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Entry,
    Tally,
    TallyKey,
    budget_of,
)


@dataclass(slots=True)
class Settlement:
    """Everything that one transaction changes besides its facts."""

    program: Program
    members: Mapping[MemberId, Member]
    tallies: dict[TallyKey, Tally] = field(default_factory=dict[TallyKey, Tally])
    lost_tallies: set[TallyKey] = field(default_factory=set[TallyKey])
    accounts: dict[AccountKey, Account] = field(default_factory=dict[AccountKey, Account])
    entries: list[tuple[Entry, int]] = field(default_factory=list[tuple[Entry, int]])
    awards: list[Award] = field(default_factory=list[Award])
    lost_awards: list[AwardKey] = field(default_factory=list[AwardKey])
    notices: list[Notice] = field(default_factory=list[Notice])
    totals: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """By how much the numbers move that members reach together, by metric and window."""
    last: dict[MemberId, Order] = field(default_factory=dict[MemberId, Order])
    budgets: Mapping[str, int] = field(default_factory=dict[str, int])
    """How much of each budget that may be drawn on was used before: they are locked."""
    attributes: dict[MemberId, Mapping[str, Scalar]] = field(
        default_factory=dict[MemberId, Mapping[str, Scalar]]
    )

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """What facts folded in order did."""
        totalled = self.program.rules.totalled
        for outcome in outcomes:
            match outcome:
                case TallyChanged():
                    self.tallies[outcome.key] = outcome.after
                    if totalled and outcome.key.metric in totalled:
                        before = 0 if outcome.before is None else outcome.before.value
                        self._total(outcome.key, outcome.after.value - before)
                case PointsEarned():
                    self._enter(outcome)
                case LotsChanged():
                    self.accounts[outcome.account_key] = outcome.account
                    self.announce(outcome)
                case AttributesChanged(member, attributes):
                    self.attributes[member] = attributes
                case BadgeAwarded(award) | ChallengeCompleted(award):
                    self.awards.append(award)
                    self._announce_made(award)
                case ParticipationChanged() | TierReached() | StreakReached():
                    self.announce(outcome)
                case BadgeRevoked() | ChallengeReopened() | PointsAdjusted():
                    raise AssertionError("only a replay revokes and adjusts")
                case _:
                    assert_never(outcome)

    def _enter(self, earned: PointsEarned) -> None:
        posting, account = earned.posting, earned.account
        self.accounts[earned.account_key] = account
        entry = Entry(
            earned.key,
            0,
            posting.granted,
            posting.requested,
            posting.limited_by,
            posting.occurred_at,
            posting.version,
            posting.allocations,
        )
        self.entries.append((entry, account.balance))
        if account.lots is not None or earned.key.rule == RECEIVED:
            self.announce(earned)

    @property
    def changed(self) -> dict[TallyKey, Tally | None]:
        """The numbers that would be written; None for those that would be deleted."""
        written = {key: tally if tally.touches else None for key, tally in self.tallies.items()}
        return written | dict.fromkeys(self.lost_tallies)

    def correct(self, member: MemberId, replayed: Replayed, correction: Correction) -> None:
        """What the replay of a member's history changes."""
        attributes = replayed.state.attributes.get(member, NOTHING)
        if not say_the_same(attributes, self.members[member].attributes):
            self.attributes[member] = dict(attributes)
        for key in correction.tallies:
            self.tallies[key] = replayed.state.tallies[key]
        self.lost_tallies |= correction.lost_tallies
        for key, move in correction.moves.items():
            if key.metric in self.program.rules.totalled:
                self._total(key, move)
        self.accounts |= correction.accounts
        self.entries += correction.entries
        self.awards += correction.awards
        self.lost_awards += [award.key for award in correction.lost_awards]
        for award in correction.new_awards:
            self._announce_made(award)
        for award in correction.lost_awards:
            self._announce_lost(award)

    def announce(self, outcome: Outcome) -> None:
        """Tell what there is to tell of an outcome besides awards: who joined a challenge or was
        invited (who leaves knows it already), what time did to points, and which level or target
        was reached."""
        match outcome:
            case ParticipationChanged():
                self._announce_participation(outcome)
            case LotsChanged(ended=ended) if ended:
                self.notices += notices_of(outcome)
            case PointsEarned():
                self.notices += notices_of(outcome)
            case TierReached(member, tier, level, at):
                once = f"tier reached {tier} {level} {at:%Y-%m-%d}"
                details: dict[str, Scalar] = {"level": level}
                kind = NoticeKind.TIER_REACHED
                self.notices.append(Notice(0, kind, member, None, at, False, tier, details, once))
            case StreakReached(member, streak, target, day, at):
                once = f"streak reached {streak} {target} {day}"
                details = {"length": target}
                kind = NoticeKind.STREAK_REACHED
                self.notices.append(Notice(0, kind, member, None, at, False, streak, details, once))
            case _:
                pass

    def _announce_participation(self, changed: ParticipationChanged) -> None:
        kinds = {
            Participation.JOINED: NoticeKind.CHALLENGE_JOINED,
            Participation.INVITED: NoticeKind.CHALLENGE_INVITED,
        }
        if changed.participation in kinds:
            kind, about = kinds[changed.participation], changed.challenge
            details = {"run": changed.run}
            self.notices.append(
                Notice(0, kind, changed.member, None, changed.at, False, about, details)
            )

    async def write(self, writing: Writing, *, announce: bool) -> Changes:
        """Write it all in bulk; what to publish once the transaction has committed.

        The facts must have been written before, in the same transaction.
        """
        await self._write_attributes(writing)
        if self.tallies:
            await writing.put_tallies(self._ranked())
        if self.lost_tallies:
            await writing.delete_tallies(self.lost_tallies)
        if self.accounts:
            await self._write_accounts(writing)
        if self.entries:
            await self._write_entries(writing)
        if self.lost_awards:
            await writing.delete_awards(self.lost_awards)
        if self.awards:
            await writing.add_awards(self.awards)
        if self.last:
            await writing.put_last(self.last)
        notices: tuple[Notice, ...] = ()
        if announce and self.notices:
            notices = tuple(await writing.add_notices(self.notices))
        return Changes(self.program.id, self._touched(), self._boards(), notices)

    def _total(self, key: TallyKey, move: int) -> None:
        total = key.metric, key.window
        self.totals[total] = self.totals.get(total, 0) + move

    async def _write_accounts(self, writing: Writing) -> None:
        """Write the accounts, and when a duty has to look at those that time does something to."""
        await writing.put_accounts(self.accounts)
        rules = self.program.rules
        due = {
            key: due_next(rules.units[key.unit], account, rules.calendar)
            for key, account in self.accounts.items()
            if account.lots is not None and key.unit in rules.units
        }
        if due:
            await writing.put_due(due)

    def budgets_used(self) -> dict[str, int]:
        """How much of the budgets that moved is used after it: what the ledger adds up to."""
        moved: dict[str, int] = {}
        budgets = self.program.timeline.budgets
        for entry, _ in self.entries if budgets else ():
            budget = budget_of(entry.posting)
            if budget in budgets and entry.amount:
                assert budget in self.budgets, f"{budget} is drawn on, and was not locked"
                moved[budget] = moved.get(budget, self.budgets[budget]) + entry.amount
        return moved

    def _announce_made(self, award: Award) -> None:
        of_challenge = award.key.is_of_challenge
        self._announce_award(
            NoticeKind.CHALLENGE_COMPLETED if of_challenge else NoticeKind.BADGE_AWARDED, award
        )

    def _announce_lost(self, award: Award) -> None:
        of_challenge = award.key.is_of_challenge
        self._announce_award(
            NoticeKind.CHALLENGE_REOPENED if of_challenge else NoticeKind.BADGE_REVOKED, award
        )

    def _announce_award(self, kind: NoticeKind, award: Award) -> None:
        key, at = award.key, award.earned_at
        if key.is_of_challenge:
            details = {"run": key.window}
            notice = Notice(0, kind, key.member, None, at, True, key.challenge, details)
        else:
            badge = self.program.rules.badges.get(key.badge)
            is_public = badge is not None and not badge.is_secret
            notice = Notice(0, kind, key.member, key, at, is_public)
        self.notices.append(notice)

    async def _write_attributes(self, writing: Writing) -> None:
        """Write what is known of members now; they stand on other boards with it."""
        rules = self.program.rules
        for member, attributes in self.attributes.items():
            name = self.members[member].display_name
            await writing.update_member(member, display_name=name, attributes=attributes)
            ranked = {metric: rules.ranks(metric, attributes) for metric in rules.segments}
            if ranked:
                await writing.set_ranked(member, ranked)

    async def _write_entries(self, writing: Writing) -> None:
        await writing.add_entries(self.entries)
        used = self.budgets_used()
        if used:
            await writing.put_shared(used)
            at = max(entry.occurred_at for entry, _ in self.entries)
            self.notices += spent(self.program.rules, self.budgets, used, at=at)

    def _ranked(self) -> list[Ranked]:
        """The tallies to write, each with whether it stands on a board."""
        rules = self.program.rules
        known = {id_: member.attributes for id_, member in self.members.items()} | self.attributes
        return [
            Ranked(key, tally, rules.ranks(key.metric, known[key.member]))
            for key, tally in self.tallies.items()
        ]

    def _touched(self) -> frozenset[MemberId]:
        return frozenset(
            {key.member for key in self.tallies}
            | {key.member for key in self.lost_tallies}
            | {key.member for key in self.accounts}
            | {award.key.member for award in self.awards}
            | {key.member for key in self.lost_awards}
            | self.last.keys()
        )

    def _boards(self) -> frozenset[str]:
        """The leaderboards on which a score has moved."""
        metrics = {key.metric for key in self.tallies} | {key.metric for key in self.lost_tallies}
        boards = self.program.rules.boards.values()
        return frozenset(board.key for board in boards if board.metric in metrics)
