"""All progress bars of a member: what they read, and in which order they come."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gamification.challenges import (
    NONE_SHARED,
    ChallengeState,
    numbers_kept,
    runs_shown,
    shared_keys,
)
from gamification.challenges import status_at as status_of_challenge
from gamification.definition.compiled import CompiledProgram
from gamification.definition.document import Repeat
from gamification.ids import MemberId
from gamification.progress.badges import badge_bar
from gamification.progress.bars import Progress
from gamification.progress.challenges import challenge_bar
from gamification.progress.streaks import streak_bar
from gamification.progress.tiers import tier_bar
from gamification.state import AwardKey, Tally, TallyKey
from gamification.stored import SubjectBound
from gamification.streaks import status_at as status_of_streak
from gamification.tier_steps import tallies_asked
from gamification.tiers import status_at as status_of_tier
from gamification.windows import keys_read

SUBJECTS_MAX = 20
"""How many subjects below a threshold are looked at to find the one that is nearest to it."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be read to show progress: tallies by (metric, window), subjects, awards, and
    numbers that members share."""

    tallies: frozenset[tuple[str, str]]
    subjects: frozenset[SubjectBound]
    badges: frozenset[str]
    shared: frozenset[str]


def needs(program: CompiledProgram, now: datetime, *, teams: Collection[str] = ()) -> Needs:
    """What the progress bars of any member read at `now`, whose team is one of these, if any."""
    tallies: set[tuple[str, str]] = set()
    subjects: set[SubjectBound] = set()
    badges: set[str] = set()
    for streak in program.streaks.values():
        tallies.update((metric, "") for metric in streak.metrics)
    for tier in program.tiers.values():
        tallies |= tallies_asked(tier, now, program.calendar)
    for challenge, run in runs_shown(program, now):
        tallies.update(numbers_kept(challenge, run, teams))
    for badge in program.badges.values():
        if badge.repeat is not Repeat.PER_SUBJECT:
            badges.add(badge.key)
        for index, criterion in enumerate(badge.criteria):
            for window in keys_read(criterion.window, now, program.calendar):
                if criterion.per is None:
                    tallies.add((criterion.metric, window))
                else:
                    below = badge.levels[-1].thresholds[index]
                    subjects.add(SubjectBound(criterion.metric, window, below))
    shared = frozenset(shared_keys(program, now))
    return Needs(frozenset(tallies), frozenset(subjects), frozenset(badges), shared)


def companions(
    program: CompiledProgram, subjects: Iterable[TallyKey], now: datetime
) -> set[TallyKey]:
    """The other numbers of subjects that were found below a threshold of one of several criteria:
    they may have passed the thresholds of the others, and then nothing has asked for them yet."""
    found: set[TallyKey] = set()
    several = [badge for badge in program.badges.values() if badge.per and len(badge.criteria) > 1]
    for key in subjects:
        for badge in several:
            if any(criterion.metric == key.metric for criterion in badge.criteria):
                found.update(
                    TallyKey(key.member, criterion.metric, window, key.subject)
                    for criterion in badge.criteria
                    for window in keys_read(criterion.window, now, program.calendar)
                )
    return found


def progress_of(
    program: CompiledProgram,
    member: MemberId,
    *,
    tallies: Mapping[TallyKey, Tally],
    earned: Mapping[AwardKey, datetime],
    now: datetime,
    shared: Mapping[str, int] = NONE_SHARED,
    team: str | None = None,
) -> list[Progress]:
    """A member's progress bars, in the order of the definition: badges, challenges, streaks, tiers.

    `tallies` holds what `needs` asked for, and `companions`, of this member or of several; secret
    badges appear only once they are earned, challenges while the member takes part, and streaks
    where they have targets. Of goals of teams it shows how the member's `team` stands.
    """
    mine = {key: tally for key, tally in tallies.items() if key.member == member}
    bars: list[Progress] = []
    for badge in program.badges.values():
        bar = badge_bar(program, badge, member, tallies=mine, earned=earned, now=now)
        if badge.is_secret and not bar.milestones[0].is_reached:
            continue
        bars.append(bar)
    for challenge, run in runs_shown(program, now):
        status = status_of_challenge(
            challenge, member, mine.get, run=run, at=now, shared=shared, team=team
        )
        if status.state in (ChallengeState.ACTIVE, ChallengeState.COMPLETED):
            bars.append(challenge_bar(challenge, status))
    find, calendar = mine.get, program.calendar
    for streak in program.streaks.values():
        if streak.targets:
            run = status_of_streak(streak, member, find, at=now, calendar=calendar)
            bars.append(streak_bar(streak, run))
    for tier in program.tiers.values():
        level = status_of_tier(tier, member, find, at=now, calendar=calendar)
        bars.append(tier_bar(tier, level))
    return bars
