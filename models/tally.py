"""Tallies: every number that badges, boards and progress bars read."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class TallyRow(Model):
    """One number: (member, metric, window, subject) to value.

    `ranked` tallies stand on leaderboards and are found by score through a partial index
    (migration 0001, tally_ranking).
    """

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    member_id = fields.BigIntField()
    metric = BytewiseField()
    window_key = BytewiseField()
    subject = BytewiseField()
    value = fields.BigIntField()
    peak = fields.BigIntField()
    reached_at = fields.BigIntField()
    touches = fields.BigIntField()
    ranked = fields.BooleanField()

    class Meta(Model.Meta):
        table = "tally"
        unique_together = (("member_id", "metric", "window_key", "subject"),)
