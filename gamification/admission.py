"""The gate: what a sender wrote becomes an activity of the program, or is refused with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gamification.challenges import run_to_join
from gamification.commands import NewCommand, NewFact
from gamification.definition.compiled import ActivityPlan, CompiledChallenge, CompiledStreak
from gamification.definition.problems import unknown
from gamification.facts import Activity
from gamification.ids import MemberId, member_id
from gamification.program import Program
from gamification.quantity import SCALE, parse
from gamification.refusals import (
    InTheFuture,
    InvalidInput,
    NotFound,
    NotOpen,
    OutOfRange,
    TooLate,
    UnknownActivityType,
)

KEY_LENGTH_MAX = 200
EXTERNAL_ID_LENGTH_MAX = 200
REASON_LENGTH_MAX = 500
AHEAD_MAX = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The circumstances under which activities are admitted."""

    program: Program
    now: datetime
    new_key: Callable[[], str]
    is_import: bool
    _ids: dict[str, MemberId] = field(default_factory=dict[str, MemberId], init=False)

    def admit(self, new: NewFact) -> Activity:
        """Check one activity or command. Its member's id is the one they have unless ids collide.

        Raises `UnknownActivityType`, `InvalidProperty`, `InvalidInput`, `OutOfRange`, `TooLate` or
        `InTheFuture`, each naming the field to mend.
        """
        if isinstance(new, NewCommand):
            type_, value, properties = new.type.value, new.value, new.properties
        else:
            type_, properties = new.type, self._plan(new.type).check(new.properties)
            value = SCALE if new.value is None else quantity_of(new.value, "value")
        if not is_name(new.member, EXTERNAL_ID_LENGTH_MAX):
            raise _bad_name("member", EXTERNAL_ID_LENGTH_MAX)
        if new.key is not None and not is_name(new.key, KEY_LENGTH_MAX):
            raise _bad_name("key", KEY_LENGTH_MAX)
        if new.source is not None and not is_name(new.source, KEY_LENGTH_MAX):
            raise _bad_name("source", KEY_LENGTH_MAX)
        return Activity(
            key=new.key if new.key is not None else self.new_key(),
            member=self._member(new.member),
            type=type_,
            value=value,
            properties=properties,
            occurred_at=self._occurred_at(new.occurred_at),
            received_at=self.now,
            source=new.source,
        )

    def _plan(self, type_: str) -> ActivityPlan:
        plan = self.program.rules.plans.get(type_)
        if plan is None:
            problem = unknown("type", "activity", type_[:80], self.program.rules.plans)
            raise UnknownActivityType(f"{problem.message}. {problem.fix}.", field=("type",))
        return plan

    def _member(self, external_id: str) -> MemberId:
        known = self._ids.get(external_id)
        if known is None:
            known = self._ids[external_id] = member_id(self.program.key, external_id)
        return known

    def _occurred_at(self, at: datetime | None) -> datetime:
        if at is None:
            return self.now
        if at.tzinfo is None:
            message = "occurredAt has no time zone. Add one, for example a final Z for UTC."
            raise InvalidInput(message, field=("occurredAt",))
        at = at if at.tzinfo is UTC else at.astimezone(UTC)
        if at > self.now + AHEAD_MAX:
            message = (
                f"occurredAt {at.isoformat()} is more than 5 minutes ahead of the server's clock "
                f"({self.now.isoformat()}). Send it once it has happened, or set the clock."
            )
            raise InTheFuture(message, field=("occurredAt",))
        lateness = self.program.rules.max_lateness
        if not self.is_import and lateness is not None and at < self.now - lateness:
            message = (
                f"occurredAt {at.isoformat()} is older than the {lateness.days} days this program "
                "accepts. Use `gamification import` for older activity."
            )
            raise TooLate(message, field=("occurredAt",))
        return at


def is_name(text: str, length_max: int) -> bool:
    """Whether a text can name something: not empty, not too long, printable on one line."""
    return 0 < len(text) <= length_max and text.isprintable()


def difference(first: Activity, again: Activity, *, compare_time: bool) -> str | None:
    """The field in which two activities of one key differ; None when they say the same.

    A retry that leaves the time to the server says nothing about it (`compare_time` False).
    """
    for name, one, other in (
        ("member", first.member, again.member),
        ("type", first.type, again.type),
        ("value", first.value, again.value),
        ("properties", dict(first.properties), dict(again.properties)),
        ("source", first.source, again.source),
        ("occurredAt", first.occurred_at, again.occurred_at),
    ):
        if one != other and (name != "occurredAt" or compare_time):
            return name
    return None


def quantity_of(text: str, field: str) -> int:
    """The quantity that a field of the input names; a refusal names the field."""
    try:
        return parse(text)
    except (InvalidInput, OutOfRange) as refusal:
        raise type(refusal)(refusal.message, field=(field,)) from None


def check_unit(program: Program, unit: str) -> None:
    """Raise `NotFound` where the program's rules have no such unit of points."""
    if unit not in program.rules.units:
        problem = unknown("unit", "points", unit[:80], program.rules.units)
        raise NotFound(f"{problem.message}. {problem.fix}.", field=("unit",))


def streak_named(program: Program, key: str) -> CompiledStreak:
    """The streak of that name. Raises `NotFound` where the program's rules have none."""
    streak = program.rules.streaks.get(key)
    if streak is None:
        problem = unknown("streak", "streak", key[:80], program.rules.streaks)
        raise NotFound(f"{problem.message}. {problem.fix}.", field=("streak",))
    return streak


def check_challenge(program: Program, challenge: str) -> CompiledChallenge:
    """The challenge with this key; raises `NotFound` where the program's rules have none."""
    found = program.rules.challenges.get(challenge)
    if found is None:
        problem = unknown("challenge", "challenge", challenge[:80], program.rules.challenges)
        raise NotFound(f"{problem.message}. {problem.fix}.", field=("challenge",))
    return found


def run_open(program: Program, challenge: CompiledChallenge, now: datetime) -> str:
    """The key of the run that is going on, or of the next; raises `NotOpen` where none is left."""
    run = run_to_join(challenge, now, program.rules.calendar)
    if run is None:
        raise NotOpen(f"'{challenge.key}' is over.", field=("challenge",))
    return run.key


def _bad_name(field: str, length_max: int) -> InvalidInput:
    message = f"{field} must be 1 to {length_max} printable characters on one line."
    return InvalidInput(message, field=(field,))
