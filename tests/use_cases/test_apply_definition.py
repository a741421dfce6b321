"""New rules judge what occurs from now on, or all of history; a dry run judges nothing."""

from datetime import timedelta
from typing import Any

import pytest

from gamification.definition.problems import DefinitionRefused
from gamification.outcomes import NoticeKind
from gamification.refusals import InvalidInput
from gamification.state import AccountKey, AwardKey
from gamification.twin import Twin
from gamification.use_cases.apply_definition import Backfill, apply_definition
from tests.builders import definition, sent, units
from tests.scene import LATER, Scene, now_done, scene

DAY = timedelta(days=1)


def club(stars: int, at_least: int = 2, **parts: Any) -> str:
    whole: dict[str, Any] = {
        "metrics": {"visits": {"count": "visit"}},
        "points": {"stars": {}},
        "earning": {"visit": {"on": "visit", "give": {"stars": stars}}},
        "badges": {"regular": {"when": {"metric": "visits", "at_least": at_least}}},
    }
    return definition(**{**whole, **parts})


def stars(run: Scene) -> int:
    member = now_done(run.member()).id
    return now_done(run.totals())[member].accounts[AccountKey(member, "stars")].balance


@pytest.fixture
def again() -> Scene:
    """A club whose members came before: Anne three times, Ben once. Nobody was told of that."""
    run = now_done(scene(club(2)))
    visits = [("anne", 3), ("anne", 2), ("ben", 1), ("anne", 1)]
    now_done(
        run.recorded(
            *(
                sent(member=member, key=f"{member}-{days}", at=LATER - days * DAY)
                for member, days in visits
            ),
            imported=True,
        )
    )
    run.bus.heard.clear()
    return run


def test_a_new_program() -> None:
    store = Twin()
    applied = now_done(apply_definition(store, club(2), now=LATER))
    assert (applied.is_new, applied.version) == (True, 1)
    assert applied.added == (
        "key",
        "name",
        "activities.visit",
        "metrics.visits",
        "points.stars",
        "earning.visit",
        "badges.regular",
    )
    assert (applied.changed, applied.removed, applied.warnings) == ((), (), ())
    record = now_done(store.program("club"))
    assert record is not None
    (version,) = record.versions
    assert (version.version, version.effective_from, version.applied_at) == (1, None, LATER)


def test_the_same_again_changes_nothing() -> None:
    run = now_done(scene(club(2)))
    again = now_done(run.apply(club(2)))
    assert (again.is_new, again.version, again.added, again.changed) == (False, 1, (), ())
    assert len(run.program.record.versions) == 1


def test_what_changed_is_told_by_path() -> None:
    run = now_done(scene(club(2, name="Club", description="Old")))
    changed = now_done(
        run.apply(
            definition(
                name="New",
                metrics={"visits": {"count": "visit"}},
                points={"stars": {}, "dust": {}},
                earning={"visit": {"on": "visit", "give": {"stars": 3}}},
                leaderboards={"top": {"metric": "visits"}},
            )
        )
    )
    assert changed.version == 2
    assert changed.added == ("points.dust", "leaderboards.top")
    assert changed.changed == ("name", "earning.visit")
    assert changed.removed == ("description", "badges.regular")
    assert [warning.path for warning in changed.warnings] == ["points.dust"]


@pytest.mark.parametrize("document", [club(2), club(3)], ids=["new", "changed"])
def test_a_dry_run_writes_nothing(document: str) -> None:
    run = now_done(scene(club(2), store=Twin())) if document == club(3) else None
    store = run.store if run is not None else Twin()
    applied = now_done(apply_definition(store, document, now=LATER, dry_run=True))
    assert applied.is_new == (run is None)
    record = now_done(store.program("club"))
    assert (len(record.versions) if record is not None else 0) == (0 if run is None else 1)


def test_new_rules_judge_what_occurs_from_then_on_and_late_facts_by_those_in_force_then() -> None:
    run = now_done(scene(club(2)))
    now_done(run.recorded(sent(key="a", at=LATER - 3 * DAY)))
    run.now = LATER + DAY
    now_done(run.apply(club(10)))
    now_done(run.recorded(sent(key="b", at=LATER + DAY)))
    assert stars(run) == units(12)
    now_done(run.recorded(sent(key="late", at=LATER - 2 * DAY)))
    assert stars(run) == units(14)
    versions = {
        key.cause: posting.version
        for totals in now_done(run.totals()).values()
        for key, posting in totals.postings.items()
    }
    assert versions == {"a": 1, "late": 1, "b": 2}
    now_done(run.retract("a"))
    assert stars(run) == units(12)
    assert now_done(run.differences()) == []


def test_a_backfill_judges_all_history() -> None:
    run = now_done(scene(club(2)))
    now_done(run.recorded(*(sent(key=key, at=LATER - 3 * DAY) for key in ("a", "b"))))
    run.now = LATER + DAY
    now_done(run.apply(club(10), backfill=Backfill.SILENT))
    assert stars(run) == units(20)
    assert now_done(run.differences()) == []
    now_done(run.recorded(sent(key="late", at=LATER - 4 * DAY)))
    assert stars(run) == units(30)
    entries = now_done(run.entries(now_done(run.member()).id, "stars"))
    assert [(row.entry.posting.cause, row.entry.revision, row.entry.amount) for row in entries] == [
        ("a", 0, units(2)),
        ("b", 0, units(2)),
        ("a", 1, units(8)),
        ("b", 1, units(8)),
        ("late", 0, units(10)),
    ]


