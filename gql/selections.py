"""Looks ahead in a query, so that what nobody asks for is not read."""

from collections.abc import Mapping
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
)

from gql.context import Info

Fragments = Mapping[str, FragmentDefinitionNode]
Selecting = FieldNode | InlineFragmentNode | FragmentDefinitionNode


def selects(info: Info, name: str) -> bool:
    """Whether a field of this name is selected anywhere below the current one."""
    # Strawberry's `selected_fields` would make an object of every node, at every request.
    core: GraphQLResolveInfo[Any] = cast("Any", info)._raw_info
    return any(_selects(node, name, core.fragments) for node in core.field_nodes)


def _selects(node: Selecting, name: str, fragments: Fragments) -> bool:
    for each in node.selection_set.selections if node.selection_set else ():
        if isinstance(each, FieldNode) and each.name.value == name:
            return True
        is_spread = isinstance(each, FragmentSpreadNode)
        inner = fragments[each.name.value] if is_spread else cast("Selecting", each)
        if _selects(inner, name, fragments):
            return True
    return False
