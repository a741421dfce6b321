"""Leagues: their runs, and who plays in them."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.fields import BytewiseField


class LeagueRunRow(Model):
    """A run of a league. Its row is the lock of whoever gives seats in it."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    league = BytewiseField()
    window_key = BytewiseField()
    is_closed = fields.BooleanField()

    class Meta(Model.Meta):
        table = "league_run"
        unique_together = (("program_id", "league", "window_key"),)


class LeagueSeatRow(Model):
    """A member's place in a cohort, and the level they take from it once the run is over."""

    id = fields.BigIntField(primary_key=True)
    program_id = fields.BigIntField()
    league = BytewiseField()
    window_key = BytewiseField()
    member_id = fields.BigIntField()
    level = fields.BigIntField()
    cohort = fields.BigIntField()
    next_level = fields.BigIntField(null=True)

    class Meta(Model.Meta):
        table = "league_seat"
        unique_together = (("program_id", "league", "window_key", "member_id"),)
        indexes = (
            Index(fields=("program_id", "member_id", "league"), name="league_seat_of_member"),
            Index(
                fields=("program_id", "league", "window_key", "level", "cohort", "member_id"),
                name="league_seat_of_cohort",
            ),
        )
