"""What is wrong with a definition, told so that its author can mend it: path, fault and fix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gamification.refusals import InvalidDefinition


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `path` is where it stands ("badges.regular.levels"), `fix` what to do about it.

    A `warning` does not stop the definition from being applied.
    """

    path: str
    message: str
    fix: str
    is_warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.is_warning else ""
        return f"{kind}{self.path or 'document'}: {self.message}. {self.fix}."


class DefinitionRefused(InvalidDefinition):
    """A definition that cannot be applied, with every problem found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if not problem.is_warning]
        super().__init__("\n".join(map(str, errors)), field=("definition",))
        self.problems = tuple(problems)


def unknown(path: str, what: str, name: str, known: Iterable[str]) -> Problem:
    """The problem of a name that nothing defines, with the nearest names that are defined."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3)
    if near:
        fix = "Did you mean " + " or ".join(f"'{other}'" for other in near)
    elif names:
        fix = f"Use one of {', '.join(names[:10])}" + (", …" if len(names) > 10 else "")
    else:
        fix = f"Define a {what} first"
    return Problem(path, f"there is no {what} '{name}'", fix)
