"""An earlier version's rules are in force again as the next version, and no version is lost."""

import pytest

from gamification.refusals import NotFound
from gamification.twin import Twin
from gamification.use_cases.apply_definition import Applied, Backfill
from gamification.use_cases.roll_back_definition import roll_back_definition
from tests.builders import definition
from tests.scene import LATER, Scene, now_done, scene

OLD = definition(description="Old", points={"dust": {}})
NEW = definition(description="New", points={"stars": {}})


@pytest.fixture
def run() -> Scene:
    made = now_done(scene(OLD))
    now_done(made.apply(NEW))
    return made


def rolled_back(
    run: Scene, version: int, *, dry_run: bool = False, backfill: Backfill = Backfill.NONE
) -> Applied:
    return now_done(
        roll_back_definition(
            run.store, "club", version, now=LATER, dry_run=dry_run, backfill=backfill
        )
    )


def versions(run: Scene) -> list[tuple[int, bool, str]]:
    """(number, whether it judges all history, document) of every version."""
    record = now_done(run.store.program("club"))
    assert record is not None
    return [(each.version, each.effective_from is None, each.document) for each in record.versions]


def test_the_old_document_is_the_next_version(run: Scene) -> None:
    applied = rolled_back(run, 1)
    assert applied.version == 3
    assert (applied.added, applied.removed) == (("points.dust",), ("points.stars",))
    assert applied.changed == ("description",)
    first, second, third = versions(run)
    assert (first[0], second[0], third[0]) == (1, 2, 3)
    assert third[1:] == (False, first[2])


def test_with_a_backfill_it_judges_all_history(run: Scene) -> None:
    rolled_back(run, 1, backfill=Backfill.SILENT)
    assert versions(run)[-1][:2] == (3, True)


def test_a_dry_run_changes_nothing(run: Scene) -> None:
    assert rolled_back(run, 1, dry_run=True).added == ("points.dust",)
    assert len(versions(run)) == 2


def test_the_version_in_force_stays(run: Scene) -> None:
    applied = rolled_back(run, 2)
    assert (applied.is_same, applied.version) == (True, 2)
    assert len(versions(run)) == 2


@pytest.mark.parametrize("version", [0, 3, -1])
def test_an_unknown_version_is_refused(run: Scene, version: int) -> None:
    with pytest.raises(NotFound) as refused:
        rolled_back(run, version)
    assert refused.value.message == (
        f"The program 'club' has no version {version}. There are 1 to 2."
    )
    assert refused.value.field == ("version",)
    assert len(versions(run)) == 2


def test_an_unknown_program_is_refused() -> None:
    with pytest.raises(NotFound):
        now_done(roll_back_definition(Twin(), "club", 1, now=LATER))
