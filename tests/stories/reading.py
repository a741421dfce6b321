"""Reads stories: a member's year under a program of `programs/`, as people tell it.

A story names its `program`, when it `begins`, whose it is (`member`), and its `steps`. A step says
`at` which time of the program's zone something happened, and what: `did` an activity (`value`,
`with` its properties, `key`; `done` when, if it is told late), `asked` for a mutation (`with` its
input; `refused` with which code), or nothing but that time has passed. `until` a day it happens
every day at that hour. `then` says how things stand after it, or after the last of these days, in
the words of `standing.py`; `so` is for whoever reads along.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from tests.cases.reading import plain_yaml

FOLDER = Path(__file__).parent
PROGRAMS = Path(__file__).parents[2] / "programs"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, or one look at how things stand."""

    at: datetime
    who: str
    did: str | None
    asked: str | None
    value: str | None
    given: Mapping[str, Any]
    key: str | None
    done: datetime | None
    refused: str | None
    then: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of one member, and of others who play a part."""

    name: str
    rules: str
    begins: datetime
    steps: tuple[Step, ...] = field(repr=False)


def stories() -> list[Story]:
    """All stories of this folder."""
    return [
        _story(path.stem, cast("dict[str, Any]", plain_yaml(path.read_text("utf-8"))))
        for path in sorted(FOLDER.glob("*.yaml"))
    ]


def _story(name: str, written: dict[str, Any]) -> Story:
    assert written.keys() == {"program", "zone", "member", "begins", "steps"}, name
    rules = (PROGRAMS / f"{written['program']}.yaml").read_text("utf-8")
    zone = ZoneInfo(written["zone"])
    told = [list(_steps(each, str(written["member"]), zone)) for each in written["steps"]]
    begun = [steps[0].at for steps in told]
    assert begun == sorted(begun), f"{name}: not in order"
    in_order = sorted((step for steps in told for step in steps), key=lambda step: step.at)
    return Story(name, rules, _moment(written["begins"], zone), tuple(in_order))


def _steps(written: dict[str, Any], member: str, zone: ZoneInfo) -> Iterator[Step]:
    """A step, or one for each day until its last, which alone has a `then`."""
    known = {"at", "until", "who", "did", "asked", "value", "with", "key", "done", "refused"}
    assert written.keys() <= known | {"so", "then"}, written
    day, hour = str(written["at"])[:10], str(written["at"])[10:]
    last = date.fromisoformat(written.get("until", day))
    for number in range((last - date.fromisoformat(day)).days + 1):
        today = date.fromisoformat(day) + timedelta(days=number)
        step = _step(written | {"at": f"{today}{hour}"}, member, zone)
        yield step if today == last else replace(step, then={})


def _step(written: dict[str, Any], member: str, zone: ZoneInfo) -> Step:
    value, done = written.get("value"), written.get("done")
    return Step(
        at=_moment(written["at"], zone),
        who=str(written.get("who", member)),
        did=written.get("did"),
        asked=written.get("asked"),
        value=None if value is None else str(value),
        given=written.get("with", {}),
        key=written.get("key"),
        done=None if done is None else _moment(done, zone),
        refused=written.get("refused"),
        then=written.get("then", {}),
    )


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A time of the zone as people write it: "2026-03-02 12:00"; a date alone is its noon."""
    if len(text) == len("2026-03-02"):
        text += " 12:00"
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
