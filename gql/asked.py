"""What loaders are asked for, where one id does not say it."""

from datetime import datetime
from typing import NamedTuple

from gamification.ids import MemberId
from gamification.periods import FinalPeriod, PeriodKey
from gamification.ports import Standing
from gamification.seats import Cohort, LeagueRun
from gamification.team_boards import TeamPlace


class AwardsAsked(NamedTuple):
    """A member's newest awards before an id, of some badges (None: of all)."""

    member: MemberId
    badges: frozenset[str] | None
    before: int | None
    limit: int


class AwardCountAsked(NamedTuple):
    """How many awards a member has, of some badges (None: of all)."""

    member: MemberId
    badges: frozenset[str] | None


class ChallengesAsked(NamedTuple):
    """How a member stands to all challenges at a moment."""

    member: MemberId
    at: datetime


class TeamAsked(NamedTuple):
    """How a team stands to a run of a challenge, by their keys."""

    challenge: str
    run: str
    team: str


class TeamsAsked(NamedTuple):
    """The next teams in a run of a challenge, after a place."""

    challenge: str
    run: str
    after: TeamPlace | None
    limit: int


class SharesAsked(NamedTuple):
    """What the members have done who did most for a team in a run of a challenge."""

    challenge: str
    run: str
    team: str
    limit: int


class PlaceAsked(NamedTuple):
    """Where a member stands on a board."""

    board: str
    windows: tuple[str, ...]
    member: MemberId


class AheadAsked(NamedTuple):
    """How many stand before a place on a board."""

    board: str
    windows: tuple[str, ...]
    standing: Standing


class ScoreAsked(NamedTuple):
    """The lowest score above one, on a board."""

    board: str
    windows: tuple[str, ...]
    score: int


class FinalPlaceAsked(NamedTuple):
    """Where a member stood in a final run."""

    period: PeriodKey
    member: MemberId


class SeatAsked(NamedTuple):
    """A member's seat in a run of a league."""

    run: LeagueRun
    member: MemberId


class CohortAsked(NamedTuple):
    """Where the members of a cohort stand among themselves; in a final run as it ended."""

    run: LeagueRun
    cohort: Cohort
    period: FinalPeriod | None


class LevelAsked(NamedTuple):
    """The level a member has come to in a league."""

    league: str
    member: MemberId
