"""Shared numbers: what a program's members draw on, or add to, together."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class SharedNumberRow(Model):
    """One number of a program. Its row is the lock of whoever changes it."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    key = BytewiseField()
    value = fields.BigIntField()

    class Meta(Model.Meta):
        table = "shared_number"
        unique_together = (("program_id", "key"),)
