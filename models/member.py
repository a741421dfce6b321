"""Members: the people in a program."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class MemberRow(Model):
    """A person in a program. A transaction locks their row before it reads their numbers.

    `last_at` and `last_key` are the place of the member's latest fact.
    """

    id = fields.BigIntField(primary_key=True, generated=False)
    program_id = fields.BigIntField()
    external_id = BytewiseField()
    display_name = fields.TextField(null=True)
    attributes = fields.TextField()
    registered_at = fields.BigIntField()
    last_at = fields.BigIntField(null=True)
    last_key = BytewiseField(null=True)

    class Meta(Model.Meta):
        table = "member"
        unique_together = (("program_id", "external_id"),)
