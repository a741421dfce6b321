"""Leagues: their runs, and who plays in them."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.fields import BytewiseField


class Migration(migrations.Migration):
    dependencies = [("models", "0009_notices_of_members")]

    operations = [
        ops.CreateModel(
            name="LeagueRunRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("league", BytewiseField(generated=False, null=False, unique=False)),
                ("window_key", BytewiseField(generated=False, null=False, unique=False)),
                ("is_closed", fields.BooleanField()),
            ],
            options={
                "table": "league_run",
                "app": "models",
                "unique_together": (("program_id", "league", "window_key"),),
                "pk_attr": "id",
                "table_description": "A run of a league. Its row is the lock of whoever gives seats in it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LeagueSeatRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("league", BytewiseField(generated=False, null=False, unique=False)),
                ("window_key", BytewiseField(generated=False, null=False, unique=False)),
                ("member_id", fields.BigIntField()),
                ("level", fields.BigIntField()),
                ("cohort", fields.BigIntField()),
                ("next_level", fields.BigIntField(null=True)),
            ],
            options={
                "table": "league_seat",
                "app": "models",
                "unique_together": (("program_id", "league", "window_key", "member_id"),),
                "indexes": [
                    Index(
                        fields=["program_id", "member_id", "league"], name="league_seat_of_member"
                    )
                ],
                "pk_attr": "id",
                "table_description": "A member's place in a cohort, and the level they take from it once the run is over.",
            },
            bases=["Model"],
        ),
    ]
