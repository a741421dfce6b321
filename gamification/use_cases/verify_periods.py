"""The auditor's part about final runs: their order and ranks, and that prizes follow from them."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import pairwise

from gamification.commands import CommandType
from gamification.definition.compiled import CompiledBoard
from gamification.facts import Activity
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import Standing
from gamification.program import Program
from gamification.quantity import to_text
from gamification.ranking import number, sort_by_hand
from gamification.reading import Reading
from gamification.rules.prize import key_of
from gamification.stored import Ahead
from gamification.use_cases.difference import Difference
from gamification.use_cases.final_rank import Won, board_of, winners, won
from gamification.use_cases.verify_leagues import verify_leagues

PERIODS_PAGE = 200
PLACES_PAGE = 1000

Prizes = Counter[PeriodKey]
"""How many prizes of each run there are among the facts."""


def prizes_among(facts: Iterable[Activity]) -> Prizes:
    """Count the prizes of each run."""
    return Prizes(
        PeriodKey(str(fact.properties["leaderboard"]), str(fact.properties["period"]))
        for fact in facts
        if fact.type == CommandType.PRIZE_WON.value
    )


async def verify_periods(
    reading: Reading, program: Program, given: Prizes
) -> AsyncIterator[Difference]:
    """Check every final run, and what leagues make of it; `given` are the prizes among the facts
    of all members."""
    left = Prizes(given)
    for key in sorted({key for _, rules in program.timeline.versions for key in rules.boards}):
        async for period in _final_runs(reading, key):
            async for difference in _verify(reading, program, period, left.pop(period.key, 0)):
                yield difference
    for period_key, count in sorted(left.items()):
        yield Difference("the prizes", _name(period_key), f"{count}", "0: it is not final")
    async for difference in verify_leagues(reading, program):
        yield difference


async def _final_runs(reading: Reading, board: str) -> AsyncIterator[FinalPeriod]:
    before: str | None = None
    while windows := await reading.final_windows(board, limit=PERIODS_PAGE, before=before):
        keys = [PeriodKey(board, window) for window in windows]
        found = await reading.periods(keys)
        for key in keys:
            yield found[key]
        before = windows[-1]


async def _verify(
    reading: Reading, program: Program, period: FinalPeriod, given: int
) -> AsyncIterator[Difference]:
    board = board_of(program, period)
    places = await _places(reading, period.key)
    for difference in _standings(board, period, places):
        yield difference
    owed = 0
    after = 0
    while page := await winners(reading, board, period.key, after=after, limit=PLACES_PAGE):
        prizes = list(won(board, page))
        owed += len(prizes)
        if period.is_paid:
            async for difference in _prizes(reading, period.key, prizes):
                yield difference
        after = page[-1].position
    if given != owed if period.is_paid else given > owed:
        yield Difference("the prizes", _name(period.key), f"{given}", f"{owed}")


async def _places(reading: Reading, key: PeriodKey) -> list[Place]:
    places: list[Place] = []
    while page := await reading.final_places(
        key, after=places[-1].position if places else 0, limit=PLACES_PAGE
    ):
        places += page
    return places


def _standings(
    board: CompiledBoard, period: FinalPeriod, places: Sequence[Place]
) -> Iterator[Difference]:
    """The standings against their own order, and the ranks that follow from it."""
    name = _name(period.key)
    if period.participants != len(places):
        yield Difference(
            "the number of participants", name, str(period.participants), str(len(places))
        )
    rows = [Standing(place.member, place.score, place.reached_at) for place in places]
    for ahead, behind in pairwise(rows):
        if sort_by_hand([behind, ahead])[0] is not ahead:
            yield Difference("the order", name, str(ahead), f"not before {behind}")
    top = Ahead(0, 0, 0, sum(row.score == rows[0].score for row in rows) - 1 if rows else 0)
    for place, expected in zip(places, number(rows, ties=board.ties, first=top), strict=True):
        if place != expected:
            where = f"{name}, position {expected.position}"
            yield Difference("the final rank", where, str(place), str(expected))


async def _prizes(
    reading: Reading, key: PeriodKey, prizes: Sequence[Won]
) -> AsyncIterator[Difference]:
    """Each prize that is owed against the fact that gave it."""
    keys = [key_of(key, each.place.member, each.unit) for each in prizes]
    facts = await reading.activities_by_key(keys)
    for each, fact_key in zip(prizes, keys, strict=True):
        row = facts.get(fact_key)
        stored = None if row is None else (row.activity.member, row.activity.value)
        if stored != (each.place.member, each.amount):
            where = f"{_name(key)}, position {each.place.position}"
            found = "nothing" if row is None else to_text(row.activity.value)
            expected = f"{to_text(each.amount)} {each.unit}"
            yield Difference("the prize", where, found, expected)


def _name(key: PeriodKey) -> str:
    return f"{key.board} {key.window}"
