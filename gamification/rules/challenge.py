"""Challenges: numbers to reach within a run, for members who take part."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from gamification.definition.challenges import given_metric
from gamification.definition.compiled import CompiledChallenge, CompiledProgram
from gamification.definition.document_challenges import Join
from gamification.draft import Draft
from gamification.facts import Activity, Scalar
from gamification.metrics import TOTAL, distinct
from gamification.outcomes import NOTHING, ChallengeCompleted
from gamification.quantity import SCALE
from gamification.rules.counting import Contributed, contributed_by, count
from gamification.rules.earning import give
from gamification.state import Award, AwardKey, Evidence, State, Tally, TallyKey
from gamification.teams import run_of_team, team_of
from gamification.windows import key_at


class Counted(NamedTuple):
    """What an activity adds to a step, if it counts: to which, by its index, and in which run."""

    challenge: CompiledChallenge
    run: str
    step: int
    contribution: Contributed

    def kept(self, metric: str) -> TallyKey:
        """One of the numbers that are kept of the member in the run."""
        return TallyKey(self.contribution.key.member, metric, self.run, "")


def counted(program: CompiledProgram, activity: Activity) -> list[Counted]:
    """What an activity may add to which steps. Depends on nothing but the activity: whether it
    counts depends on who takes part, and on the steps before."""
    plan = program.plans.get(activity.type)
    if plan is None:
        return []
    at, found = activity.occurred_at, list[Counted]()
    for challenge, steps in plan.challenges:
        run = key_at(challenge.window, at, program.calendar)
        if run is None or not challenge.is_open(at):
            continue
        for step, contribution in steps:
            for each in contributed_by(((contribution, run),), activity):
                found.append(Counted(challenge, run, step, each))
    return found


def advance(draft: Draft) -> None:
    """Count the draft's activity toward the challenges that it counts for, and award those that
    this completes."""
    moved: dict[str, Counted] = {}
    for found in counted(draft.program, draft.activity):
        each = for_team(found, draft.attributes)
        if each is None or not _counts(draft, found):
            continue
        count(draft, each.contribution)
        if each.challenge.is_shared:
            _contribute(draft, each)
            continue
        moved[each.challenge.key] = each
        step = each.challenge.steps[each.step]
        tally, reached = draft.tally(each.kept(step.metric)), each.kept(step.reached_metric)
        if tally is not None and tally.value >= step.target and draft.tally(reached) is None:
            draft.count(reached, TOTAL, SCALE)
    for each in moved.values():
        conclude(draft, each.challenge, each.run)


def for_team(each: Counted, attributes: Mapping[str, Scalar]) -> Counted | None:
    """What an activity adds for the team of a member with these attributes, where teams have goals
    of their own: None for who is in none."""
    if not each.challenge.is_of_teams:
        return each
    team = team_of(attributes)
    if team is None:
        return None
    window, contribution = run_of_team(each.run, team), each.contribution
    key = replace(contribution.key, window=window)
    return each._replace(run=window, contribution=replace(contribution, key=key))


def takes_part(draft: Draft, challenge: CompiledChallenge, run: str) -> bool:
    """Whether the member takes part in a run, as things stand."""
    if challenge.join is Join.AUTOMATIC:
        return True
    joined = draft.tally(TallyKey(draft.activity.member, challenge.joined_metric, run, ""))
    return joined is not None and joined.value > 0


def conclude(draft: Draft, challenge: CompiledChallenge, run: str) -> None:
    """Award a challenge whose steps have all been reached, once in a run. Where only the first can
    complete it, this needs a place among them, which no member's own history can give."""
    member = draft.activity.member
    done = TallyKey(member, challenge.done_metric, run, "")
    if draft.tally(done) is not None or not takes_part(draft, challenge, run):
        return
    reached = [TallyKey(member, step.reached_metric, run, "") for step in challenge.steps]
    if any(draft.tally(key) is None for key in reached):
        return
    if challenge.winners is not None and not _has_place(draft, challenge, run):
        waiting = TallyKey(member, challenge.waiting_metric, run, "")
        if draft.tally(waiting) is None:
            draft.count(waiting, TOTAL, SCALE)
        return
    complete(draft, challenge, run)


