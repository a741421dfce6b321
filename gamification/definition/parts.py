"""What every part of a definition is written with: keys, labels, numbers, words for windows."""

from decimal import Decimal
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Key = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_.-]{0,63}$",
        description="A name in lower case: letters, digits, '_', '.' and '-', a letter first.",
        examples=["daily-visit"],
    ),
]
Label = Annotated[str, Field(min_length=1, max_length=120)]
Prose = Annotated[str, Field(max_length=2000)]
Expression = Annotated[
    str,
    Field(min_length=1, max_length=2000, description="A condition in CEL that is true or false."),
]
PropertyPath = Annotated[
    str,
    Field(
        pattern=r"^properties\.[A-Za-z_][A-Za-z0-9_]{0,63}$",
        description="A property of the activity, written properties.NAME.",
    ),
]
Words = Annotated[
    str,
    Field(
        description="A window: 'all time', 'day', 'week', 'month', 'quarter', 'half year', "
        "'year', 'season', or '30 days' or '3 months' for the last of them.",
        examples=["week", "30 days", "3 months"],
    ),
]
Number = Annotated[Decimal, Field(max_digits=17, decimal_places=4)]
Amount = Annotated[
    Number | str,
    Field(description="A number, or exact arithmetic over value and properties: 'value * 2'."),
]


def as_list(written: object) -> object:
    """One thing as the list of it; a list as it is."""
    return cast("list[object]", written) if isinstance(written, list) else [written]


Keys = Annotated[list[Key], BeforeValidator(as_list, json_schema_input_type=Key | list[Key])]
"""One key, or a list of them: read as a list."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Part(BaseModel):
    """What every part of a definition keeps to: no unknown keys, nothing changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)
