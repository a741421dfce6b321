"""Rules that were in force before, in force again: the way back from a version that was wrong."""

from datetime import datetime

from gamification.definition.reading import stored_definition
from gamification.live import Bus
from gamification.ports import Store
from gamification.refusals import NotFound
from gamification.use_cases.apply_definition import Applied, Backfill, Tell, apply_definition


async def roll_back_definition(
    store: Store,
    program_key: str,
    version: int,
    *,
    now: datetime,
    dry_run: bool = False,
    backfill: Backfill = Backfill.NONE,
    bus: Bus | None = None,
    tell: Tell | None = None,
) -> Applied:
    """Put an earlier version's document in force as the next version; the history is kept.

    Otherwise as `apply_definition`. Raises `NotFound` for a number that the program does not have.
    """
    record = await store.program(program_key)
    found = [each for each in record.versions if each.version == version] if record else []
    if record is None or not found:
        known = f"There are 1 to {len(record.versions)}." if record else "Apply a definition first."
        message = f"The program '{program_key}' has no version {version}. {known}"
        raise NotFound(message, field=("version",))
    return await apply_definition(
        store,
        stored_definition(found[0].document),
        now=now,
        program_key=program_key,
        dry_run=dry_run,
        backfill=backfill,
        bus=bus,
        tell=tell,
    )
