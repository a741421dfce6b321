"""Leases: what one process at a time may hold."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class LeaseRow(Model):
    """Who may do what is done by one process at a time, and until when. No row: nobody."""

    id = fields.BigIntField(primary_key=True)
    name = BytewiseField(unique=True)
    holder = fields.TextField()
    until = fields.BigIntField()

    class Meta(Model.Meta):
        table = "lease"
