"""The first tables."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from models.fields import BytewiseField
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="AccountRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("member_id", fields.BigIntField()),
                ("unit", BytewiseField(generated=False, null=False, unique=False)),
                ("balance", fields.BigIntField()),
                ("debited_at", fields.BigIntField(null=True)),
                ("clamped_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "account",
                "app": "models",
                "unique_together": (("member_id", "unit"),),
                "pk_attr": "id",
                "table_description": "A member's account in one unit: the sum of its entries, kept for quick reading.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ActivityRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("key", BytewiseField(generated=False, null=False, unique=False)),
                ("member_id", fields.BigIntField()),
                ("type", fields.TextField(unique=False)),
                ("value", fields.BigIntField()),
                ("properties", fields.TextField(unique=False)),
                ("occurred_at", fields.BigIntField()),
                ("received_at", fields.BigIntField()),
                ("source", BytewiseField(null=True, generated=False, unique=False)),
            ],
            options={
                "table": "activity",
                "app": "models",
                "unique_together": (("program_id", "key"),),
                "indexes": [
                    Index(fields=["member_id", "occurred_at", "key"], name="activity_in_order")
                ],
                "pk_attr": "id",
                "table_description": "Something a member did.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApiKeyRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("name", fields.TextField(unique=False)),
                ("digest", BytewiseField(unique=True, generated=False, null=False)),
                ("scopes", fields.TextField(unique=False)),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "api_key",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A credential of a program. `digest` is the SHA-256 of the secret, in hexadecimal.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AwardRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("member_id", fields.BigIntField()),
                ("badge", BytewiseField(generated=False, null=False, unique=False)),
                ("level", fields.BigIntField()),
                ("window_key", BytewiseField(generated=False, null=False, unique=False)),
                ("subject", BytewiseField(generated=False, null=False, unique=False)),
                ("earned_at", fields.BigIntField()),
                ("activity_id", fields.BigIntField()),
                ("about", fields.TextField(unique=False)),
                ("evidence", fields.TextField(unique=False)),
                ("version", fields.BigIntField()),
            ],
            options={
                "table": "award",
                "app": "models",
                "unique_together": (("member_id", "badge", "level", "window_key", "subject"),),
                "indexes": [
                    Index(fields=["member_id", "id"], name="award_newest"),
                    Index(
                        fields=["program_id", "badge", "level", "member_id"], name="award_holders"
                    ),
                    Index(fields=["activity_id"], name="award_of_activity"),
                ],
                "pk_attr": "id",
                "table_description": "A member earned a level of a badge.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DefinitionVersionRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("version", fields.BigIntField()),
                ("effective_from", fields.BigIntField(null=True)),
                ("applied_at", fields.BigIntField()),
                ("document", fields.TextField(unique=False)),
            ],
            options={
                "table": "definition_version",
                "app": "models",
                "unique_together": (("program_id", "version"),),
                "pk_attr": "id",
                "table_description": "One version of a program's definition. Never changed once written.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LedgerEntryRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("member_id", fields.BigIntField()),
                ("unit", BytewiseField(generated=False, null=False, unique=False)),
                ("contra_account", fields.TextField(unique=False)),
                ("activity_id", fields.BigIntField()),
                ("rule", BytewiseField(generated=False, null=False, unique=False)),
                ("revision", fields.BigIntField()),
                ("amount", fields.BigIntField()),
                ("requested", fields.BigIntField()),
                ("limited_by", fields.TextField(unique=False)),
                ("occurred_at", fields.BigIntField()),
                ("version", fields.BigIntField()),
                ("balance_after", fields.BigIntField()),
            ],
            options={
                "table": "ledger_entry",
                "app": "models",
                "unique_together": (("activity_id", "rule", "unit", "member_id", "revision"),),
                "indexes": [
                    Index(fields=["member_id", "unit", "id"], name="ledger_entry_of_account")
                ],
                "pk_attr": "id",
                "table_description": "`amount` to the member's account and `-amount` to `contra_account`: balanced by itself.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MemberRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=False, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("external_id", BytewiseField(generated=False, null=False, unique=False)),
                ("display_name", fields.TextField(null=True, unique=False)),
                ("attributes", fields.TextField(unique=False)),
                ("registered_at", fields.BigIntField()),
                ("last_at", fields.BigIntField(null=True)),
                ("last_key", BytewiseField(null=True, generated=False, unique=False)),
            ],
            options={
                "table": "member",
                "app": "models",
                "unique_together": (("program_id", "external_id"),),
                "pk_attr": "id",
                "table_description": "A person in a program. A transaction locks their row before it reads their numbers.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="NoticeRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("kind", fields.TextField(unique=False)),
                ("member_id", fields.BigIntField()),
                ("badge", BytewiseField(generated=False, null=False, unique=False)),
                ("level", fields.BigIntField()),
                ("window_key", BytewiseField(generated=False, null=False, unique=False)),
                ("subject", BytewiseField(generated=False, null=False, unique=False)),
                ("noticed_at", fields.BigIntField()),
                ("is_public", fields.BooleanField()),
            ],
            options={
                "table": "notice",
                "app": "models",
                "indexes": [Index(fields=["program_id", "id"], name="notice_in_order")],
                "pk_attr": "id",
                "table_description": "An announcement about an award of a member.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ProgramRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("key", BytewiseField(unique=True, generated=False, null=False)),
            ],
            options={
                "table": "program",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A program: a tenant.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RetractionRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("key", BytewiseField(generated=False, null=False, unique=False)),
                ("activity_key", BytewiseField(generated=False, null=False, unique=False)),
                ("amount", fields.BigIntField(null=True)),
                ("reason", fields.TextField(unique=False)),
                ("received_at", fields.BigIntField()),
            ],
            options={
                "table": "retraction",
                "app": "models",
                "unique_together": (("program_id", "key"),),
                "indexes": [
                    Index(fields=["program_id", "activity_key"], name="retraction_of_activity")
                ],
                "pk_attr": "id",
                "table_description": "Takes an activity back. It names the activity by key, because it may arrive first.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TallyRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("program_id", fields.BigIntField()),
                ("member_id", fields.BigIntField()),
                ("metric", BytewiseField(generated=False, null=False, unique=False)),
                ("window_key", BytewiseField(generated=False, null=False, unique=False)),
                ("subject", BytewiseField(generated=False, null=False, unique=False)),
                ("value", fields.BigIntField()),
                ("peak", fields.BigIntField()),
                ("reached_at", fields.BigIntField()),
                ("touches", fields.BigIntField()),
                ("ranked", fields.BooleanField()),
            ],
            options={
                "table": "tally",
                "app": "models",
                "unique_together": (("member_id", "metric", "window_key", "subject"),),
                "pk_attr": "id",
                "table_description": "One number: (member, metric, window, subject) to value.",
            },
            bases=["Model"],
        ),
    ]
