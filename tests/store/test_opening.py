"""Opening a store: the URLs it takes, several at once, and what is there after it was closed."""

from pathlib import Path

import pytest

from models.address import Address
from models.database import open_database
from models.statement import Statement
from models.store import open_store
from tests.store.builders import new_program, registered


@pytest.mark.parametrize(
    ("url", "dsn", "path"),
    [
        ("sqlite://forum.db", None, "forum.db"),
        ("sqlite:///var/lib/forum.db", None, "/var/lib/forum.db"),
        ("sqlite://:memory:", None, ":memory:"),
        ("postgresql://a:b@db/forum", "postgresql://a:b@db/forum", None),
        ("postgres://a@/forum?host=/run", "postgres://a@/forum?host=/run", None),
    ],
)
def test_urls_are_read(url: str, dsn: str | None, path: str | None) -> None:
    assert Address.of(url) == Address(dsn, path)


@pytest.mark.parametrize("url", ["", "forum.db", "sqlite://", "mysql://db", "sqlite://a.db?x=1"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no database URL: give sqlite://"):
        Address.of(url)


async def test_what_was_committed_is_there_again(database_url: str) -> None:
    for number in range(3):
        async with open_store(database_url) as store:
            assert len(await store.programs()) == number
            await registered(store, await new_program(store, f"program {number}"), "ann")
            assert await store.reading((await store.programs())[0]).member_count() == 1


async def test_several_stores_are_open_at_once(postgresql_url: str, tmp_path: Path) -> None:
    async with (
        open_store(postgresql_url) as first,
        open_store(f"sqlite://{tmp_path / 'a.db'}") as second,
        open_store("sqlite://:memory:") as third,
    ):
        for count, store in enumerate((first, second, third), 1):
            program = await new_program(store, "forum")
            await registered(store, program, *(f"member {number}" for number in range(count)))
        for count, store in enumerate((first, second, third), 1):
            assert await store.reading((await store.programs())[0]).member_count() == count


async def test_a_database_in_memory_reads_between_its_transactions() -> None:
    async with open_store("sqlite://:memory:") as store:
        program = await new_program(store, "forum")
        await registered(store, program, "ann")
        assert await store.reading(program).member_count() == 1
        await store.ping()


async def test_connections_to_a_sqlite_file_share_its_cache(sqlite_url: str) -> None:
    async with open_database(sqlite_url, sqlite_cache_bytes=8 * 1024 * 1024) as database:
        kept = Statement("SELECT cache_size FROM pragma_cache_size")
        async with database.transaction() as writer, database.moment() as moment:
            connections = (writer, database.reader, moment)
            kibibytes = [-(await each.fetch(kept))[0][0] for each in connections]
    assert kibibytes == [4096, 2048, 2048]
