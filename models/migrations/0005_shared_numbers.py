"""Numbers that the members of a program share."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.fields import BytewiseField


class Migration(migrations.Migration):
    dependencies = [("models", "0004_lease")]

    operations = [
        ops.CreateModel(
            name="SharedNumberRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("key", BytewiseField(generated=False, null=False, unique=False)),
                ("value", fields.BigIntField()),
            ],
            options={
                "table": "shared_number",
                "app": "models",
                "unique_together": (("program_id", "key"),),
                "pk_attr": "id",
                "table_description": "One number of a program. Its row is the lock of whoever changes it.",
            },
            bases=["Model"],
        ),
    ]
