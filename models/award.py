"""Awards: who earned which badge, when, and because of what."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.fields import BytewiseField


class AwardRow(Model):
    """A member earned a level of a badge.

    `subject` is part of the award's name ("" where the badge is earned once); `about` is what the
    activity that completed it was about. `activity_id` is 0 where no activity caused it.
    """

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    member_id = fields.BigIntField()
    badge = BytewiseField()
    level = fields.BigIntField()
    window_key = BytewiseField()
    subject = BytewiseField()
    earned_at = fields.BigIntField()
    activity_id = fields.BigIntField()
    about = fields.TextField()
    evidence = fields.TextField()
    version = fields.BigIntField()

    class Meta(Model.Meta):
        table = "award"
        unique_together = (("member_id", "badge", "level", "window_key", "subject"),)
        indexes = (
            Index(fields=("member_id", "id"), name="award_newest"),
            Index(fields=("program_id", "badge", "level", "member_id"), name="award_holders"),
            Index(fields=("activity_id",), name="award_of_activity"),
        )
