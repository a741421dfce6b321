"""Reads stories: a member's year under a program of `programs/`, as people tell it.

A story names its `program`, when it `begins`, whose it is (`member`), and its `steps`. A step says
`at` which time of the program's zone something happened, and what: `did` an activity (`value`,
`with` its properties, `key`), `asked` for a mutation (`with` its input; `refused` with which code),
or nothing but that time has passed. `then` says how things stand after it, in the words of
`standing.py`; `so` is for whoever reads along.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    steps = tuple(_step(each, str(written["member"]), zone) for each in written["steps"])
    assert [each.at for each in steps] == sorted(each.at for each in steps), f"{name}: not in order"
    return Story(name, rules, _moment(written["begins"], zone), steps)


def _step(written: dict[str, Any], member: str, zone: ZoneInfo) -> Step:
    known = {"at", "who", "did", "asked", "value", "with", "key", "refused", "so", "then"}
    assert written.keys() <= known, written
    value = written.get("value")
    return Step(
        at=_moment(written["at"], zone),
        who=str(written.get("who", member)),
        did=written.get("did"),
        asked=written.get("asked"),
        value=None if value is None else str(value),
        given=written.get("with", {}),
        key=written.get("key"),
        refused=written.get("refused"),
        then=written.get("then", {}),
    )


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A time of the zone as people write it: "2026-03-02 12:00"; a date alone is its noon."""
    if len(text) == len("2026-03-02"):
        text += " 12:00"
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