def complete(
    draft: Draft, challenge: CompiledChallenge, run: str, *, team: str | None = None
) -> None:
    """Award a challenge, and give what it gives; to a member who reached it with a team, for what
    they did for that."""
    member = draft.activity.member
    draft.count(TallyKey(member, challenge.done_metric, run, ""), TOTAL, SCALE)
    draft.add_award(ChallengeCompleted(_award(draft, challenge, run, team)))
    for unit, amount in challenge.gives:
        give(draft, unit, amount, rule=f"challenge/{challenge.key}/{run}")
    if challenge.key in draft.program.counted_challenges:
        draft.count(TallyKey(member, challenge.metric, "", ""), TOTAL, SCALE)
    for badge in challenge.badges:
        draft.count(TallyKey(member, given_metric(badge), "", ""), TOTAL, SCALE)


def takes_late(
    each: Counted, state: State, after: Mapping[TallyKey, Tally], late: Activity
) -> bool:
    """Whether an activity that comes late may simply be counted, or not, as the state says.

    Not where it may be what reaches a step, nor where the state does not tell whether the member
    took part at its time. `after` holds the tallies that the activity would leave.
    """
    at, challenge = late.occurred_at, each.challenge
    joined = state.tallies.get(each.kept(challenge.joined_metric))
    if joined is not None and joined.reached_at >= at:
        return False
    # It was the same team then: a change since has the member judged again.
    counting = for_team(each, state.attributes.get(late.member, NOTHING))
    return counting is None or _takes_late(counting, state, after, at)


def _takes_late(each: Counted, state: State, after: Mapping[TallyKey, Tally], at: datetime) -> bool:
    """The same, where the member took part as they do now."""
    challenge = each.challenge
    key, element = each.contribution.key, each.contribution.element
    if not challenge.steps[each.step].aggregation.takes_late(state.tallies.get(key), at):
        return False
    if element is not None:
        seen = state.tallies.get(distinct.element_key(key, element))
        if not distinct.takes_late(seen, at):
            return False
    done = state.tallies.get(each.kept(challenge.done_metric))
    if done is not None and done.reached_at < at:
        return True
    if challenge.is_sequential:
        return False
    if challenge.is_shared:
        since = state.tallies.get(each.kept(challenge.contributed_metric))
        return since is not None and since.reached_at < at
    step = challenge.steps[each.step]
    reached = state.tallies.get(each.kept(step.reached_metric))
    if reached is not None:
        return reached.reached_at < at
    tally = after.get(key) or state.tallies.get(key)
    return tally is None or tally.peak < step.target


def _counts(draft: Draft, each: Counted) -> bool:
    """Whether the activity counts: not before joining, where that is asked for, and in a sequence
    only once the step before was reached, by what was done before."""
    challenge = each.challenge
    if challenge.counts_from_joining and not takes_part(draft, challenge, each.run):
        return False
    if not challenge.is_sequential or not each.step:
        return True
    before = challenge.steps[each.step - 1]
    return draft.tally_before(each.kept(before.reached_metric)) is not None


def _contribute(draft: Draft, each: Counted) -> None:
    """Keep since when the member has a part in what is reached together."""
    tally, since = draft.tally(each.contribution.key), each.kept(each.challenge.contributed_metric)
    if tally is not None and tally.value > 0 and draft.tally(since) is None:
        draft.count(since, TOTAL, SCALE)


def _has_place(draft: Draft, challenge: CompiledChallenge, run: str) -> bool:
    place = TallyKey(draft.activity.member, challenge.place_metric, run, "")
    return draft.tally(place) is not None


def _award(draft: Draft, challenge: CompiledChallenge, run: str, team: str | None) -> Award:
    activity, window = draft.activity, run if team is None else run_of_team(run, team)
    found = [TallyKey(activity.member, step.metric, window, "") for step in challenge.steps]
    tallies = [draft.tally(key) for key in found]
    return Award(
        key=AwardKey(activity.member, challenge.award, 1, run, ""),
        earned_at=activity.occurred_at,
        cause=activity.key,
        subject="",
        evidence=tuple(
            Evidence(step.name, 0 if tally is None else tally.value, step.target)
            for step, tally in zip(challenge.steps, tallies, strict=True)
        ),
        version=draft.program.version,
    )
