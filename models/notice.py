"""Notices: what the system announced, in the order subscribers see it.

One that is about no member has 0 for one. One that is about no award has an empty badge, and says
in `about` what it is about.
"""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.fields import BytewiseField


class NoticeRow(Model):
    """An announcement about an award of a member."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    kind = fields.TextField()
    member_id = fields.BigIntField()
    badge = BytewiseField()
    level = fields.BigIntField()
    window_key = BytewiseField()
    subject = BytewiseField()
    noticed_at = fields.BigIntField()
    is_public = fields.BooleanField()
    about = fields.TextField(null=True)
    details = fields.TextField(null=True)
    once = BytewiseField(null=True)

    class Meta(Model.Meta):
        table = "notice"
        indexes = (
            Index(fields=("program_id", "id"), name="notice_in_order"),
            Index(fields=("program_id", "member_id", "id"), name="notice_of_member"),
        )
