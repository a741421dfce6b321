"""Six years of a real forum: imported, audited, imported again, shuffled, retracted and restored.

The file holds no order to rely on: some rows come late already.
"""

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from gamification.facts import NewActivity
from gamification.use_cases.difference import Difference
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from gamification.use_cases.retract_activity import retract_activity
from gamification.use_cases.verify_program import verify_program
from models.store import open_store
from server.unheard import Unheard
from tests.proofs.forum import (
    AGAIN,
    DEFINITION,
    Row,
    digests,
    forum,
    forum_file,
    forum_rows,
    gamification,
    new_folder,
    shuffled,
    write_rows,
)

SECONDS_MAX = 1500
MOVED, SENT_THRICE, RETRACTED = 20_000, 2_000, 500


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return forum_rows()


@pytest.mark.timeout(SECONDS_MAX)
async def test_the_forum_in_any_order_is_the_forum_in_order(
    database_url: str, sqlite_url: str, rows: list[Row], tmp_path: Path
) -> None:
    expected = await _in_order(sqlite_url, new_folder(tmp_path, "ordered"), rows)
    url = database_url if database_url != sqlite_url else f"sqlite://{tmp_path / 'shuffled.db'}"
    folder = new_folder(tmp_path, "shuffled")
    moved = min(MOVED, len(rows) // 10)
    disorder = shuffled(rows, moved=moved, sent_thrice=SENT_THRICE, seed=7)
    file = write_rows(folder / "shuffled.csv", disorder)
    gamification("apply", str(DEFINITION), url=url, folder=folder)
    told = gamification("import", "--program", "travel-forum", str(file), url=url, folder=folder)
    assert f"{len(rows):,} new, {2 * SENT_THRICE:,} already known, 0 refused" in told.stdout
    async with open_store(url) as store:
        program = await forum(store)
        assert await digests(store, program) == expected
    await _retract_and_restore(url, random.Random(11).sample(rows, RETRACTED))
    async with open_store(url) as store:
        assert await digests(store, await forum(store)) == expected
    gamification("verify", "--program", "travel-forum", url=url, folder=folder)


@pytest.mark.timeout(SECONDS_MAX)
async def test_what_the_import_says_is_true_and_again_changes_nothing(
    database_url: str, rows: list[Row], tmp_path: Path
) -> None:
    gamification("apply", str(DEFINITION), url=database_url, folder=tmp_path)
    command = ("import", "--program", "travel-forum", str(forum_file()))
    told = gamification(*command, url=database_url, folder=tmp_path)
    assert f"{len(rows):,} new, 0 already known, 0 refused" in told.stdout
    async with open_store(database_url) as store:
        program = await forum(store)
        before = await digests(store, program)
    told = gamification(*command, url=database_url, folder=tmp_path)
    assert f"0 new, {len(rows):,} already known, 0 refused" in told.stdout
    async with open_store(database_url) as store:
        assert await digests(store, program) == before
        differences = [
            found async for found in verify_program(store, program) if isinstance(found, Difference)
        ]
    assert differences == []
    assert before.keys() == {row["member"] for row in rows}


async def _in_order(url: str, folder: Path, rows: list[Row]) -> dict[str, str]:
    """The state of the file in its order, each row once."""
    gamification("apply", str(DEFINITION), url=url, folder=folder)
    command = ("import", "--program", "travel-forum", str(forum_file()))
    gamification(*command, url=url, folder=folder)
    async with open_store(url) as store:
        found = await digests(store, await forum(store))
    assert len(found) == len(Counter(row["member"] for row in rows))
    return found


async def _retract_and_restore(url: str, rows: list[Row]) -> None:
    """Take rows back one by one, check that the ledger followed, and send them again."""
    now = datetime.now(UTC)
    async with open_store(url) as store:
        program = await forum(store)
        for row in rows:
            retracted = await retract_activity(
                store,
                Unheard(),
                program,
                activity_key=row["key"],
                source=None,
                amount=None,
                reason="proof",
                key=None,
                now=now,
            )
            assert [activity.key for activity in retracted.activities] == [row["key"]]
        differences = [
            found async for found in verify_program(store, program) if isinstance(found, Difference)
        ]
        assert differences == []
        results = await record_activities(
            store,
            Unheard(),
            program,
            [_again(row) for row in rows],
            now=now,
            new_key=lambda: "",
            imported=True,
        )
        assert all(isinstance(each, Recorded) and not each.replayed for each in results)


def _again(row: Row) -> NewActivity:
    return NewActivity(
        member=row["member"],
        type=row["type"],
        value=row["value"],
        properties=orjson.loads(row["properties"]),
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        key=row["key"] + AGAIN,
    )
