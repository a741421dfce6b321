"""Gives each proof a fresh database of both kinds."""

from tests.databases import (
    database_url,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)

__all__ = ["database_url", "migrated_sqlite", "postgresql_server", "postgresql_url", "sqlite_url"]
