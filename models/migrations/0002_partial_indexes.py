"""Partial indexes, which Tortoise's operations cannot express for both databases."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        ops.RunSQL(
            "CREATE INDEX tally_ranking ON tally"
            " (program_id, metric, window_key, value DESC, reached_at, member_id) WHERE ranked",
            "DROP INDEX tally_ranking",
        ),
        ops.RunSQL(
            "CREATE INDEX activity_of_source ON activity (program_id, source)"
            " WHERE source IS NOT NULL",
            "DROP INDEX activity_of_source",
        ),
    ]
