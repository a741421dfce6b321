"""Which documents read nothing but public leaderboards: without this nobody could say whose answers
last until the program's data change.

A field says it of itself: `metadata=LASTING`. It promises that its value follows from the program's
data, from its definition, from the arguments, and from the stretch of time between two turns of the
leaderboards (`gamification/turns.py`). Whatever promises nothing is executed for every request.
"""

from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

LASTING = {"lasting": True}
"""The metadata of fields that promise it."""


def is_lasting(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """Whether a valid document has only queries, and these only fields that are lasting: at least
    one, because `__typename` alone is sooner answered than looked up."""
    looking = _Looking(type_info := TypeInfo(schema))
    visit(document, TypeInfoVisitor(type_info, looking))
    return looking.has_lasting and not looking.has_other


def says_lasting(field: StrawberryField | None) -> bool:
    """Whether a field promises it."""
    return field is not None and "lasting" in field.metadata


class _Looking(Visitor):
    """Looks at each field of a document once, also at those of fragments that are used twice."""

    has_lasting = False
    has_other = False

    def __init__(self, type_info: TypeInfo) -> None:
        super().__init__()
        self._type_info = type_info

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        self.has_other |= node.operation is not OperationType.QUERY

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value == "__typename":
            return
        definition = cast("Any", self._type_info.get_field_def())
        backref = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if says_lasting(backref):
            self.has_lasting = True
        else:
            self.has_other = True
