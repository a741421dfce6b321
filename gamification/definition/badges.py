"""From a badge as written to a badge that can be decided: its criteria, levels and gifts."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gamification import windows
from gamification.definition.challenges import given_by, given_metric
from gamification.definition.compiled import (
    CompiledBadge,
    CompiledCriterion,
    CompiledStreak,
    Level,
)
from gamification.definition.counters import Counters
from gamification.definition.document import Badge, Criterion, Repeat
from gamification.definition.scope import Scope
from gamification.metrics import TOTAL
from gamification.quantity import SCALE, parse
from gamification.windows import AllTime, Spec

ONE_OF_SIX = "Give exactly one of metric, points, cap, badge, streak, challenge"


@dataclass(frozen=True, slots=True)
class BadgeCompiler:
    """Compiles the badges of one definition."""

    scope: Scope
    counters: Counters
    streaks: Mapping[str, CompiledStreak]

    def compile(self) -> dict[str, CompiledBadge]:
        return {key: self._badge(key, badge) for key, badge in self.scope.definition.badges.items()}

    def _badge(self, key: str, badge: Badge) -> CompiledBadge:
        path = f"badges.{key}"
        givers = given_by(self.scope.definition, key)
        if givers and not (badge.when or badge.levels):
            return self._given(key, badge, givers, path)
        found: list[tuple[CompiledCriterion, Decimal]] = []
        for index, criterion in enumerate(self._written(badge, path)):
            place = f"{path}.when.{index}" if badge.when else path
            compiled = self._criterion(key, badge, criterion, place)
            if compiled is not None:
                found.append((compiled, criterion.at_least))
        criteria = tuple(criterion for criterion, _ in found)
        per = self._subject(criteria, badge, path)
        self._check_window(criteria, badge, path)
        return CompiledBadge(
            key=key,
            criteria=criteria,
            levels=self._levels(badge, [at_least for _, at_least in found], path),
            repeat=badge.repeat,
            per=per,
            is_secret=badge.visibility == "secret",
        )

    def _given(self, key: str, badge: Badge, givers: list[str], path: str) -> CompiledBadge:
        """A badge without criteria: whoever completes one of these challenges has it."""
        if badge.on or badge.over or badge.streak or badge.where:
            self.scope.error(path, "has no criteria to narrow", "Leave its other keys out")
        if badge.repeat is not Repeat.ONCE:
            self.scope.error(f"{path}.repeat", "a challenge gives it once", "Leave it out")
        challenges = self.scope.definition.challenges
        name = " or ".join(challenges[giver].name or giver for giver in givers)
        criterion = CompiledCriterion(name, given_metric(key), AllTime(), TOTAL, None, 0)
        return CompiledBadge(
            key=key,
            criteria=(criterion,),
            levels=(Level(1, None, (SCALE,), self._gives(badge, 0, 1, path)),),
            repeat=Repeat.ONCE,
            per=None,
            is_secret=badge.visibility == "secret",
        )

    def _written(self, badge: Badge, path: str) -> list[Criterion]:
        """The criteria; levels are one criterion whose threshold each level replaces."""
        if badge.levels is not None:
            if badge.when is not None or (badge.on is None) == (badge.streak is None):
                fix = "Give 'levels' with 'on' or 'streak', or 'when' alone"
                self.scope.error(path, "mixes levels and criteria, or has levels of nothing", fix)
                return []
            lowest = next(iter(badge.levels.values()), Decimal(1))
            return [
                Criterion(metric=badge.on, streak=badge.streak, at_least=lowest, over=badge.over)
            ]
        if not badge.when:
            self.scope.error(path, "can never be earned", "Add 'when' or 'levels'")
        if badge.on is not None or badge.over is not None or badge.streak is not None:
            message = "has 'on', 'over' or 'streak' without levels"
            self.scope.error(path, message, "Move it into 'when'")
        return badge.when or []

    def _criterion(
        self, key: str, badge: Badge, written: Criterion, path: str
    ) -> CompiledCriterion | None:
        named = [
            written.metric,
            written.points,
            written.cap,
            written.badge,
            written.streak,
            written.challenge,
        ]
        if sum(name is not None for name in named) != 1:
            self.scope.error(path, "is about nothing, or about several things", ONE_OF_SIX)
            return None
        over = self.scope.window(written.over, f"{path}.over") if written.over else None
        if written.metric is not None:
            own = f"{written.metric}@{key}" if badge.where is not None else None
            return self.counters.metric(written.metric, over, path, own, where=badge.where)
        if badge.where is not None:
            self.scope.error(
                f"{path}", "'where' narrows activities, so it needs a metric", "Use a metric here"
            )
        if written.points is not None:
            window = over or AllTime()
            metric = self.counters.points(written.points, window, path)
            points = self.scope.definition.points.get(written.points)
            start = parse(points.start) if points and isinstance(window, AllTime) else 0
            return CompiledCriterion(written.points, metric, window, TOTAL, None, start)
        if written.cap is not None:
            return self._cap_criterion(written.cap, over, path)
        if written.streak is not None:
            return self._streak_criterion(written.streak, over, path)
        if written.challenge is not None:
            return self._challenge_criterion(written.challenge, over, path)
        return self._badge_criterion(str(written.badge), over, path)

    def _cap_criterion(self, name: str, over: Spec | None, path: str) -> CompiledCriterion | None:
        cap = self.scope.find("cap", name, path, self.scope.definition.caps)
        if cap is None:
            return None
        per = self.scope.window(cap.per, f"caps.{name}.per")
        if over is not None and over != per:
            self.scope.error(f"{path}.over", f"the cap counts per {cap.per}", "Leave 'over' out")
        return CompiledCriterion(cap.name or name, f"cap:{name}", per, TOTAL, None, 0)

    def _streak_criterion(
        self, name: str, over: Spec | None, path: str
    ) -> CompiledCriterion | None:
        if self.scope.find("streak", name, path, self.scope.definition.streaks) is None:
            return None
        streak = self.streaks.get(name)
        if streak is None:  # it has problems of its own, which are told
            return None
        if over is not None:
            self.scope.error(f"{path}.over", "a streak has no window", "Leave it out")
        return CompiledCriterion(streak.name, streak.metric, AllTime(), TOTAL, None, 0, streak)

    def _badge_criterion(self, name: str, over: Spec | None, path: str) -> CompiledCriterion | None:
        badge = self.scope.find("badge", name, path, self.scope.definition.badges)
        if badge is None:
            return None
        if over is not None:
            self.scope.error(f"{path}.over", "badges are counted over all time", "Leave it out")
        self.counters.counted_badges.add(name)
        return CompiledCriterion(badge.name or name, f"badge:{name}", AllTime(), TOTAL, None, 0)

    def _challenge_criterion(
        self, name: str, over: Spec | None, path: str
    ) -> CompiledCriterion | None:
        challenge = self.scope.find("challenge", name, path, self.scope.definition.challenges)
        if challenge is None:
            return None
        if over is not None:
            message = "completed challenges are counted over all time"
            self.scope.error(f"{path}.over", message, "Leave it out")
        self.counters.counted_challenges.add(name)
        metric = f"challenge:{name}"
        return CompiledCriterion(challenge.name or name, metric, AllTime(), TOTAL, None, 0)

    def _levels(self, badge: Badge, at_least: list[Decimal], path: str) -> tuple[Level, ...]:
        if badge.levels is None:
            thresholds = tuple(parse(number) for number in at_least)
            return (Level(1, None, thresholds, self._gives(badge, 0, 1, path)),)
        numbers = list(badge.levels.values())
        if numbers != sorted(set(numbers)):
            fix = "List the levels from the lowest number to the highest"
            self.scope.error(f"{path}.levels", "do not rise", fix)
        return tuple(
            Level(index + 1, key, (parse(number),), self._gives(badge, index, len(numbers), path))
            for index, (key, number) in enumerate(badge.levels.items())
        )

    def _gives(
        self, badge: Badge, index: int, count: int, path: str
    ) -> tuple[tuple[str, int], ...]:
        gives: list[tuple[str, int]] = []
        for unit, given in badge.give.items():
            self.scope.find("points", unit, f"{path}.give", self.scope.definition.points)
            amounts = given if isinstance(given, list) else [given] * count
            if len(amounts) != count:
                fix = f"Give one number, or a list of {count}"
                self.scope.error(f"{path}.give.{unit}", f"has {len(amounts)} numbers", fix)
            elif amounts[index]:
                gives.append((unit, parse(amounts[index])))
        return tuple(gives)

    def _subject(
        self, criteria: tuple[CompiledCriterion, ...], badge: Badge, path: str
    ) -> str | None:
        subjects = {criterion.per for criterion in criteria}
        if len(subjects) > 1:
            self.scope.error(
                path,
                "has criteria about different subjects",
                "Use metrics that are all 'per' the same property, or all about the member",
            )
        per = next(iter(subjects), None)
        if badge.repeat is Repeat.PER_SUBJECT and per is None and criteria:
            self.scope.error(f"{path}.repeat", "its metrics have no subject", "Add 'per' to them")
        return per

    def _check_window(
        self, criteria: tuple[CompiledCriterion, ...], badge: Badge, path: str
    ) -> None:
        if badge.repeat is not Repeat.PER_WINDOW:
            return
        over = {criterion.window for criterion in criteria}
        if len(over) != 1 or isinstance(next(iter(over)), AllTime | windows.Rolling):
            self.scope.error(
                f"{path}.repeat",
                "its criteria are not all over one kind of calendar window",
                "Add 'over: month' (or another window of the calendar) to each",
            )