def test_a_backfill_of_the_same_rules_finishes_one_that_was_interrupted() -> None:
    run = now_done(scene(club(2)))
    now_done(run.recorded(sent(key="a", at=LATER - DAY)))
    again = now_done(run.apply(club(2), backfill=Backfill.SILENT))
    assert (again.version, again.changed) == (2, ())
    assert stars(run) == units(2)
    assert now_done(run.differences()) == []


def test_a_backfill_leaves_whom_it_cannot_judge_and_judges_all_others(again: Scene) -> None:
    before = now_done(again.totals())
    applied = now_done(again.apply(club(4_000_000_000_000), backfill=Backfill.NOTIFY))
    assert (applied.version, applied.unjudged) == (2, ("anne",))
    anne, ben = (now_done(again.member(name)).id for name in ("anne", "ben"))
    after = now_done(again.totals())
    assert after[anne] == before[anne]
    assert after[ben].accounts[AccountKey(ben, "stars")].balance == units(4_000_000_000_000)
    (difference,) = now_done(again.differences())
    assert str(difference) == (
        "the history of anne: stored 3 facts, computed "
        "the sum is out of range: numbers lie within ±10,000,000,000,000"
    )
    mended = now_done(again.apply(club(5), backfill=Backfill.SILENT))
    assert mended.unjudged == ()
    assert (stars(again), now_done(again.differences())) == (units(15), [])


def test_an_account_that_nothing_opens_any_more_keeps_what_it_began_with() -> None:
    run = now_done(scene(club(2, points={"stars": {"start": 3}})))
    now_done(run.recorded(sent(key="a")))
    now_done(
        run.apply(club(2, points={"stars": {"start": 7}}, earning={}), backfill=Backfill.SILENT)
    )
    assert stars(run) == units(3)
    assert now_done(run.differences()) == []


def test_an_account_that_would_have_begun_with_nothing_has_no_beginning_any_more() -> None:
    run = now_done(scene(club(2, points={"stars": {"start": 3}})))
    now_done(run.recorded(sent(key="a")))
    now_done(run.apply(club(5), backfill=Backfill.SILENT))
    assert stars(run) == units(5)
    assert now_done(run.differences()) == []


def test_a_silent_backfill_tells_nobody(again: Scene) -> None:
    now_done(again.apply(club(2, at_least=1), backfill=Backfill.SILENT))
    assert now_done(again.notices()) == []
    assert again.bus.heard == []


def test_a_backfill_that_notifies_announces_what_it_gives_and_takes(again: Scene) -> None:
    """Anne visited three times and is a regular of the first kind, Ben once."""
    heard: list[tuple[int, int]] = []
    now_done(again.apply(club(2, at_least=1), backfill=Backfill.NOTIFY, tell=heard))
    ben = now_done(again.member("ben")).id
    (notice,) = now_done(again.notices())
    assert (notice.kind, notice.award) == (
        NoticeKind.BADGE_AWARDED,
        AwardKey(ben, "regular", 1, "", ""),
    )
    assert (notice.at, notice.is_public) == (LATER - DAY, True)
    (changes,) = again.bus.heard
    assert changes.notices == (notice,)
    anne = now_done(again.member()).id  # she has hers since an earlier visit
    assert changes.members == {anne, ben}
    assert heard == [(2, 2)]

    again.bus.heard.clear()
    now_done(again.apply(club(2, at_least=9), backfill=Backfill.NOTIFY))
    (changes,) = again.bus.heard
    assert [each.kind for each in changes.notices] == [NoticeKind.BADGE_REVOKED] * 2
    assert now_done(again.differences()) == []


def test_a_second_backfill_announces_nothing_again(again: Scene) -> None:
    now_done(again.apply(club(2, at_least=1), backfill=Backfill.NOTIFY))
    now_done(again.apply(club(2, at_least=1), backfill=Backfill.NOTIFY))
    assert len(now_done(again.notices())) == 1


def test_a_new_board_of_known_numbers_shows_them_at_once() -> None:
    run = now_done(scene(club(2)))
    now_done(run.recorded(sent(key="a")))
    now_done(run.apply(club(2, leaderboards={"top": {"metric": "visits"}})))
    assert now_done(run.differences()) == []
    now_done(run.apply(club(2)))
    assert now_done(run.differences()) == []


def test_a_new_segment_takes_those_who_belong() -> None:
    among = {"top": {"metric": "visits", "among": "member.attributes.country == 'TR'"}}
    run = now_done(scene(club(2, leaderboards=among)))
    now_done(run.update("anne", country="PT"))
    now_done(run.recorded(sent(key="a")))
    among["top"]["among"] = "member.attributes.country == 'PT'"
    now_done(run.apply(club(2, leaderboards=among)))
    assert now_done(run.differences()) == []


def test_a_definition_with_errors_is_refused_with_all_of_them() -> None:
    store = Twin()
    with pytest.raises(DefinitionRefused) as refused:
        now_done(apply_definition(store, definition(badges={"b": {}, "c": {}}), now=LATER))
    found = [problem.path for problem in refused.value.problems if not problem.is_warning]
    assert found == ["badges.b", "badges.c"]
    assert now_done(store.programs()) == []


def test_another_programs_definition_is_refused() -> None:
    store = Twin()
    with pytest.raises(InvalidInput) as refused:
        now_done(apply_definition(store, club(2), now=LATER, program_key="other"))
    assert refused.value.field == ("definition",)
    assert now_done(store.programs()) == []
