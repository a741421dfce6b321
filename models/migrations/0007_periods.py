"""Final runs of leaderboards."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.fields import BytewiseField


class Migration(migrations.Migration):
    dependencies = [("models", "0006_lots")]

    operations = [
        ops.CreateModel(
            name="PeriodRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("board", BytewiseField(generated=False, null=False, unique=False)),
                ("window_key", BytewiseField(generated=False, null=False, unique=False)),
                ("ends_at", fields.BigIntField()),
                ("settled_at", fields.BigIntField()),
                ("version", fields.BigIntField()),
                ("participants", fields.BigIntField()),
                ("is_paid", fields.BooleanField()),
            ],
            options={
                "table": "period",
                "app": "models",
                "unique_together": (("program_id", "board", "window_key"),),
                "pk_attr": "id",
                "table_description": "A final run of a leaderboard. `is_paid`: none of its prizes is left to be given.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PeriodStandingRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("period_id", fields.BigIntField()),
                ("position", fields.BigIntField()),
                ("rank", fields.BigIntField()),
                ("tied_with", fields.BigIntField()),
                ("member_id", fields.BigIntField()),
                ("score", fields.BigIntField()),
                ("reached_at", fields.BigIntField()),
            ],
            options={
                "table": "period_standing",
                "app": "models",
                "unique_together": (("period_id", "position"), ("period_id", "member_id")),
                "pk_attr": "id",
                "table_description": "Where a member stood in a final run. Never changed once written.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "CREATE INDEX period_unpaid ON period (program_id, ends_at) WHERE NOT is_paid",
            "DROP INDEX period_unpaid",
        ),
    ]
