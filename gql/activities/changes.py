"""What an activity changed, as payloads tell it: awards, entries, progress, places on boards."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import strawberry

from gamification.definition.compiled import CompiledProgram
from gamification.ids import MemberId
from gamification.outcomes import (
    BadgeAwarded,
    BadgeRevoked,
    ChallengeCompleted,
    ChallengeReopened,
    Outcome,
    PointsAdjusted,
    PointsEarned,
    TallyChanged,
)
from gamification.places import Place, Ties
from gamification.ports import Standing
from gamification.progress import ProgressKind
from gamification.refusals import Refusal
from gamification.state import Tally
from gamification.stored import Ahead, AwardRow, EntryRow
from gamification.use_cases.recorded import Recorded
from gamification.windows import Rolling, keys_read, window
from gql.asked import AheadAsked, PlaceAsked
from gql.badges.types import Award
from gql.challenges.types import CompletedChallenge
from gql.context import Context, Info
from gql.leaderboards.boards import Run, run_at, run_of
from gql.leaderboards.entries import LeaderboardEntry, entries_of
from gql.leaderboards.standings import final_period
from gql.leaderboards.types import Leaderboard, LeaderboardPeriod
from gql.points.types import PointsEntry


@dataclass(frozen=True, slots=True)
class _Move:
    """A score moved in a run; `before` is None where that is unknown or there was none."""

    run: Run
    before: Tally | None


@strawberry.type(description="A place on a leaderboard whose score has moved.")
class StandingChange:
    move: strawberry.Private[_Move]
    place: strawberry.Private[Place]
    leaderboard: Leaderboard = strawberry.field(description="Which leaderboard.")
    period: LeaderboardPeriod = strawberry.field(description="Which run of it.")
    entry: LeaderboardEntry = strawberry.field(description="Where the member stands now.")

    @strawberry.field(
        description="Where the score before would stand now. Null for a member who had none, and "
        "on boards of the last so many days."
    )
    async def previous_rank(self, info: Info) -> int | None:
        return await _previous_rank(info.context, self.move, self.place)


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded activity with what a payload tells of it: of a repeat, that of the first time."""

    recorded: Recorded
    awards: list[Award]
    completed: list[CompletedChallenge]
    entries: list[PointsEntry]


async def told_of(context: Context, results: Sequence[Recorded | Refusal]) -> list[Told | Refusal]:
    """What payloads tell of results. However many are repeats, they cost two statements."""
    rules = context.program.rules
    repeats = {
        each.activity.key
        for each in results
        if isinstance(each, Recorded) and each.is_told_from_store
    }
    first_times = await _first_times(context, list(repeats)) if repeats else {}

    def told(recorded: Recorded) -> Told:
        if not recorded.is_told_from_store:
            outcomes = recorded.outcomes
            return Told(
                recorded,
                awards_in(rules, outcomes),
                completed_in(rules, outcomes),
                entries_in(outcomes),
            )
        awards, entries = first_times[recorded.activity.key]
        return Told(
            recorded,
            [Award.of(rules, row.award) for row in awards if not row.award.key.is_of_challenge],
            [
                CompletedChallenge.of(rules, row.award)
                for row in awards
                if row.award.key.is_of_challenge
            ],
            [PointsEntry.of_row(row) for row in entries],
        )

    return [each if isinstance(each, Refusal) else told(each) for each in results]


async def _first_times(
    context: Context, keys: Sequence[str]
) -> dict[str, tuple[list[AwardRow], list[EntryRow]]]:
    """What activities brought when they first arrived, and since."""
    awards, entries = await asyncio.gather(
        context.loaders.activities.awards.load_many(keys),
        context.loaders.activities.entries.load_many(keys),
    )
    return {key: (awards[index], entries[index]) for index, key in enumerate(keys)}


def awards_in(rules: CompiledProgram, outcomes: Iterable[Outcome]) -> list[Award]:
    """The awards that were made."""
    return [Award.of(rules, each.award) for each in outcomes if isinstance(each, BadgeAwarded)]


def completed_in(rules: CompiledProgram, outcomes: Iterable[Outcome]) -> list[CompletedChallenge]:
    """The challenges that were completed."""
    return [
        CompletedChallenge.of(rules, each.award)
        for each in outcomes
        if isinstance(each, ChallengeCompleted)
    ]


def reopened_in(rules: CompiledProgram, outcomes: Iterable[Outcome]) -> list[CompletedChallenge]:
    """The challenges that are not completed any more."""
    return [
        CompletedChallenge.of(rules, each.award)
        for each in outcomes
        if isinstance(each, ChallengeReopened)
    ]


def revoked_in(rules: CompiledProgram, outcomes: Iterable[Outcome]) -> list[Award]:
    """The awards that do not hold any more."""
    return [Award.of(rules, each.award) for each in outcomes if isinstance(each, BadgeRevoked)]


