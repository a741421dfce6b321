"""Who plays in a cohort is found without reading past everybody in the run."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0011_data_versions")]

    operations = [
        ops.AddIndex(
            model_name="LeagueSeatRow",
            index=Index(
                fields=("program_id", "league", "window_key", "level", "cohort", "member_id"),
                name="league_seat_of_cohort",
            ),
        )
    ]
