"""Reads the tables of cases; without it product people would have to write Python.

A file is a list of cases. Each has a `name`, the `rules` it is about (parts of a definition),
`facts` (`did` what, `at` which time in UTC, `value`, `who`, and properties by their names) and
`expect`. What somebody `did` may be a command: `points:spent`. Who `did: retracted` takes back all
`of` a fact, or a `value` of it.
`activities` are declared where the rules do not: every property that a fact names is a string,
number or boolean, as written.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import yaml

from gamification.commands import CommandType, NewCommand, NewFact, is_command
from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity, Retraction, Scalar
from tests.builders import after, moment, rules, units

FOLDER = Path(__file__).parent
RESERVED = ("did", "at", "value", "who")


class _Words(yaml.SafeLoader):
    """YAML in which `on` is a word and a date is text, as in definitions."""


_BOOLEAN = ("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"))

_Words.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    + ([_BOOLEAN] if first in "tf" else [])
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a table: what happens under which rules, and what comes of it."""

    name: str
    rules: CompiledProgram
    happens: tuple[NewFact | Retraction, ...]
    now: datetime
    attributes: dict[str, dict[str, Scalar]]
    expect: dict[str, Any]

    @property
    def facts(self) -> list[NewFact]:
        """What somebody did."""
        return [each for each in self.happens if not isinstance(each, Retraction)]

    def taken_back(self, key: str | None) -> tuple[Retraction, ...]:
        """The retractions of a fact."""
        return tuple(
            each
            for each in self.happens
            if isinstance(each, Retraction) and each.activity_key == key
        )


def cases() -> list[Case]:
    """All cases of all files."""
    return [
        _case(path.stem, written)
        for path in sorted(FOLDER.glob("*.yaml"))
        for written in cast("list[dict[str, Any]]", plain_yaml(path.read_text("utf-8")))
    ]


def plain_yaml(text: str) -> object:
    """What a document says, read without any of the program's own care."""
    return yaml.load(text, Loader=_Words)


def _case(file: str, written: dict[str, Any]) -> Case:
    assert written.keys() <= {"name", "rules", "facts", "now", "members", "expect"}, written["name"]
    happens = [_happens(index, each) for index, each in enumerate(written.get("facts", []))]
    facts = [each for each in happens if not isinstance(each, Retraction)]
    parts: dict[str, Any] = {"activities": _declared(facts), **written["rules"]}
    now = written.get("now")
    latest = max((each.occurred_at for each in facts if each.occurred_at), default=after())
    return Case(
        name=f"{file}: {written['name']}",
        rules=rules(**parts),
        happens=tuple(happens),
        now=moment(now) if now else latest,
        attributes=written.get("members", {}),
        expect=written["expect"],
    )


def _happens(index: int, written: dict[str, Any]) -> NewFact | Retraction:
    if written["did"] != "retracted":
        return _fact(index, written)
    amount = written.get("value")
    quantity = None if amount is None else units(amount)
    at = moment(str(written["at"]))
    return Retraction(f"fact-{index + 1:02d}", written["of"], quantity, "", at)


def _fact(index: int, written: dict[str, Any]) -> NewFact:
    at, value, who = written.get("at"), written.get("value"), written.get("who", "anne")
    properties = {name: each for name, each in written.items() if name not in RESERVED}
    occurred_at = moment(at) if at else after(minutes=index)
    key = f"fact-{index + 1:02d}"
    if is_command(written["did"]):
        quantity = units(1 if value is None else value)
        type_ = CommandType(written["did"])
        return NewCommand(who, type_, quantity, properties, occurred_at, key)
    text = None if value is None else str(value)
    return NewActivity(who, written["did"], text, properties, occurred_at, key)


def _declared(facts: list[NewFact]) -> dict[str, Any]:
    """Activities with the properties that the facts show; they may all be left out."""
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number"}
    declared: dict[str, Any] = {}
    for fact in facts:
        if isinstance(fact, NewCommand):
            continue
        properties = declared.setdefault(fact.type, {"properties": {}})["properties"]
        for name, each in fact.properties.items():
            assert each is not None, f"{fact.type}: {name} is nothing"
            properties[name] = {"type": kinds[type(each)], "optional": True}
    return declared
