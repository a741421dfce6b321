"""Without this module PostgreSQL would sort text by language and SQLite by bytes."""

from tortoise.fields.base import Field


class BytewiseField(Field[str], str):
    """Text that is compared and sorted by its UTF-8 bytes, on every database alike.

    Keys, names and cursors are ordered by the core as Python orders them; only the "C" collation
    agrees with that, and it is the fastest to compare besides.
    """

    SQL_TYPE = "TEXT"

    class _db_postgres:  # noqa: N801 - Tortoise looks for this name
        SQL_TYPE = 'TEXT COLLATE "C"'
