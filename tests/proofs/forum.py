"""The forum's file, the command line, and a digest of all that is derived, for the proofs."""

import csv
import gzip
import os
import random
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

from gamification.ports import Store, Totals
from gamification.program import Program, program_of
from gamification.state import PostingKey

PROJECT = Path(__file__).resolve().parents[2]
DEFINITION = PROJECT / "programs" / "travel-forum.yaml"
SLICE = PROJECT / "tests" / "data" / "travel-forum-slice.csv.gz"
AGAIN = " again"
"""What the key of a row that is sent again after its retraction ends in.

A blank sorts before every character of the keys, so that the row keeps its place in the order.
"""

Row = dict[str, str]


def forum_file() -> Path:
    """The whole file where FORUM_FILE names it, else the slice within the project."""
    return Path(os.environ.get("FORUM_FILE") or SLICE)


def forum_rows() -> list[Row]:
    """Every row of the file."""
    with gzip.open(forum_file(), "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write_rows(path: Path, rows: list[Row]) -> Path:
    """Write rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def shuffled(rows: list[Row], *, moved: int, sent_thrice: int, seed: int) -> list[Row]:
    """The same rows with some of them in each other's places, and some sent three times."""
    rng = random.Random(seed)
    shuffled = list(rows)
    places = rng.sample(range(len(rows)), moved)
    for place, other in zip(places, rng.sample(places, moved), strict=True):
        shuffled[place] = rows[other]
    for row in rng.sample(rows, sent_thrice):
        for _ in range(2):
            shuffled.insert(rng.randrange(len(shuffled)), row)
    return shuffled


def new_folder(parent: Path, name: str) -> Path:
    """A new folder to run commands in."""
    folder = parent / name
    folder.mkdir()
    return folder


def gamification(
    *command: str, url: str, folder: Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, and insist on its exit status."""
    done = subprocess.run(
        [Path(sys.executable).parent / "gamification", *command],
        env={**os.environ, "GAMIFICATION_DATABASE_URL": url},
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        timeout=1200,
    )
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


async def forum(store: Store) -> Program:
    """The forum's program."""
    record = await store.program("travel-forum")
    assert record is not None
    return program_of(record)


async def digests(store: Store, program: Program) -> dict[str, str]:
    """For each member, a digest of all that is derived: equal digests, equal state.

    Peaks are left out (they are bounds), and a row sent again counts as the one it stands for.
    """
    auditing = store.auditing(program.record)
    found: dict[str, str] = {}
    async for page in auditing.members():
        totals = await auditing.totals([member.id for member in page])
        for member in page:
            state = described(totals[member.id])
            found[member.external_id] = blake2b("\n".join(state).encode()).hexdigest()
    return found


def described(totals: Totals) -> list[str]:
    """A member's derived state in lines, in a fixed order."""
    lines = [
        f"{key} {tally.value} {tally.reached_at} {tally.touches} {key in totals.ranked}"
        for key, tally in totals.tallies.items()
    ]
    lines += [f"{key} {account.balance}" for key, account in totals.accounts.items()]
    lines += [
        f"{key} {award.earned_at} {award.cause.removesuffix(AGAIN)} {award.subject} "
        f"{award.evidence} {award.version}"
        for key, award in totals.awards.items()
    ]
    lines += [
        f"{_posting(key)} {posting.requested} {posting.granted} {posting.limited_by}"
        for key, posting in totals.postings.items()
        if posting.requested or posting.granted
    ]
    return sorted(lines)


def _posting(key: PostingKey) -> str:
    return f"{key.member} {key.unit} {key.cause.removesuffix(AGAIN)} {key.rule}"
