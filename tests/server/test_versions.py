"""New rules at the command line: what they would change, what they were, and the way back."""

import re

import pytest

from gamification.ports import Store
from gamification.program import program_of
from gamification.use_cases.apply_definition import Backfill
from gamification.use_cases.effects import Preview, StreakEffect, TierEffect
from gamification.use_cases.record_activities import record_activities
from server.live.hub import LocalHub
from server.preview_table import preview_table
from tests.builders import NOON, numbered_keys, sent
from tests.server.terminal import CLUB, Terminal

EASIER = CLUB.replace('"at_least": 3', '"at_least": 2')
RICHER = EASIER.replace('"stars": "value"', '"stars": "value * 1000"')

UNTOUCHED = "Without --backfill the past stays as it is.\n"
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d"
CAME = [("anne", "4"), ("ben", "2")]


@pytest.fixture
def club(any_terminal: Terminal) -> Terminal:
    """A club whose members came once each: a visit of Anne's counts four, one of Ben's two."""
    any_terminal.apply_club()

    async def came(store: Store) -> None:
        record = await store.program("club")
        assert record is not None
        visits = [sent(member=member, key=f"{member}-1", value=value) for member, value in CAME]
        await record_activities(
            store, LocalHub(), program_of(record), visits, now=NOON, new_key=numbered_keys()
        )

    any_terminal.ask(came)
    any_terminal.write("club.yaml", CLUB)
    any_terminal.write("easier.yaml", EASIER)
    any_terminal.write("richer.yaml", RICHER)
    return any_terminal


def notices(terminal: Terminal) -> list[str]:
    """Of which badges something was announced, oldest first."""

    async def reading(store: Store) -> list[str]:
        record = await store.program("club")
        assert record is not None
        found = await store.reading(record).notices_after(
            0, member=None, public_only=False, limit=10
        )
        return [each.kind.value for each in found]

    return terminal.ask(reading)


def test_a_dry_run_tells_who_would_gain_and_lose_what(club: Terminal) -> None:
    said = club.run("apply", "richer.yaml", "--dry-run")
    assert said.status == 0
    assert said.out == (
        "club: version 2 would be applied\n"
        "  ~ earning.visiting\n"
        "  ~ badges.regular\n"
        "If these rules had always been in force (2 members, 2 activities):\n"
        "             members  in all  such as\n"
        "  + regular        1       1  ben\n"
        "  + stars          2   5,994  anne, ben\n"
        "                              anne: 4 → 4,000\n"
        "                              ben: 2 → 2,000\n"
        "Without --backfill the past stays as it is.\n"
    )
    assert club.scores() == {"anne": 4, "ben": 2}
    assert len(club.run("versions", "--program", "club").out.splitlines()) == 1


def test_a_dry_run_tells_of_levels_and_streaks() -> None:
    preview = Preview(of_members=3, members=3, activities=1_000)
    status, daily = TierEffect("status"), StreakEffect("daily")
    for name, before, after in (("anne", None, "gold"), ("ben", None, "gold")):
        status.rising.add(name, 2)
        status.moves[before, after] += 1
    status.falling.add("cleo", 1)
    status.moves["gold", "silver"] += 1
    daily.add("anne", 1, 12)
    daily.add("ben", 3, 1)
    daily.add("cleo", 5, 0)
    preview.ladders["status"], preview.lengths["daily"] = status, daily
    assert preview_table(preview) == [
        "If these rules had always been in force (3 members, 1,000 activities):",
        "                    members  in all  such as",
        "  + status                2       4  anne, ben",
        "  - status                1       1  cleo",
        "                          2          no level → gold",
        "                          1          gold → silver",
        "  + daily, longer         1      11  anne",
        "  - daily, shorter        1       2  ben",
        "  - daily, ended          1       5  cleo",
    ]


def test_a_dry_run_tells_what_is_in_the_way(club: Terminal) -> None:
    without = CLUB.replace('"visit": {"properties"', '"call": {}, "visit": {"properties"')
    club.write("stricter.yaml", without.replace('"optional": true', '"optional": false'))
    said = club.run("apply", "stricter.yaml", "--dry-run", "--backfill", "silent")
    assert said.out == (
        "club: version 2 would be applied\n"
        "  + activities.call\n"
        "  ~ activities.visit\n"
        "If these rules had always been in force (2 members, 2 activities):\n"
        "  no award, level, streak or balance would differ\n"
        "  ! visit: 2 stored activities would be refused if they came now: "
        "property 'place' is required\n"
    )


def test_rules_in_force_already_need_no_preview(club: Terminal) -> None:
    said = club.run("apply", "club.yaml", "--dry-run")
    assert said.out == "club: version 1 is in force already\n"


