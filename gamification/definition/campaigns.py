"""From a campaign as written to one that can run: its window, its conditions, what it adds."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from gamification.days import Unit, day_starts
from gamification.definition.compiled import CompiledCap
from gamification.definition.compiled.campaigns import (
    Anniversary,
    CampaignGift,
    CampaignPlan,
    CompiledCampaign,
    Hours,
)
from gamification.definition.counters import Counters
from gamification.definition.document_campaigns import Campaign
from gamification.definition.scope import WEEKDAYS, Scope
from gamification.quantity import SCALE, parse
from gamification.refusals import OutOfRange
from gamification.windows import AllTime, Calendar


class Campaigns:
    """The campaigns of a definition, and what they do to each type of activity."""

    def __init__(
        self,
        scope: Scope,
        caps: Mapping[str, CompiledCap],
        calendar: Calendar,
        counters: Counters,
    ) -> None:
        compiler = _Compiler(scope, caps, calendar)
        self.by_key: dict[str, CompiledCampaign] = {}
        plans: dict[str, list[CampaignPlan]] = defaultdict(list)
        for key, written in scope.definition.campaigns.items():
            campaign = self.by_key[key] = compiler.campaign(key, written)
            if campaign.quiet_days is not None:
                counters.occurrences(campaign.last_metric, campaign.types)
            for activity_type in campaign.types:
                plans[activity_type].append(compiler.plan(campaign, written, activity_type))
        self.plans: dict[str, tuple[CampaignPlan, ...]] = {
            activity_type: tuple(found) for activity_type, found in plans.items()
        }


@dataclass(frozen=True, slots=True)
class _Compiler:
    scope: Scope
    caps: Mapping[str, CompiledCap]
    calendar: Calendar

    def campaign(self, key: str, written: Campaign) -> CompiledCampaign:
        scope, path = self.scope, f"campaigns.{key}"
        for section, units in (
            ("multiply", written.multiply),
            ("give", written.give),
            ("most", written.most),
            ("budget", written.budget),
        ):
            for unit in units:
                scope.find("points", unit, f"{path}.{section}.{unit}", scope.definition.points)
        self._check_gifts(written, path)
        starts_at = self._moment(written.from_, f"{path}.from")
        ends_at = self._moment(written.until, f"{path}.until")
        if starts_at and ends_at and starts_at >= ends_at:
            scope.error(
                f"{path}.until",
                f"is not after {written.from_}, when it begins",
                "Write the first day, or the time, at which it is over",
            )
        return CompiledCampaign(
            key=key,
            name=written.name or key,
            description=written.description,
            starts_at=starts_at,
            ends_at=ends_at,
            weekdays=frozenset(WEEKDAYS.index(day) for day in written.weekdays or WEEKDAYS),
            hours=self._hours(written.hours, f"{path}.hours"),
            anniversary=_anniversary(written.anniversary),
            quiet_days=int(written.after_quiet.split()[0]) if written.after_quiet else None,
            types=tuple(scope.types(written.on, f"{path}.on")),
            among=scope.segment(written.among, f"{path}.among"),
            stack=written.stack,
            factors={unit: parse(factor) for unit, factor in written.multiply.items()},
            budgets={unit: parse(budget) for unit, budget in written.budget.items()},
            units=tuple(dict.fromkeys([*written.multiply, *written.give])),
        )

    def plan(self, campaign: CompiledCampaign, written: Campaign, type_: str) -> CampaignPlan:
        path = f"campaigns.{campaign.key}"
        when = self.scope.condition(written.when, type_, f"{path}.when")
        named = [self.scope.find("cap", name, f"{path}.cap", self.caps) for name in written.cap]
        gifts: list[CampaignGift] = []
        for unit in campaign.units:
            bonus = None
            if unit in written.give:
                bonus = self.scope.amount(written.give[unit], type_, f"{path}.give.{unit}")
            caps = [cap for cap in named if cap is not None and cap.unit == unit]
            if unit in written.most:
                caps.append(_own_cap(campaign, unit, parse(written.most[unit])))
            gifts.append(CampaignGift(unit, campaign.factors.get(unit, SCALE), bonus, tuple(caps)))
        return CampaignPlan(campaign, when, tuple(gifts))

    def _check_gifts(self, written: Campaign, path: str) -> None:
        units = written.multiply.keys() | written.give.keys()
        if not units:
            fix = "Give 'multiply', 'give', or both"
            self.scope.error(path, "adds nothing", fix)
        for name in written.cap:
            cap = self.caps.get(name)
            if cap is not None and cap.unit not in units:
                message = f"the cap '{name}' limits {cap.unit}, which this campaign does not add"
                self.scope.error(f"{path}.cap", message, f"Add {cap.unit}, or leave the cap out")
        for section, limits in (("most", written.most), ("budget", written.budget)):
            for unit in limits.keys() - units:
                message = f"limits {unit}, which this campaign does not add"
                fix = f"Add {unit}, or leave it out"
                self.scope.error(f"{path}.{section}.{unit}", message, fix)
        for unit in written.multiply:
            given = [
                earning
                for earning in self.scope.definition.earning.values()
                if unit in earning.give and set(earning.on) & set(written.on)
            ]
            if not given:
                message = f"no earning rule gives {unit} for any of the activities it is on"
                fix = f"Use 'give' for a bonus of {unit}, or mend 'on'"
                self.scope.error(f"{path}.multiply.{unit}", message, fix)

    def _moment(self, text: str | None, path: str) -> datetime | None:
        """The moment that a local day begins, or of a local time (of two: the first)."""
        if text is None:
            return None
        try:
            if len(text) == len("2026-12-05"):
                return day_starts(date.fromisoformat(text), self.calendar.zone)
            local = datetime.fromisoformat(text).replace(tzinfo=self.calendar.zone)
            return local.astimezone(UTC)
        except (ValueError, OverflowError, OutOfRange):
            message = f"{text!r} is not on the calendar"
            self.scope.error(path, message, "Write 2026-12-05, or 2026-12-05 18:00")
            return None

    def _hours(self, text: str | None, path: str) -> Hours | None:
        if text is None:
            return None
        first, end = (part.strip() for part in text.split("-"))
        hours = Hours(
            time.fromisoformat(first), None if end == "24:00" else time.fromisoformat(end)
        )
        if hours.end is not None and hours.first >= hours.end:
            self.scope.error(
                path,
                f"{text!r} ends before it has begun",
                "End at 24:00 at the latest; write a second campaign for the hours after midnight",
            )
        return hours


def _anniversary(text: str | None) -> Anniversary | None:
    if text is None:
        return None
    unit, _, dotted = text.partition(" of ")
    return Anniversary(Unit(unit), dotted.removeprefix("member.attributes."))


def _own_cap(campaign: CompiledCampaign, unit: str, most: int) -> CompiledCap:
    """What it adds for one member at most, counted like any cap, and under a name no cap has."""
    return CompiledCap(campaign.rule, f"campaign:{campaign.key}:{unit}", unit, most, AllTime())
