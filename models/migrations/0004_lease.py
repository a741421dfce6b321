"""The lease of the scheduler."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.fields import BytewiseField


class Migration(migrations.Migration):
    dependencies = [("models", "0003_other_notices")]

    operations = [
        ops.CreateModel(
            name="LeaseRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("name", BytewiseField(generated=False, null=False, unique=True)),
                ("holder", fields.TextField(unique=False)),
                ("until", fields.BigIntField()),
            ],
            options={
                "table": "lease",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Who may do what is done by one process at a time, and until when. No row: nobody.",
            },
            bases=["Model"],
        ),
    ]
