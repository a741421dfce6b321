"""Challenges as they stand at a moment: which run is meant, and how far a member has come in it.

What is kept of a member are numbers of each run. That a run has not begun, or is over, is worked
out here, when they are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from gamification import windows
from gamification.definition.compiled import CompiledChallenge, CompiledProgram
from gamification.definition.document_challenges import Join
from gamification.ids import MemberId
from gamification.state import Tally, TallyKey
from gamification.teams import run_of_team
from gamification.windows import Calendar, Seasons, Window

Find = Callable[[TallyKey], Tally | None]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


class ChallengeState(Enum):
    """How a member stands to a run: it has not begun; they could join; they are at it; they have
    done it; it is over, and they have not."""

    UPCOMING = "upcoming"
    NOT_JOINED = "not_joined"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"


class StepStatus(NamedTuple):
    """How far a step is, in ten-thousandths. In a sequence only one that `is_open` is counted."""

    name: str
    current: int
    target: int
    reached_at: datetime | None
    is_open: bool


class Together(NamedTuple):
    """What all members, or those of a team, have come to, in ten-thousandths, and when they reached
    the goal."""

    total: int
    target: int
    reached_at: datetime | None


class ChallengeStatus(NamedTuple):
    """How a member stands to a run. `joined_at` is None for who takes no part, and for all where
    everybody does.

    `together` is what all have come to, where they reach the goal together: then the step is the
    member's share. `places_left` is how many more can complete it (None: all who can).
    """

    run: Window
    state: ChallengeState
    is_invited: bool
    joined_at: datetime | None
    completed_at: datetime | None
    steps: tuple[StepStatus, ...]
    together: Together | None
    places_left: int | None


NONE_SHARED: Mapping[str, int] = MappingProxyType({})


def run_at(challenge: CompiledChallenge, at: datetime, calendar: Calendar) -> Window | None:
    """The run that is going on at a moment."""
    window = windows.window_at(challenge.window, at, calendar) if challenge.is_open(at) else None
    return None if window is None else _clipped(challenge, window)


def run_named(challenge: CompiledChallenge, key: str, calendar: Calendar) -> Window:
    """The run with this key. A key of another form is a `ValueError`."""
    return _clipped(challenge, windows.window(challenge.window, key, calendar))


def run_to_join(challenge: CompiledChallenge, at: datetime, calendar: Calendar) -> Window | None:
    """The run that is going on at a moment, or else the next one; None where there is none."""
    first = at if challenge.since is None else max(at, challenge.since)
    window = windows.window_at(challenge.window, first, calendar)
    if window is None and isinstance(challenge.window, Seasons):
        window = _season_from(challenge.window, first, calendar)
    if window is None:
        return None
    run = _clipped(challenge, window)
    return run if challenge.until is None or (run.starts_at or first) < challenge.until else None


def run_shown(challenge: CompiledChallenge, at: datetime, calendar: Calendar) -> Window | None:
    """The run that is going on at a moment, or else the next one, or else the last."""
    run = run_to_join(challenge, at, calendar)
    if run is not None:
        return run
    last = at if challenge.until is None else min(at, challenge.until - INSTANT)
    window = windows.window_at(challenge.window, last, calendar)
    if window is None and isinstance(challenge.window, Seasons):
        window = _season_until(challenge.window, last, calendar)
    return None if window is None else _clipped(challenge, window)


def runs_shown(program: CompiledProgram, at: datetime) -> list[tuple[CompiledChallenge, Window]]:
    """The run of each challenge that is shown at a moment; none of one without any season yet."""
    return [
        (challenge, run)
        for challenge in program.challenges.values()
        if (run := run_shown(challenge, at, program.calendar)) is not None
    ]


def shared_keys(program: CompiledProgram, at: datetime) -> set[str]:
    """The shared numbers that say how the runs stand that are shown at a moment, but for those of
    teams."""
    return {
        key
        for challenge, run in runs_shown(program, at)
        if not challenge.is_of_teams
        for key in challenge.shared_keys(run.key)
    }


def numbers_kept(
    challenge: CompiledChallenge, run: Window, teams: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """What is kept of members in a run, by metric and window; of those who are in teams, also what
    they did for them."""
    yield from ((metric, run.key) for metric in challenge.run_metrics)
    if challenge.is_of_teams:
        yield from ((challenge.steps[0].metric, run_of_team(run.key, team)) for team in teams)


def together(challenge: CompiledChallenge, run: str, shared: Mapping[str, int]) -> Together | None:
    """What all have come to in a run, or a team in the window of its numbers; None where each has a
    goal of their own. Where the numbers of a team are combined, `shared` has what they come to in
    the place of their sum."""
    if not challenge.is_shared:
        return None
    return Together(
        shared.get(challenge.total_key(run), 0),
        challenge.steps[0].target,
        moment_of(shared.get(challenge.reached_key(run), 0)),
    )


def places_left(challenge: CompiledChallenge, run: str, shared: Mapping[str, int]) -> int | None:
    """How many more can complete a run; None where all can."""
    if challenge.winners is None:
        return None
    return max(0, challenge.winners - shared.get(challenge.places_key(run), 0))


def moment_of(microseconds: int) -> datetime | None:
    """The time that a shared number says; None for 0, which says none."""
    return EPOCH + microseconds * INSTANT if microseconds else None


def status_at(
    challenge: CompiledChallenge,
    member: MemberId,
    find: Find,
    *,
    run: Window,
    at: datetime,
    shared: Mapping[str, int] = NONE_SHARED,
    team: str | None = None,
) -> ChallengeStatus:
    """How a member, who is in a team or not, stands to a run at a moment. `shared` holds the
    `shared_keys` of the run, as `together` asks for them."""
    window = run.key
    if challenge.is_of_teams and team is not None:
        window = run_of_team(run.key, team)

    def kept(metric: str) -> Tally | None:
        return find(TallyKey(member, metric, run.key, ""))

    joined, done = kept(challenge.joined_metric), kept(challenge.done_metric)
    takes_part = joined is not None and joined.value > 0
    steps: list[StepStatus] = []
    is_open = True
    for step in challenge.steps:
        tally = find(TallyKey(member, step.metric, window, ""))
        reached = kept(step.reached_metric)
        reached_at = None if reached is None else reached.reached_at
        current = 0 if tally is None else tally.value
        steps.append(StepStatus(step.name, current, step.target, reached_at, is_open))
        is_open = is_open and (reached is not None or not challenge.is_sequential)
    of_all = together(challenge, window, shared)
    completed_at = None if done is None else done.reached_at
    if of_all is not None and of_all.reached_at is not None:
        completed_at = of_all.reached_at
    return ChallengeStatus(
        run=run,
        state=_state(
            run,
            at,
            takes_part=takes_part or challenge.join is Join.AUTOMATIC,
            is_done=completed_at is not None,
        ),
        is_invited=kept(challenge.invited_metric) is not None,
        joined_at=joined.reached_at if joined is not None and takes_part else None,
        completed_at=completed_at,
        steps=tuple(steps),
        together=of_all,
        places_left=places_left(challenge, run.key, shared),
    )


def _state(run: Window, at: datetime, *, takes_part: bool, is_done: bool) -> ChallengeState:
    if is_done:
        return ChallengeState.COMPLETED
    if run.ends_at is not None and run.ends_at <= at:
        return ChallengeState.EXPIRED
    if run.starts_at is not None and run.starts_at > at:
        return ChallengeState.UPCOMING
    return ChallengeState.ACTIVE if takes_part else ChallengeState.NOT_JOINED


def _clipped(challenge: CompiledChallenge, window: Window) -> Window:
    """A run is no longer than the challenge."""
    starts = [each for each in (window.starts_at, challenge.since) if each is not None]
    ends = [each for each in (window.ends_at, challenge.until) if each is not None]
    return Window(window.key, max(starts, default=None), min(ends, default=None))


def _season_from(seasons: Seasons, at: datetime, calendar: Calendar) -> Window | None:
    """The first season that begins after a moment."""
    for season in seasons.ranges:
        window = windows.window(seasons, f"season:{season.name}", calendar)
        if window.starts_at is not None and window.starts_at > at:
            return window
    return None


def _season_until(seasons: Seasons, at: datetime, calendar: Calendar) -> Window | None:
    """The last season that has ended by a moment."""
    for season in reversed(seasons.ranges):
        window = windows.window(seasons, f"season:{season.name}", calendar)
        if window.ends_at is not None and window.ends_at <= at:
            return window
    return None
