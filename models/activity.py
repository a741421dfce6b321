"""The facts: activities and retractions. Only ever appended."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.fields import BytewiseField


class ActivityRow(Model):
    """Something a member did."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    key = BytewiseField()
    member_id = fields.BigIntField()
    type = fields.TextField()
    value = fields.BigIntField()
    properties = fields.TextField()
    occurred_at = fields.BigIntField()
    received_at = fields.BigIntField()
    source = BytewiseField(null=True)

    class Meta(Model.Meta):
        table = "activity"
        unique_together = (("program_id", "key"),)
        indexes = (Index(fields=("member_id", "occurred_at", "key"), name="activity_in_order"),)


class RetractionRow(Model):
    """Takes an activity back. It names the activity by key, because it may arrive first."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    key = BytewiseField()
    activity_key = BytewiseField()
    amount = fields.BigIntField(null=True)
    reason = fields.TextField()
    received_at = fields.BigIntField()

    class Meta(Model.Meta):
        table = "retraction"
        unique_together = (("program_id", "key"),)
        indexes = (Index(fields=("program_id", "activity_key"), name="retraction_of_activity"),)
