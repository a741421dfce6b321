"""API keys: credentials, of which only the digest is stored."""

from tortoise import fields
from tortoise.models import Model

from models.fields import BytewiseField


class ApiKeyRow(Model):
    """A credential of a program. `digest` is the SHA-256 of the secret, in hexadecimal."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    name = fields.TextField()
    digest = BytewiseField(unique=True)
    scopes = fields.TextField()
    created_at = fields.BigIntField()

    class Meta(Model.Meta):
        table = "api_key"
