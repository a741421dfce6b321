"""Runs of leaderboards that are final, and who stood where."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class PeriodRow(Model):
    """A final run of a leaderboard. `is_paid`: none of its prizes is left to be given."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    board = BytewiseField()
    window_key = BytewiseField()
    ends_at = fields.BigIntField()
    settled_at = fields.BigIntField()
    version = fields.BigIntField()
    participants = fields.BigIntField()
    is_paid = fields.BooleanField()

    class Meta(Model.Meta):
        table = "period"
        unique_together = (("program_id", "board", "window_key"),)


class PeriodStandingRow(Model):
    """Where a member stood in a final run. Never changed once written."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    period_id = fields.BigIntField()
    position = fields.BigIntField()
    rank = fields.BigIntField()
    tied_with = fields.BigIntField()
    member_id = fields.BigIntField()
    score = fields.BigIntField()
    reached_at = fields.BigIntField()

    class Meta(Model.Meta):
        table = "period_standing"
        unique_together = (("period_id", "position"), ("period_id", "member_id"))
