"""Without this module every command would open the database in its own way."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from gamification.ports import Store
from gamification.program import Program, program_of
from gamification.twin import Twin
from models.address import Address
from models.store import open_store
from server.settings import Settings, without_password
from server.unusable import Unusable


@asynccontextmanager
async def opened(settings: Settings, *, creates: bool = True) -> AsyncGenerator[Store]:
    """The store of the settings' database, with its tables up to date, until the end.

    Unless it `creates`, a SQLite file that does not exist is not made: an empty store stands for
    it.
    """
    url = settings.database_url.get_secret_value()
    address = Address.of(url)
    file = None if address.path is None or address.is_in_memory else Path(address.path)
    if not creates and file is not None and not file.exists():
        yield Twin()
        return
    is_open = False
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        async with open_store(
            url,
            pool_size=settings.database_pool_size,
            sqlite_cache_bytes=settings.sqlite_cache_bytes_max,
        ) as store:
            is_open = True
            yield store
    except Exception as error:
        if is_open:
            raise
        # Whatever the driver raised, and there are many kinds: nothing has been done yet.
        raise Unusable(
            f"The database {without_password(url)} cannot be opened: "
            f"{type(error).__name__}: {error}. Is GAMIFICATION_DATABASE_URL right?"
        ) from error


async def program_named(store: Store, key: str) -> Program:
    """The program with this key. Raises `Unusable`, naming those that exist."""
    record = await store.program(key)
    if record is not None:
        return program_of(record)
    known = [each.key for each in await store.programs()]
    advice = f"There are: {', '.join(known[:20])}." if known else "Apply a definition first."
    raise Unusable(f"There is no program '{key}'. {advice}")
