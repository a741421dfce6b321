"""How a league is written: levels, cohorts, and who goes up and down."""

from typing import Annotated

from pydantic import Field

from gamification.definition.parts import Key, Label, Part, Prose


class League(Part):
    """Levels through which members rise and fall with each run of a board, in small cohorts."""

    name: Label | None = None
    description: Prose | None = None
    leaderboard: Key = Field(description="Whose runs, scores and ties are those of the league.")
    levels: list[Key] = Field(
        min_length=2, max_length=20, description="The lowest first: [bronze, silver, gold]."
    )
    cohort: Annotated[int, Field(ge=2, le=200)] = Field(
        30, description="How many play against each other at most."
    )
    promote: Annotated[int, Field(ge=1, le=200)] = Field(
        description="How many of a cohort go up a level."
    )
    demote: Annotated[int, Field(ge=0, le=200)] = Field(
        0, description="How many of a cohort go down a level."
    )
