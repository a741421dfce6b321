"""What the audit starts from: a database to serve."""

from tests.databases import migrated_sqlite, sqlite_url

__all__ = ["migrated_sqlite", "sqlite_url"]
