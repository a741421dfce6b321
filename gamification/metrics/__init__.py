"""The aggregations: one file each. What a metric does with one more activity, early or late."""

from gamification.metrics.aggregation import Aggregation
from gamification.metrics.highest import HIGHEST
from gamification.metrics.latest import LATEST
from gamification.metrics.total import TOTAL

__all__ = ["HIGHEST", "LATEST", "TOTAL", "Aggregation"]
