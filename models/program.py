"""Programs and the versions of their rules."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class ProgramRow(Model):
    """A program: a tenant."""

    id = fields.BigIntField(primary_key=True)
    key = BytewiseField(unique=True)

    class Meta(Model.Meta):
        table = "program"


class DefinitionVersionRow(Model):
    """One version of a program's definition. Never changed once written."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    version = fields.BigIntField()
    effective_from = fields.BigIntField(null=True)
    applied_at = fields.BigIntField()
    document = fields.TextField()

    class Meta(Model.Meta):
        table = "definition_version"
        unique_together = (("program_id", "version"),)