@pytest.mark.parametrize("command", ["apply club.yaml", "rollback 1 --program club"])
def test_a_dry_run_makes_no_database(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    terminal.write("club.yaml", CLUB)
    monkeypatch.setenv("GAMIFICATION_DATABASE_URL", "sqlite://folder/new.db")
    said = terminal.run(*command.split(), "--dry-run")
    if command.startswith("apply"):
        assert (said.status, said.out) == (0, "club: version 1 would be created\n")
    else:
        assert said.err == "There is no program 'club'. Apply a definition first.\n"
    assert not (terminal.folder / "folder").exists()


@pytest.mark.parametrize("backfill", ["silent", "notify"])
def test_a_backfill_judges_the_past(club: Terminal, backfill: str) -> None:
    assert notices(club) == ["badge_awarded"]
    said = club.run("apply", "richer.yaml", "--backfill", backfill)
    assert said.out.startswith("club: version 2 applied\n")
    assert club.scores() == {"anne": 4000, "ben": 2000}
    announced = ["badge_awarded"] if Backfill(backfill) is Backfill.NOTIFY else []
    assert notices(club) == ["badge_awarded", *announced]


def test_whom_a_backfill_cannot_judge_it_names_at_its_end(club: Terminal) -> None:
    club.write("richest.yaml", RICHER.replace("1000", "3000000000000"))
    said = club.run("apply", "richest.yaml", "--backfill", "silent")
    assert said.status == 1
    assert said.out.startswith("club: version 2 applied\n")
    assert said.err.endswith(
        "not judged: anne\n"
        "1 of the members would leave the range of numbers by these rules and are as they were "
        "before. Mend the rules and apply them with --backfill again.\n"
    )
    assert club.scores() == {"anne": 4, "ben": 6_000_000_000_000}
    assert club.run("verify", "--program", "club").status == 1


def test_another_backfill_is_refused(club: Terminal) -> None:
    said = club.run("apply", "richer.yaml", "--backfill", "loudly")
    assert said.status == 2
    assert "loudly" in said.err
    assert len(club.run("versions", "--program", "club").out.splitlines()) == 1


def test_versions_are_listed_with_what_they_changed(club: Terminal) -> None:
    club.run("apply", "easier.yaml")
    club.run("apply", "club.yaml", "--backfill", "silent")
    said = club.run("versions", "--program", "club")
    assert said.status == 0
    assert re.fullmatch(
        f"1: applied {DATE} UTC, judges all history\n"
        f"2: applied {DATE} UTC, judges what occurs from {DATE} UTC on\n"
        "  ~ badges.regular\n"
        f"3: applied {DATE} UTC, judges all history\n"
        "  ~ badges.regular\n",
        said.out,
    )


def test_two_versions_are_compared_line_by_line(club: Terminal) -> None:
    club.run("apply", "easier.yaml")
    said = club.run("diff", "--program", "club", "1", "2")
    assert said.status == 0
    assert said.out == (
        "--- club version 1\n"
        "+++ club version 2\n"
        "@@ -23,7 +23,7 @@\n"
        "   regular:\n"
        "     when:\n"
        "     - metric: visits\n"
        "-      at_least: 3\n"
        "+      at_least: 2\n"
        " leaderboards:\n"
        "   all:\n"
        "     points: stars\n"
    )
    assert club.run("diff", "--program", "club", "1", "1").out == ""
    said = club.run("diff", "--program", "club", "1", "7")
    assert (said.status, said.err) == (
        2,
        "The program 'club' has no version 7. There are 1 to 2.\n",
    )


def test_an_earlier_version_is_put_in_force_again(club: Terminal) -> None:
    club.run("apply", "richer.yaml", "--backfill", "silent")
    said = club.run("rollback", "--program", "club", "1", "--dry-run")
    assert said.out.startswith("club: version 3 would be applied\n  ~ earning.visiting\n")
    assert said.out.endswith(UNTOUCHED)
    assert club.scores() == {"anne": 4000, "ben": 2000}

    said = club.run("rollback", "--program", "club", "1", "--backfill", "notify")
    assert said.out == ("club: version 3 applied\n  ~ earning.visiting\n  ~ badges.regular\n")
    assert club.scores() == {"anne": 4, "ben": 2}
    assert notices(club) == ["badge_awarded", "badge_revoked"]
    said = club.run("rollback", "--program", "club", "1")
    assert said.out == "club: version 3 is in force already\n"


def test_a_version_that_never_was_is_refused(club: Terminal) -> None:
    said = club.run("rollback", "--program", "club", "5")
    assert (said.status, said.err) == (
        2,
        "The program 'club' has no version 5. There are 1 to 1.\n",
    )
    said = club.run("rollback", "--program", "pub", "1")
    assert (said.status, said.err) == (2, "There is no program 'pub'. There are: club.\n")
