"""How often each program's data has changed."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0010_leagues")]

    operations = [
        ops.CreateModel(
            name="DataVersionRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField(unique=True)),
                ("version", fields.BigIntField()),
            ],
            options={
                "table": "data_version",
                "app": "models",
                "pk_attr": "id",
                "table_description": "How many transactions have written to a program. No row: none.",
            },
            bases=["Model"],
        ),
    ]
