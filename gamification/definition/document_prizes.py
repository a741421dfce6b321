"""How the end of a leaderboard's run is written: when it is final, and what its places win."""

from collections.abc import Mapping
from typing import Annotated, cast

from pydantic import BeforeValidator, Field

from gamification.definition.parts import Key, Number

SettleFor = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{0,3} (?:minute|hour|day)s?$",
        description="How long activity that arrives late still counts, after a run's end: "
        "'12 hours', '2 days'. Days end with the day.",
        examples=["12 hours"],
    ),
]
PrizeRanks = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{0,3}(?:-[1-9][0-9]{0,3})?$",
        description="A rank, or the first and the last of several: '1', '2-10'.",
        examples=["2-10"],
    ),
]


def ranks_as_text(written: object) -> object:
    """A rank alone is a number in YAML, and a text as a key of JSON."""
    if not isinstance(written, Mapping):
        return written
    prizes = cast("Mapping[object, object]", written)
    return {str(key) if type(key) is int else key: gives for key, gives in prizes.items()}


Prizes = Annotated[
    dict[PrizeRanks, Annotated[dict[Key, Annotated[Number, Field(gt=0)]], Field(min_length=1)]],
    BeforeValidator(ranks_as_text),
    Field(max_length=50, description="Points for ranks: {1: {stars: 500}, 2-10: {stars: 50}}."),
]
"""What each rank wins. Everybody who has the rank wins it."""
