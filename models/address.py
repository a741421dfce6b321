"""Without this module every place would read a database URL in its own way."""

from dataclasses import dataclass

_MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: a PostgreSQL `dsn`, or the `path` of a SQLite file; one is None."""

    dsn: str | None
    path: str | None

    @classmethod
    def of(cls, url: str) -> "Address":
        """Read `postgresql://…`, `postgres://…` (anything libpq takes), `sqlite://path`,
        `sqlite:///absolute/path` or `sqlite://:memory:`. Refuses others with `ValueError`."""
        scheme, separator, rest = url.partition("://")
        if separator and scheme in ("postgresql", "postgres"):
            return cls(dsn=url, path=None)
        if separator and scheme == "sqlite" and rest and "?" not in rest:
            return cls(dsn=None, path=rest)
        raise ValueError(
            f"{scheme}://… is no database URL: give sqlite://path.db or postgresql://user@host/name"
        )

    @property
    def is_in_memory(self) -> bool:
        return self.path == _MEMORY
