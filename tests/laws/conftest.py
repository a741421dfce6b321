"""Databases for the laws; without it they would be tried in memory alone."""

from tests.databases import (
    database_url,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)
from tests.laws import effort

__all__ = [
    "database_url",
    "effort",
    "migrated_sqlite",
    "postgresql_server",
    "postgresql_url",
    "sqlite_url",
]
