"""How figures are written down, so that one run's table can be laid beside another's."""

from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured figure. `goal` is what it should come to ("" for a figure without one). What was
    not run has no value, and `unit` says why."""

    what: str
    value: float | None
    unit: str
    goal: str = ""


def rendered(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| what | measured | goal |", "|---|---:|---|"]
    lines += [
        f"| {figure.what} | {_shown(figure.value)} {figure.unit} | {figure.goal} |"
        for figure in figures
    ]
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    if value is None:
        return "not run:"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