def entries_in(outcomes: Iterable[Outcome]) -> list[PointsEntry]:
    """The ledger's new entries."""
    entries: list[PointsEntry] = []
    for each in outcomes:
        if isinstance(each, PointsEarned):
            entries.append(PointsEntry.of_posting(each.key, each.posting, each.account))
        elif isinstance(each, PointsAdjusted):
            entries.append(PointsEntry.of_entry(each.entry, balance=None))
    return entries


def bars_touched(
    rules: CompiledProgram, outcomes: Iterable[Outcome]
) -> set[tuple[ProgressKind, str]]:
    """The badges, challenges, streaks and tiers that read a number which has changed."""
    metrics = {each.key.metric for each in outcomes if isinstance(each, TallyChanged)}
    badges = {
        (ProgressKind.BADGE, badge.key)
        for badge in rules.badges.values()
        if any(criterion.metric in metrics for criterion in badge.criteria)
    }
    challenges = {
        (ProgressKind.CHALLENGE, challenge.key)
        for challenge in rules.challenges.values()
        if not metrics.isdisjoint(challenge.run_metrics)
    }
    streaks = {
        (ProgressKind.STREAK, streak.key)
        for streak in rules.streaks.values()
        if not metrics.isdisjoint(streak.metrics)
    }
    return (
        badges
        | challenges
        | streaks
        | {
            (ProgressKind.TIER, tier.key)
            for tier in rules.tiers.values()
            if not metrics.isdisjoint({*tier.metrics, tier.placed_metric})
        }
    )


async def standings_moved(
    info: Info, member: MemberId, outcomes: Sequence[Outcome]
) -> list[StandingChange]:
    """The places on all boards whose scores have moved. A final run does not move."""
    context = info.context
    moves = await _unfinished(context, _moves(context, outcomes))
    places = await asyncio.gather(*(_place(context, move.run, member) for move in moves))
    standing = [(move, place) for move, place in zip(moves, places, strict=True) if place]
    return [
        StandingChange(
            move=move,
            place=place,
            leaderboard=Leaderboard.of(move.run.board),
            period=LeaderboardPeriod.of(move.run, context.program.rules),
            entry=entry,
        )
        for move, place in standing
        for entry in await entries_of(info, move.run, [place])
    ]


async def _unfinished(context: Context, moves: Sequence[_Move]) -> list[_Move]:
    final = await asyncio.gather(*(final_period(context, move.run) for move in moves))
    return [move for move, period in zip(moves, final, strict=True) if period is None]


def _moves(context: Context, outcomes: Iterable[Outcome]) -> list[_Move]:
    """Each run whose score has moved, with the number before the first of its moves."""
    moves: dict[tuple[str, str], _Move] = {}
    for each in outcomes:
        if not isinstance(each, TallyChanged) or each.key.subject:
            continue
        for board in context.program.rules.boards.values():
            if board.metric != each.key.metric:
                continue
            run = _run(context, board.key, each.key.window)
            if run is not None:
                is_one_number = len(run.windows) == 1
                move = _Move(run, each.before if is_one_number else None)
                moves.setdefault((board.key, run.window.key), move)
    return list(moves.values())


def _run(context: Context, board_key: str, stored: str) -> Run | None:
    """The board's run that a stored window is part of; None if it is part of none."""
    rules = context.program.rules
    board = rules.boards[board_key]
    if isinstance(board.window, Rolling):
        read = keys_read(board.window, context.at, rules.calendar)
        return run_at(board, context.at, rules.calendar) if stored in read else None
    try:
        return run_of(board, window(board.window, stored, rules.calendar), rules.calendar)
    except ValueError:
        return None


async def _place(context: Context, run: Run, member: MemberId) -> Place | None:
    return await context.loaders.boards.places.load(PlaceAsked(run.board.key, run.windows, member))


async def _previous_rank(context: Context, move: _Move, now: Place) -> int | None:
    """The rank that the score before would have now, the member's own new score taken away."""
    if move.before is None:
        return None
    before = Standing(now.member, move.before.value, move.before.reached_at)
    ahead: Ahead = await context.loaders.boards.ahead.load(
        AheadAsked(move.run.board.key, move.run.windows, before)
    )
    has_risen = now.score > before.score
    match move.run.board.ties:
        case Ties.COMPETITION:
            return ahead.higher + 1 - has_risen
        case Ties.DENSE:
            return ahead.higher_scores + 1 - (has_risen and now.tied_with == 0)
        case Ties.ORDINAL:
            is_ahead = (-now.score, now.reached_at) < (-before.score, before.reached_at)
            return ahead.before + 1 - is_ahead
