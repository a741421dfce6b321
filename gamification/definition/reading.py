"""From text to a definition: YAML or JSON in, a `Definition` out, or every problem at once."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from gamification.definition.document import Definition
from gamification.definition.problems import DefinitionRefused, Problem

DOCUMENT_SIZE_MAX = 256 * 1024
"""Characters. The largest programme we know of is a tenth of this."""


class _Loader(yaml.SafeLoader):
    """YAML as its 1.2 standard reads plain words: `on` is a word, `12:30` no number, no dates.

    Anchors are refused (a few lines of them expand to gigabytes), and so are repeated keys, keys
    that are no words, and tags, which ask for types that a definition does not have.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            within = parent.start_mark if parent is not None else None
            raise ComposerError(None, None, "aliases (*name) are not allowed", within)
        event = cast(Any, self).peek_event()
        if getattr(event, "tag", None) is not None:
            raise ComposerError(None, None, "tags (!name) are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "a key must be a word", key.start_mark)
            if key.value in seen:
                raise ConstructorError(
                    None, None, f"the key '{key.value}' is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_PLAIN_WORDS = {
    "tag:yaml.org,2002:bool": (re.compile("^(?:true|false)$"), "tf"),
    "tag:yaml.org,2002:int": (re.compile(r"^[-+]?[0-9]+$"), "-+0123456789"),
    "tag:yaml.org,2002:timestamp": (re.compile("(?!)"), ""),
}
"""What plain words mean where YAML 1.1 and 1.2 differ: the pattern, and how it may start."""

RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _PLAIN_WORDS]
    + [(tag, pattern) for tag, (pattern, letters) in _PLAIN_WORDS.items() if first in letters]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""Which plain words are no texts, by their first letter: for reading and for writing."""

_Loader.yaml_implicit_resolvers = RESOLVERS


def _decimal_integer(_: _Loader, node: yaml.ScalarNode) -> int:
    """YAML 1.1 would read 010 as eight."""
    return int(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _decimal_integer)


def read_definition(text: str) -> Definition:
    """Read a YAML or JSON document (JSON is YAML). Raises `DefinitionRefused` with all problems."""
    if len(text) > DOCUMENT_SIZE_MAX:
        raise DefinitionRefused(
            [Problem("", f"longer than {DOCUMENT_SIZE_MAX} characters", "Split the programme")]
        )
    try:
        written = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DefinitionRefused(
            [Problem(place, f"not readable: {error.problem}", "Mend the YAML (or JSON) there")]
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DefinitionRefused(
            [Problem("", f"not readable: {str(error)[:200]}", "Send YAML or JSON text")]
        ) from None
    if not isinstance(written, dict):
        raise DefinitionRefused(
            [Problem("", "not a mapping of keys", "Start with 'key: my-program'")]
        )
    document = cast("dict[Any, object]", written)
    try:
        return Definition.model_validate(document)
    except ValidationError as error:
        raise DefinitionRefused(_problems(error.errors(), document)) from None


def stored_definition(document: str) -> Definition:
    """Read what `Definition.model_dump_json` wrote: JSON that was valid, without YAML's detour."""
    return Definition.model_validate_json(document)


def _problems(errors: Sequence[ErrorDetails], written: Mapping[Any, object]) -> list[Problem]:
    """One problem for each path; a union's many failed branches are told once."""
    by_path: dict[str, Problem] = {}
    for error in errors:
        path = _path(error["loc"], written)
        by_path.setdefault(path, _problem(path, error))
    return list(by_path.values())


def _path(location: Sequence[int | str], written: Mapping[Any, object]) -> str:
    """The path in the author's document: pydantic's also names the branches of unions."""
    parts: list[str] = []
    here: object = written
    for step in location:
        below: Mapping[Any, object] = _children(cast("object", here))
        if step in below:
            parts.append(str(step))
            here = below[step]
        elif isinstance(here, dict) and step == location[-1]:
            parts.append(str(step))
    return ".".join(part for part in parts if part != "[key]")


def _children(written: object) -> Mapping[Any, object]:
    """What stands below a part of the document, by key or by index."""
    if isinstance(written, dict):
        return cast("dict[Any, object]", written)
    return dict(enumerate(cast("list[object]", written))) if isinstance(written, list) else {}


def _problem(path: str, error: ErrorDetails) -> Problem:
    last = str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden":
            near = get_close_matches(last, sorted(_field_names() - {last}), n=2)
            hint = " or ".join(f"'{name}'" for name in near)
            fix = f"Did you mean {hint}" if near else "Remove it"
            return Problem(path, f"'{last}' is not a key that belongs here", fix)
        case "missing":
            return Problem(path, "is missing", f"Add '{last}:'")
        case _:
            given = repr(error.get("input"))[:60]
            return Problem(path, f"{error['msg']} (given: {given})", "Correct the value")


def _field_names() -> set[str]:
    """Every key that any part of a definition knows."""
    names: set[str] = set()
    for part in [Definition, *_parts(BaseModel)]:
        names.update(field.alias or name for name, field in part.model_fields.items())
    return names


def _parts(base: type[BaseModel]) -> list[type[BaseModel]]:
    found = [part for part in base.__subclasses__() if part.__module__.startswith("gamification.")]
    return found + [deeper for part in found for deeper in _parts(part)]
