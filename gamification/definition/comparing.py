"""How two definitions differ: without this nobody could say what a new version is about."""

import json
from difflib import unified_diff
from typing import Any, NamedTuple, cast

from gamification.definition.document import Definition
from gamification.definition.writing import written

UNCHANGED_LINES = 3
"""How many are shown around each change."""


class Differences(NamedTuple):
    """The paths that differ, such as "badges.nice-answer", each in the order of its document."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def differences(before: Definition | None, after: Definition) -> Differences:
    """What is new, different and gone; before the first definition there was nothing."""
    old, new = _parts(before), _parts(after)
    return Differences(
        added=tuple(path for path in new if path not in old),
        changed=tuple(path for path in new if path in old and old[path] != new[path]),
        removed=tuple(path for path in old if path not in new),
    )


def unified(before: Definition, after: Definition, *, names: tuple[str, str]) -> list[str]:
    """The lines of a unified diff of the two documents as YAML; none if they say the same."""
    one, other = (written(each).splitlines() for each in (before, after))
    return list(unified_diff(one, other, *names, n=UNCHANGED_LINES, lineterm=""))


def _parts(definition: Definition | None) -> dict[str, Any]:
    """Each rule by its path, and what stands outside the sections by its key."""
    if definition is None:
        return {}
    document: dict[str, Any] = json.loads(definition.model_dump_json(exclude_defaults=True))
    parts: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            section = cast("dict[str, Any]", value)
            parts |= {f"{key}.{name}": part for name, part in section.items()}
        else:
            parts[key] = value
    return parts
