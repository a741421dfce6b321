"""What was announced about one member since a place is found without reading past everybody's."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0008_attributes_as_facts")]

    operations = [
        ops.AddIndex(
            model_name="NoticeRow",
            index=Index(fields=("program_id", "member_id", "id"), name="notice_of_member"),
        )
    ]
