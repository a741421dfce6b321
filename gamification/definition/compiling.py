"""From a definition to the program that runs: the one place where names get their meaning."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from gamification import windows
from gamification.definition.badges import BadgeCompiler
from gamification.definition.boards import compile_boards
from gamification.definition.campaigns import Campaigns
from gamification.definition.challenges import ChallengeCompiler
from gamification.definition.checks import check_cycles, check_unused
from gamification.definition.compiled import (
    ActivityPlan,
    CampaignPlan,
    ChallengePlan,
    CompiledBadge,
    CompiledBoard,
    CompiledCap,
    CompiledChallenge,
    CompiledEarning,
    CompiledProgram,
    CompiledStreak,
    CompiledTier,
    Contribution,
    Read,
    Timeline,
    Unit,
    UnitPlan,
    Watcher,
)
from gamification.definition.compiled.streaks import ZONE_METRIC
from gamification.definition.compiled.tiers import Joined
from gamification.definition.counters import Counters
from gamification.definition.document import Definition
from gamification.definition.leagues import compile_leagues
from gamification.definition.plans import (
    Reach,
    joining,
    moving,
    moving_streak,
    plan_of,
    reads_following,
)
from gamification.definition.points import compile_units, releases
from gamification.definition.problems import DefinitionRefused, Problem
from gamification.definition.reading import stored_definition
from gamification.definition.scope import WEEKDAYS, Scope, lateness
from gamification.definition.streaks import compile_streaks
from gamification.definition.tiers import compile_tiers
from gamification.properties import PropertyCheck
from gamification.quantity import QUANTITY_MAX, parse
from gamification.teams import MEMBERS_METRIC
from gamification.windows import AllTime, Calendar


class _Acting(NamedTuple):
    """What acts on each type of activity, besides what counts it."""

    earnings: Mapping[str, tuple[CompiledEarning, ...]]
    challenges: Mapping[str, tuple[ChallengePlan, ...]]
    campaigns: Mapping[str, tuple[CampaignPlan, ...]]


def compile_program(
    definition: Definition, *, version: int = 1
) -> tuple[CompiledProgram, list[Problem]]:
    """The program of a definition, and the warnings. Raises `DefinitionRefused` with all errors."""
    scope = Scope(definition)
    calendar = _calendar(scope)
    counters = Counters(scope)
    streaks = compile_streaks(scope, counters)
    tiers = compile_tiers(scope, counters)
    challenge_compiler = ChallengeCompiler(scope, counters, calendar)
    challenges = challenge_compiler.compile()
    badges = BadgeCompiler(scope, counters, streaks).compile()
    boards = compile_boards(scope, counters)
    leagues = compile_leagues(scope, boards)
    caps = _caps(scope)
    earnings = _earnings(scope, caps)
    campaigns = Campaigns(scope, caps, calendar, counters)
    acting = _Acting(earnings, challenge_compiler.plans(challenges), campaigns.plans)
    units = compile_units(scope, counters)
    _check_whole(scope)
    watchers = _watchers(badges)
    contributions = counters.contributions()
    reach = _reach(counters, units, watchers, streaks=streaks, tiers=tiers)
    program = CompiledProgram(
        definition=definition,
        version=version,
        calendar=calendar,
        max_lateness=lateness(definition.max_lateness),
        plans=_plans(scope, contributions, acting, reach),
        following=_following(contributions, reach),
        moving=_moving(reach, challenges),
        units=units,
        streaks=streaks,
        tiers=tiers,
        campaigns=campaigns.by_key,
        challenges=challenges,
        notes_joining=any(isinstance(tier.span, Joined) for tier in tiers.values()),
        badges=badges,
        watchers=watchers,
        boards=boards,
        leagues=leagues,
        ranked=_ranked(boards, challenges),
        segments={board.metric: board.segment for board in boards.values() if board.segment},
        counted_badges=reach.counted_badges,
        counted_challenges=reach.counted_challenges,
    )
    return program, scope.problems


def _reach(
    counters: Counters,
    units: Mapping[str, Unit],
    watchers: Mapping[str, tuple[Watcher, ...]],
    *,
    streaks: Mapping[str, CompiledStreak],
    tiers: Mapping[str, CompiledTier],
) -> Reach:
    return Reach(
        units=units,
        watchers=watchers,
        counted_badges=frozenset(counters.counted_badges),
        counted_challenges=frozenset(counters.counted_challenges),
        streaks=tuple(streaks.values()),
        tiers=tuple(tiers.values()),
    )


def _plans(
    scope: Scope,
    contributions: Mapping[str, tuple[Contribution, ...]],
    acting: _Acting,
    reach: Reach,
) -> dict[str, ActivityPlan]:
    releasing = releases(reach.units)
    return {
        activity_type: plan_of(
            PropertyCheck(scope.properties(activity_type)),
            contributions.get(activity_type, ()),
            acting.earnings.get(activity_type, ()),
            acting.campaigns.get(activity_type, ()),
            acting.challenges.get(activity_type, ()),
            reach,
            releasing.get(activity_type, ()),
        )
        for activity_type in scope.definition.activities
    }


def _following(
    contributions: Mapping[str, tuple[Contribution, ...]], reach: Reach
) -> dict[str, tuple[Read, ...]]:
    """What is read because the tallies of a metric move."""
    metrics = {each.counter.metric for found in contributions.values() for each in found}
    return {metric: reads_following(metric, reach) for metric in metrics}


def _moving(reach: Reach, challenges: Mapping[str, CompiledChallenge]) -> dict[str, UnitPlan]:
    """What is read when a command moves points, a streak, or a member to another zone, or lets one
    take part in a challenge."""
    return {
        **{unit: moving(unit, reach) for unit in reach.units},
        **{streak.metric: moving_streak(streak, reach) for streak in reach.streaks},
        **{each.metric: joining(each, reach) for each in challenges.values()},
        **{tier.placed_metric: UnitPlan(tier.reads, ()) for tier in reach.tiers},
        ZONE_METRIC: UnitPlan((Read(ZONE_METRIC, AllTime(), None),), ()),
    }


def compile_timeline(documents: list[tuple[int, datetime | None, str]]) -> Timeline:
    """The timeline of stored versions, given as (version, effective from, document)."""
    versions = [
        (since, compile_program(stored_definition(document), version=version)[0])
        for version, since, document in documents
    ]
    return Timeline(tuple(versions))


def _check_whole(scope: Scope) -> None:
    """What only the whole shows; raises `DefinitionRefused` if anything at all was wrong."""
    _check_unread(scope)
    check_unused(scope)
    check_cycles(scope)
    if any(not problem.is_warning for problem in scope.problems):
        raise DefinitionRefused(scope.problems)


def _check_unread(scope: Scope) -> None:
    """Find the errors also in seasons and metrics that nothing reads; they stay unused."""
    if scope.definition.seasons:
        scope.seasons("seasons")
    unread = [name for name in scope.definition.metrics if ("metric", name) not in scope.used]
    for name in unread:
        Counters(scope).metric(name, None, f"metrics.{name}")
        scope.used.discard(("metric", name))


def _calendar(scope: Scope) -> Calendar:
    definition = scope.definition
    try:
        zone = windows.zone(definition.time_zone)
    except ValueError as error:
        scope.error("time_zone", str(error), "Use a name of the IANA data base: Europe/Lisbon")
        zone = windows.zone("UTC")
    return Calendar(zone, WEEKDAYS.index(definition.week_starts))


def _caps(scope: Scope) -> dict[str, CompiledCap]:
    caps: dict[str, CompiledCap] = {}
    for key, cap in scope.definition.caps.items():
        scope.find("points", cap.points, f"caps.{key}.points", scope.definition.points)
        per = scope.window(cap.per, f"caps.{key}.per")
        if isinstance(per, windows.Rolling):
            scope.error(
                f"caps.{key}.per",
                "a cap cannot roll",
                "Use day, week, month, quarter, half year or year",
            )
        caps[key] = CompiledCap(key, f"cap:{key}", cap.points, parse(cap.most), per)
    return caps


def _earnings(
    scope: Scope, caps: Mapping[str, CompiledCap]
) -> dict[str, tuple[CompiledEarning, ...]]:
    by_type: dict[str, list[CompiledEarning]] = defaultdict(list)
    for key, earning in scope.definition.earning.items():
        path = f"earning.{key}"
        named = [scope.find("cap", name, f"{path}.cap", caps) for name in earning.cap]
        for activity_type in scope.types(earning.on, f"{path}.on"):
            when = scope.condition(earning.when, activity_type, f"{path}.when")
            for unit, given in earning.give.items():
                scope.find("points", unit, f"{path}.give", scope.definition.points)
                amount = scope.amount(given, activity_type, f"{path}.give.{unit}")
                limits = tuple(cap for cap in named if cap is not None and cap.unit == unit)
                rule = f"earning/{key}"
                by_type[activity_type].append(CompiledEarning(rule, unit, amount, when, limits))
        for cap in named:
            if cap is not None and cap.unit not in earning.give:
                scope.error(
                    f"{path}.cap",
                    f"the cap '{cap.key}' limits {cap.unit}, which this rule does not give",
                    f"Give {cap.unit}, or leave the cap out",
                )
    return {activity_type: tuple(rules) for activity_type, rules in by_type.items()}


def _ranked(
    boards: Mapping[str, CompiledBoard], challenges: Mapping[str, CompiledChallenge]
) -> frozenset[str]:
    """The metrics whose tallies are found by rank: scores, and who has a part in a challenge."""
    shared = {each.contributed_metric for each in challenges.values() if each.is_shared}
    of_teams = [each for each in challenges.values() if each.is_of_teams]
    if of_teams:
        shared.add(MEMBERS_METRIC)
        shared.update(each.steps[0].metric for each in of_teams if each.steps)
    return frozenset(board.metric for board in boards.values()).union(shared)


def _watchers(badges: Mapping[str, CompiledBadge]) -> dict[str, tuple[Watcher, ...]]:
    """Which badges have a criterion on which tallies."""
    by_metric: dict[str, dict[str, Watcher]] = defaultdict(dict)
    for badge in badges.values():
        for index, criterion in enumerate(badge.criteria):
            least = badge.levels[0].thresholds[index]
            if isinstance(criterion.window, windows.Rolling):
                least = -QUANTITY_MAX  # one day's tally says little about several days' sum
            known = by_metric[criterion.metric].get(badge.key)
            if known is None or least < known.least:
                by_metric[criterion.metric][badge.key] = Watcher(badge, least)
    return {metric: tuple(found.values()) for metric, found in by_metric.items()}
