"""Looks ahead in a query, so that what nobody asks for is not read."""

from collections.abc import Iterable

from strawberry.types.nodes import SelectedField, Selection

from gql.context import Info


def selects(info: Info, name: str) -> bool:
    """Whether a field of this name is selected anywhere below the current one."""
    return _any(info.selected_fields, name)


def _any(selections: Iterable[Selection], name: str) -> bool:
    return any(
        (isinstance(each, SelectedField) and each.name == name) or _any(each.selections, name)
        for each in selections
    )
