"""The program as the engine runs it: names resolved, expressions compiled, windows parsed.

Each kind of rule has its file; what only the whole knows is in program.py.
"""

from gamification.definition.compiled.badges import CompiledBadge, CompiledCriterion, Level, Watcher
from gamification.definition.compiled.boards import CompiledBoard, Prize, Settling
from gamification.definition.compiled.campaigns import (
    CampaignGift,
    CampaignPlan,
    CompiledCampaign,
)
from gamification.definition.compiled.challenges import (
    ChallengePlan,
    CompiledChallenge,
    CompiledStep,
)
from gamification.definition.compiled.leagues import CompiledLeague, Zone
from gamification.definition.compiled.lots import Expiry, LotRules, Negative, Pending, YearDay
from gamification.definition.compiled.numbers import Contribution, Counter, Read
from gamification.definition.compiled.plans import ActivityPlan, Agenda, DayReads, UnitPlan
from gamification.definition.compiled.points import (
    CompiledCap,
    CompiledEarning,
    PointsWindow,
    Rate,
    TransferLimit,
    TransferRules,
    Unit,
)
from gamification.definition.compiled.program import CompiledProgram, Timeline
from gamification.definition.compiled.streaks import CompiledStreak, Freezes
from gamification.definition.compiled.tiers import CompiledTier, TierLevel

__all__ = [
    "ActivityPlan",
    "Agenda",
    "CampaignGift",
    "CampaignPlan",
    "ChallengePlan",
    "CompiledBadge",
    "CompiledBoard",
    "CompiledCampaign",
    "CompiledCap",
    "CompiledChallenge",
    "CompiledCriterion",
    "CompiledEarning",
    "CompiledLeague",
    "CompiledProgram",
    "CompiledStep",
    "CompiledStreak",
    "CompiledTier",
    "Contribution",
    "Counter",
    "DayReads",
    "Expiry",
    "Freezes",
    "Level",
    "LotRules",
    "Negative",
    "Pending",
    "PointsWindow",
    "Prize",
    "Rate",
    "Read",
    "Settling",
    "TierLevel",
    "Timeline",
    "TransferLimit",
    "TransferRules",
    "Unit",
    "UnitPlan",
    "Watcher",
    "YearDay",
    "Zone",
]
