"""The real activity that is measured on: six years of a travel forum."""

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import orjson

from gamification.facts import NewActivity

PROJECT = Path(__file__).resolve().parents[1]
DEFINITION = PROJECT / "programs" / "travel-forum.yaml"
SLICE = PROJECT / "tests" / "data" / "travel-forum-slice.csv.gz"


def forum_file() -> Path:
    """The file named by FORUM_FILE, the whole file beside the project, or the slice within it."""
    named = os.environ.get("FORUM_FILE")
    whole = PROJECT.parent / "shared" / "data" / "travel-forum.csv.gz"
    if named:
        return Path(named)
    return whole if whole.exists() else SLICE


def activities(count: int) -> Iterator[NewActivity]:
    """The first activities of the file."""
    with gzip.open(forum_file(), "rt", encoding="utf-8", newline="") as lines:
        for row in islice(csv.DictReader(lines), count):
            yield NewActivity(
                member=row["member"],
                type=row["type"],
                value=row["value"],
                properties=orjson.loads(row["properties"]),
                occurred_at=datetime.fromisoformat(row["occurred_at"]),
                key=row["key"],
            )
