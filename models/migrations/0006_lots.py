"""Lots of points: what an account consists of, what entries moved, and what comes due when."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_shared_numbers")]

    operations = [
        ops.AddField(
            model_name="AccountRow", name="lots", field=fields.TextField(null=True, unique=False)
        ),
        ops.AddField(model_name="AccountRow", name="due_at", field=fields.BigIntField(null=True)),
        ops.AddField(
            model_name="LedgerEntryRow",
            name="allocations",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.RunSQL(
            "CREATE INDEX account_due ON account (program_id, due_at, id) WHERE due_at IS NOT NULL",
            "DROP INDEX account_due",
        ),
    ]
