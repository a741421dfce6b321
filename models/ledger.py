"""The ledger: accounts of points, and the entries whose sum they are."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.fields import BytewiseField


class AccountRow(Model):
    """A member's account in one unit: the sum of its entries, kept for quick reading.

    `lots` is what the balance consists of, where that is kept; `due_at` when a duty has to look at
    it next.
    """

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    member_id = fields.BigIntField()
    unit = BytewiseField()
    balance = fields.BigIntField()
    debited_at = fields.BigIntField(null=True)
    clamped_at = fields.BigIntField(null=True)
    lots = fields.TextField(null=True)
    due_at = fields.BigIntField(null=True)

    class Meta(Model.Meta):
        table = "account"
        unique_together = (("member_id", "unit"),)


class LedgerEntryRow(Model):
    """`amount` to the member's account and `-amount` to `contra_account`: balanced by itself.

    `activity_id` is the cause, 0 for an opening balance. `allocations` says which lots the posting
    went into or came out of, where lots are kept.
    """

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    member_id = fields.BigIntField()
    unit = BytewiseField()
    contra_account = fields.TextField()
    activity_id = fields.BigIntField()
    rule = BytewiseField()
    revision = fields.BigIntField()
    amount = fields.BigIntField()
    requested = fields.BigIntField()
    limited_by = fields.TextField()
    occurred_at = fields.BigIntField()
    version = fields.BigIntField()
    balance_after = fields.BigIntField()
    allocations = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "ledger_entry"
        unique_together = (("activity_id", "rule", "unit", "member_id", "revision"),)
        indexes = (Index(fields=("member_id", "unit", "id"), name="ledger_entry_of_account"),)
