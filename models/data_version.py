"""Data versions: how often a program's data has changed."""

from tortoise import fields
from tortoise.models import Model


class DataVersionRow(Model):
    """How many transactions have written to a program. No row: none."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField(unique=True)
    version = fields.BigIntField()

    class Meta(Model.Meta):
        table = "data_version"
