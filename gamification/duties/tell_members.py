"""Members are told what time does to their streaks and levels, and what it is about to do.

Nothing here changes a number: what has ended has ended for everyone who reads it. This tells of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from gamification.definition.compiled import CompiledProgram, CompiledStreak, CompiledTier
from gamification.facts import Scalar
from gamification.ids import MemberId
from gamification.live import Bus, Changes
from gamification.outcomes import Notice, NoticeKind, members_of
from gamification.ports import Store
from gamification.program import Program
from gamification.quantity import to_text
from gamification.state import Tally, TallyKey
from gamification.streak_runs import (
    asked_after,
    calendar_of,
    ends,
    period_at,
    run_of,
    settled,
)
from gamification.streaks import status_at
from gamification.tier_levels import NO_LEVEL
from gamification.tier_steps import tallies_asked
from gamification.tiers import status_at as status_of_tier

MEMBERS_PAGE = 200
NEWS_MAX = timedelta(days=7)
"""What happened longer ago, after a long downtime, is nobody's news any more."""

MARK = "hour told"
"""The shared number of the last hour in which everybody was looked at."""


async def tell_members(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    """Once an hour, announce what is due of the streaks and ladders that `warn`; how many notices.

    Each has a name of its own (`Notice.once`), so that a repeat tells nobody twice.
    """
    rules = program.rules
    teller = _Teller(
        rules,
        tuple(each for each in rules.streaks.values() if each.warn is not None),
        tuple(each for each in rules.tiers.values() if each.warn is not None),
        now,
    )
    hour = int(now.timestamp()) // 3600
    reading = store.reading(program.record)
    if not (teller.streaks or teller.tiers):
        return 0
    if (await reading.shared_numbers([MARK])).get(MARK, 0) >= hour:
        return 0
    told, after = 0, None
    while page := await reading.member_page(after=after, limit=MEMBERS_PAGE):
        members = [member.id for member in page]
        tallies = await reading.tallies(members, teller.asked())
        due = [notice for member in members for notice in teller.due(member, tallies)]
        if due:
            async with store.writing(program.record) as writing:
                notices = await writing.add_notices(due)
            whom = members_of(notices)
            bus.publish(Changes(program.id, whom, frozenset(), tuple(notices)))
            told += len(notices)
        after = page[-1].external_id
    async with store.writing(program.record) as writing:
        await writing.lock_shared([MARK])
        await writing.put_shared({MARK: hour})
    return told


@dataclass(frozen=True, slots=True)
class _Teller:
    """What there is to tell at a moment, by the rules in force."""

    rules: CompiledProgram
    streaks: tuple[CompiledStreak, ...]
    tiers: tuple[CompiledTier, ...]
    now: datetime

    def asked(self) -> frozenset[tuple[str, str]]:
        """The tallies, as metric and window, that it takes to know."""
        calendar = self.rules.calendar
        return frozenset(
            {(metric, "") for streak in self.streaks for metric in streak.metrics}
            | {
                asked
                for tier in self.tiers
                for at in (self.now, self.now - NEWS_MAX)
                for asked in tallies_asked(tier, at, calendar)
            }
        )

    def due(self, member: MemberId, tallies: Mapping[TallyKey, Tally]) -> Iterator[Notice]:
        """The notices about a member; most of them were given before."""
        for streak in self.streaks:
            yield from self._at_risk(streak, member, tallies)
            yield from self._missed(streak, member, tallies)
        for tier in self.tiers:
            yield from self._ending(tier, member, tallies)
            yield from self._fallen(tier, member, tallies)

    def _at_risk(
        self, streak: CompiledStreak, member: MemberId, tallies: Mapping[TallyKey, Tally]
    ) -> Iterator[Notice]:
        """That the period that is running ends soon, and is not done."""
        assert streak.warn is not None, "only these are looked at"
        calendar = calendar_of(streak, member, tallies.get, self.rules.calendar)
        period = period_at(streak, self.now, calendar)
        run = settled(streak, run_of(streak, member, tallies.get), period, calendar)
        if not run.length or run.last is None:
            return
        ahead = next(asked_after(streak, run, run.last, calendar))
        ends_at = ends(streak, ahead, calendar)
        if ahead == period and ends_at - streak.warn <= self.now:
            status = status_at(
                streak, member, tallies.get, at=self.now, calendar=self.rules.calendar
            )
            details: dict[str, Scalar] = {
                "endsAt": _text(ends_at),
                "length": run.length,
                "freezes": run.freezes,
                "expiresAt": _text(status.expires_at),
            }
            once = f"streak at risk {streak.key} {period}"
            yield self._notice(NoticeKind.STREAK_AT_RISK, member, streak.key, details, once=once)

    def _missed(
        self, streak: CompiledStreak, member: MemberId, tallies: Mapping[TallyKey, Tally]
    ) -> Iterator[Notice]:
        """What was missed since something was done: freezes were used, or the streak has ended."""
        calendar = calendar_of(streak, member, tallies.get, self.rules.calendar)
        period = period_at(streak, self.now, calendar)
        kept = run_of(streak, member, tallies.get)
        if not kept.length or kept.last is None:
            return
        over = takewhile(period.__gt__, asked_after(streak, kept, kept.last, calendar))
        for number, missed in enumerate(over):
            is_news = ends(streak, missed, calendar) > self.now - NEWS_MAX
            details: dict[str, Scalar] = {"missed": missed.isoformat(), "length": kept.length}
            if number == kept.freezes:
                if is_news:
                    once = f"streak ended {streak.key} {missed}"
                    kind = NoticeKind.STREAK_ENDED
                    yield self._notice(kind, member, streak.key, details, once=once)
                return
            if is_news:
                details["freezes"] = kept.freezes - number - 1
                once = f"freeze used {streak.key} {missed}"
                yield self._notice(NoticeKind.FREEZE_USED, member, streak.key, details, once=once)

    def _ending(
        self, tier: CompiledTier, member: MemberId, tallies: Mapping[TallyKey, Tally]
    ) -> Iterator[Notice]:
        """That a level falls soon unless something is done."""
        assert tier.warn is not None, "only these are looked at"
        calendar = self.rules.calendar
        status = status_of_tier(tier, member, tallies.get, at=self.now, calendar=calendar)
        until = status.holds_until
        if until is None or until - tier.warn > self.now:
            return
        details: dict[str, Scalar] = {
            "level": _level(tier, status.level),
            "until": _text(until),
            "toKeep": to_text(status.to_keep),
        }
        once = f"tier ending {tier.key} {_level(tier, status.level)} {_text(until)}"
        yield self._notice(NoticeKind.TIER_ENDING, member, tier.key, details, once=once)

    def _fallen(
        self, tier: CompiledTier, member: MemberId, tallies: Mapping[TallyKey, Tally]
    ) -> Iterator[Notice]:
        """That a level has fallen since it was last news."""
        calendar, before = self.rules.calendar, self.now - NEWS_MAX
        was = status_of_tier(tier, member, tallies.get, at=before, calendar=calendar)
        if was.holds_until is None or was.holds_until > self.now:
            return
        now = status_of_tier(tier, member, tallies.get, at=self.now, calendar=calendar)
        if now.level >= was.level:
            return
        details: dict[str, Scalar] = {
            "level": _level(tier, was.level),
            "now": _level(tier, now.level),
        }
        once = f"tier fallen {tier.key} {_level(tier, was.level)} {_text(was.holds_until)}"
        yield self._notice(NoticeKind.TIER_FALLEN, member, tier.key, details, once=once)

    def _notice(
        self,
        kind: NoticeKind,
        member: MemberId,
        about: str,
        details: Mapping[str, Scalar],
        *,
        once: str,
    ) -> Notice:
        return Notice(0, kind, member, None, self.now, False, about, details, once)


def _level(tier: CompiledTier, index: int) -> str | None:
    return None if index == NO_LEVEL else tier.levels[index].key


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
