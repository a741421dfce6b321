"""Whoever has a rank that wins something is given it, once, when the run is final."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gamification.duties.settle_periods import is_news
from gamification.live import Bus, Changes
from gamification.outcomes import Notice, NoticeKind, members_of
from gamification.periods import FinalPeriod, PeriodKey
from gamification.ports import Store
from gamification.program import Program
from gamification.quantity import to_text
from gamification.refusals import Refusal
from gamification.rules import prize
from gamification.use_cases.final_rank import Won, board_of, winners, won
from gamification.use_cases.record_activities import record_activities

WINNERS_PAGE = 200
PERIODS_MAX = 1000
"""How many runs one pass pays: the next one goes on."""


class PrizesRefused(Exception):
    """Some prizes could not be given; the others were. Their runs are tried again."""


async def pay_prizes(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    """Give the prizes of all final runs that are not paid yet; how many were given.

    A prize is a command whose key names the run, the member and the unit: given again after a
    crash, it is recognised. A run is marked as paid when the last of its pages is written.
    """
    teller = _Teller(store, bus, program, now)
    given, refused = 0, list[str]()
    for period in await store.reading(program.record).unpaid_periods(limit=PERIODS_MAX):
        count, problems = await teller.pay(period)
        given += count
        refused += problems
    if refused:
        raise PrizesRefused("; ".join(refused))
    return given


@dataclass(frozen=True, slots=True)
class _Teller:
    """Pays the runs of one program, at a time."""

    store: Store
    bus: Bus
    program: Program
    now: datetime

    async def pay(self, period: FinalPeriod) -> tuple[int, list[str]]:
        """How many prizes of a run were given, and why others were not."""
        reading = self.store.reading(self.program.record)
        board = board_of(self.program, period)
        given, after, problems = 0, 0, list[str]()
        while True:
            places = await winners(reading, board, period.key, after=after, limit=WINNERS_PAGE)
            if not places:
                break
            prizes = list(won(board, places))
            results = await self._give(period.key, prizes)
            problems += [str(result) for result in results if isinstance(result, Refusal)]
            given += sum(result is True for result in results)
            if is_news(period, self.now):
                accepted = zip(prizes, results, strict=True)
                await self._tell(
                    period.key, [each for each, result in accepted if isinstance(result, bool)]
                )
            after = places[-1].position
        if not problems:
            async with self.store.writing(self.program.record) as writing:
                await writing.put_paid(period.key)
        return given, problems

    async def _give(self, key: PeriodKey, prizes: Sequence[Won]) -> list[bool | Refusal]:
        """For each prize whether it was given now (False: before), or why it was refused."""
        reading = self.store.reading(self.program.record)
        members = await reading.members({each.place.member for each in prizes})
        commands = [
            prize.command(
                key,
                member=each.place.member,
                external_id=members[each.place.member].external_id,
                rank=each.place.rank,
                unit=each.unit,
                amount=each.amount,
            )
            for each in prizes
        ]
        results = await record_activities(
            self.store, self.bus, self.program, commands, now=self.now, new_key=_no_key
        )
        return [each if isinstance(each, Refusal) else not each.replayed for each in results]

    async def _tell(self, key: PeriodKey, prizes: Sequence[Won]) -> None:
        """Tell the winners, those of an earlier attempt too: nobody is told twice."""
        notices = [
            Notice(
                id=0,
                kind=NoticeKind.PRIZE_WON,
                member=each.place.member,
                award=None,
                at=self.now,
                is_public=False,
                about=key.board,
                details={
                    "period": key.window,
                    "rank": each.place.rank,
                    "unit": each.unit,
                    "amount": to_text(each.amount),
                },
                once=f"prize {key.board} {key.window} {each.unit}",
            )
            for each in prizes
        ]
        async with self.store.writing(self.program.record) as writing:
            told = await writing.add_notices(notices)
        members = members_of(told)
        self.bus.publish(Changes(self.program.id, members, frozenset(), tuple(told)))


def _no_key() -> str:
    raise AssertionError("every prize has its key")
