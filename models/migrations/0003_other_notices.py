"""Notices about other parts of a definition than badges."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.fields import BytewiseField


class Migration(migrations.Migration):
    dependencies = [("models", "0002_partial_indexes")]

    operations = [
        ops.AddField(
            model_name="NoticeRow", name="about", field=fields.TextField(null=True, unique=False)
        ),
        ops.AddField(
            model_name="NoticeRow", name="details", field=fields.TextField(null=True, unique=False)
        ),
        ops.AddField(
            model_name="NoticeRow",
            name="once",
            field=BytewiseField(null=True, generated=False, unique=False),
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX notice_once ON notice (program_id, member_id, once)"
            " WHERE once IS NOT NULL",
            "DROP INDEX notice_once",
        ),
    ]
