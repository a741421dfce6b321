"""Input objects are made by a plan of their own: strawberry looks at every type at every request.

A thousand activities in one request would cost it a tenth of a second.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, dataclass_transform

import strawberry
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryList, StrawberryOptional, get_object_definition
from strawberry.utils.str_converters import to_camel_case

T = TypeVar("T")
Convert = Callable[[Any], Any]


@dataclass_transform(field_specifiers=(strawberry.field,))
def input_type(*, description: str) -> Callable[[type[T]], type[T]]:
    """As `strawberry.input`, for fields that hold scalars, such inputs, or lists of these."""

    def make(cls: type[T]) -> type[T]:
        made = strawberry.input(cls, description=description)
        get_object_definition(made, strict=True).from_input = _Maker(made)
        return made

    return make


class _Field(NamedTuple):
    """A field of an input type. `convert` is None where graphql-core's value is final."""

    graphql_name: str
    name: str
    convert: Convert | None


class _Maker:
    """Makes inputs of one type from the values that graphql-core has checked."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __call__(self, _cls: type, value: Mapping[str, Any], _context: InputContext) -> Any:
        return self.make(value)

    def make(self, value: Mapping[str, Any]) -> Any:
        given: dict[str, Any] = {}
        for graphql_name, name, convert in self._fields:
            if graphql_name in value:
                each = value[graphql_name]
                given[name] = each if convert is None or each is None else convert(each)
        return self._cls(**given)

    @cached_property
    def _fields(self) -> list[_Field]:
        """Known at the first use: a field's type may be written below its input's."""
        return [
            _Field(
                to_camel_case(field.python_name), field.python_name, _convert(field.resolve_type())
            )
            for field in get_object_definition(self._cls, strict=True).fields
        ]


def _convert(kind: object) -> Convert | None:
    if isinstance(kind, StrawberryOptional):
        return _convert(kind.of_type)
    if isinstance(kind, StrawberryList):
        each = _convert(kind.of_type)
        return None if each is None else lambda values: [each(value) for value in values]
    definition = get_object_definition(kind) if isinstance(kind, type) else None
    if definition is None:
        return None
    assert isinstance(definition.from_input, _Maker), f"{kind} is no `input_type`"
    return definition.from_input.make
