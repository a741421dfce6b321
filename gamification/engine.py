"""The only door into the rules: facts and a state in, outcomes out. Pure and synchronous."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from msgspec.structs import replace

from gamification.commands import is_command
from gamification.definition.compiled import ActivityPlan, CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity, Remains
from gamification.outcomes import (
    AttributesChanged,
    BadgeAwarded,
    BadgeRevoked,
    ChallengeCompleted,
    ChallengeReopened,
    LotsChanged,
    Outcome,
    ParticipationChanged,
    PointsAdjusted,
    PointsEarned,
    StreakReached,
    TallyChanged,
    TierReached,
)
from gamification.rules.badge import award
from gamification.rules.campaign import add_campaigns
from gamification.rules.challenge import advance as advance_challenges
from gamification.rules.command import carry_out
from gamification.rules.counting import Contributed, contributed, count
from gamification.rules.earning import earn
from gamification.rules.joining import join
from gamification.rules.kept import note
from gamification.rules.release import release
from gamification.rules.streak import advance
from gamification.rules.tier import rise
from gamification.state import AccountKey, State, budget_of


def decide(
    program: CompiledProgram,
    state: State,
    activity: Activity,
    contributions: Sequence[Contributed] | None = None,
    *,
    remains: Remains | None = None,
) -> list[Outcome]:
    """What one activity or command changes, by the rules of `program`. The state is only read.

    `contributions` is what `contributed` says of the activity, where the caller knows it already;
    `remains` is what is left of one that was taken back, where points are kept.

    Metrics come first, then streaks, then earning rules, then campaigns, then challenges, then
    badges; a badge's points may complete further badges, until nothing moves (definitions cannot
    hold cycles). Raises
    `OutOfRange`.
    """
    plan = program.plans.get(activity.type)
    draft = Draft(program, state, activity, remains)
    if plan is not None:
        if remains is not None:
            note(draft, remains)
        if remains is not None and remains.left is None:
            _earn(draft, plan)
        else:
            _judge(draft, plan, contributions)
    elif is_command(activity.type):
        carry_out(draft)
    else:  # a version of the rules that does not know the type
        return []
    while draft.touched:
        badges, draft.touched = draft.touched, {}
        for badge in badges.values():
            award(draft, badge)
    if program.tiers:
        rise(draft)
    return draft.outcomes


def _judge(draft: Draft, plan: ActivityPlan, contributions: Sequence[Contributed] | None) -> None:
    """What an activity does by itself; what that completes is judged after."""
    if contributions is None:
        contributions = contributed(draft.agenda, draft.activity)
    if draft.program.notes_joining:
        join(draft)
    for contribution in contributions:
        count(draft, contribution)
    for streak in plan.streaks:
        advance(draft, streak, contributions)
    _earn(draft, plan)
    if plan.challenges:
        advance_challenges(draft)
    for unit, per in plan.releases:
        release(draft, unit, per)


def _earn(draft: Draft, plan: ActivityPlan) -> None:
    for rule in plan.earnings:
        earn(draft, rule)
    campaigns = draft.agenda.campaigns.get(draft.activity.type)
    if campaigns is not None:
        add_campaigns(draft, campaigns)


def evolve_all(state: State, outcomes: Iterable[Outcome]) -> State:
    """The state after several outcomes, as `evolve` for each."""
    for outcome in outcomes:
        if isinstance(outcome, TallyChanged):  # five of six, so they are not sent around
            state.tallies[outcome.key] = outcome.after
        else:
            state = evolve(state, outcome)
    return state


def evolve(state: State, outcome: Outcome) -> State:
    """The state after an outcome. The one given is consumed: use only what is returned."""
    match outcome:
        case TallyChanged():
            state.tallies[outcome.key] = outcome.after
        case PointsEarned():
            state.accounts[outcome.account_key] = outcome.account
            if state.shared:
                _draw(state, outcome)
        case AttributesChanged():
            state.attributes[outcome.member] = outcome.attributes
        case LotsChanged():
            state.accounts[outcome.account_key] = outcome.account
        case BadgeAwarded() | ChallengeCompleted():
            state.awards[outcome.award.key] = outcome.award
        case BadgeRevoked() | ChallengeReopened():
            state.awards.pop(outcome.award.key, None)
        case ParticipationChanged() | TierReached() | StreakReached():
            pass  # the tallies beside it keep it
        case PointsAdjusted():
            posting = outcome.entry.posting
            key = AccountKey(posting.member, posting.unit)
            account = state.accounts[key]
            balance = account.balance + outcome.entry.amount
            state.accounts[key] = replace(account, balance=balance)
        case _:
            assert_never(outcome)
    return state


def _draw(state: State, earned: PointsEarned) -> None:
    """Count what a budget gives, less what it had given for the same before."""
    budget = budget_of(earned.key)
    if budget in state.shared:
        before = state.granted.get(earned.key)
        state.shared[budget] += earned.posting.granted - (before.granted if before else 0)
