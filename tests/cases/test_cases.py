"""Runs every case twice: through the engine alone, and through the use cases on the twin."""

from collections.abc import Iterable, Sequence

import pytest

from gamification.challenges import run_shown
from gamification.commands import NewFact
from gamification.definition.compiled import Timeline
from gamification.definition.document_challenges import Combine
from gamification.facts import Retraction
from gamification.ids import MemberId, member_id
from gamification.quantity import to_text
from gamification.replay import Replayed, replay
from gamification.team_boards import TeamBoard
from gamification.use_cases.combining import TeamRun, numbers_of_teams
from gamification.use_cases.rank import page_of_board
from gamification.windows import keys_read
from tests.builders import admitted, after
from tests.cases import outcome
from tests.cases.outcome import Came
from tests.cases.reading import Case, cases
from tests.scene import Scene, now_done, staged

ALL = cases()
PLACES_MAX = 50


def members(case: Case) -> dict[str, MemberId]:
    """The members of a case, and anne."""
    names = {"anne", *(fact.member for fact in case.facts), *case.attributes}
    return {name: member_id(case.rules.definition.key, name) for name in names}


def folded(case: Case) -> Came:
    """The case through the engine: each member's facts in order, from nothing."""
    merged = Came({}, {}, {}, {})
    for name, member in members(case).items():
        mine = in_order(fact for fact in case.facts if fact.member == name)
        one = replay(
            Timeline(((None, case.rules),)),
            [(admitted(f, member=member), case.taken_back(f.key)) for f in mine],
        )
        merged = _merged(merged, one)
    return merged


def in_order(facts: Iterable[NewFact]) -> list[NewFact]:
    """Facts as they count: a case may hold late ones."""
    return sorted(facts, key=lambda fact: (fact.occurred_at or after(), fact.key or ""))


async def lived(case: Case) -> tuple[Scene, Came]:
    """The case through the commands, one transaction for each fact."""
    scene = await staged(case.rules)
    for name, attributes in case.attributes.items():
        await scene.update(name, attributes)
    for each in case.happens:
        if isinstance(each, Retraction):
            amount = None if each.amount is None else to_text(each.amount)
            key, at = each.key, each.received_at
            await scene.retract(each.activity_key, amount=amount, key=key, received_at=at)
        else:
            await scene.recorded(each)
    assert await scene.differences() == []
    totals = list((await scene.totals()).values())
    return scene, Came(
        tallies={key: tally for each in totals for key, tally in each.tallies.items()},
        accounts={key: account for each in totals for key, account in each.accounts.items()},
        awards={key: award for each in totals for key, award in each.awards.items()},
        postings={key: posting for each in totals for key, posting in each.postings.items()},
    )


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_case(case: Case) -> None:
    scene, stored = now_done(lived(case))
    for came in (folded(case), stored):
        check(case, came)
    boards = case.expect.get("boards", {})
    assert {key: now_done(ranks(case, scene, key)) for key in boards} == outcome.texts(boards)
    of_teams = case.expect.get("teams", {})
    assert {key: now_done(teams(case, scene, key)) for key in of_teams} == of_teams


def check(case: Case, came: Came) -> None:
    """Compare everything that the case expects; tallies and progress bars it does not name are
    left out, all else must be named."""
    expect, ids = case.expect, members(case)
    assert expect.keys() <= {
        "points", "accounts", "granted", "badges", "tallies", "progress", "boards", "streaks",
        "tiers", "challenges", "teams",
    }  # fmt: skip
    names = {id_: name for name, id_ in ids.items()}
    named = names.__getitem__
    if "points" in expect:
        assert outcome.points(came, named) == outcome.texts(expect["points"])
    if "accounts" in expect:
        accounts = outcome.accounts(case.rules, came, named, case.now)
        assert accounts == outcome.texts(expect["accounts"])
    if "granted" in expect:
        assert outcome.granted(came, named) == expect["granted"]
    if "badges" in expect:
        assert outcome.badges(came, named) == sorted(expect["badges"])
    found = outcome.tallies(came, named)
    tallies = expect.get("tallies", {})
    assert {key: found.get(key) for key in tallies} == outcome.texts(tallies)
    bars = outcome.progress(case.rules, came, ids["anne"], case.now)
    progress = expect.get("progress", {})
    assert {key: bars.get(key) for key in progress} == outcome.texts(progress)
    if "tiers" in expect:
        assert outcome.tiers(case.rules, came, ids["anne"], case.now) == expect["tiers"]
    if "challenges" in expect:
        found = outcome.challenges(case.rules, came, ids["anne"], case.now)
        assert found == expect["challenges"]
    if "streaks" in expect:
        assert outcome.streaks(case.rules, came, ids["anne"], case.now) == expect["streaks"]


async def ranks(case: Case, scene: Scene, key: str) -> list[str]:
    """A board at the time the case ends: "1. anne 20"."""
    board = case.rules.boards[key]
    windows = keys_read(board.window, case.now, case.rules.calendar)
    reading = scene.store.reading(scene.program.record)
    places = await page_of_board(reading, board, windows, limit=PLACES_MAX)
    names = {id_: name for name, id_ in members(case).items()}
    return [
        f"{place.rank}. {names[place.member]} {outcome.to_text(place.score)}" for place in places
    ]


async def teams(case: Case, scene: Scene, key: str) -> list[str]:
    """The teams in the run of a challenge in which the case ends: "1. lynx 20, 2 in it", and "20
    reached" once they have done so."""
    challenge = case.rules.challenges[key]
    run = run_shown(challenge, case.now, case.rules.calendar)
    assert run is not None, "there is a run"
    reading = scene.store.reading(scene.program.record)
    is_mean = challenge.combine is Combine.MEAN
    board = TeamBoard(challenge.steps[0].metric, run.key, best=challenge.best, is_mean=is_mean)
    found: list[str] = []
    for each in await reading.teams_ranked(board, after=None, limit=PLACES_MAX):
        asked = TeamRun(challenge, run.key, each.team)
        numbers = await numbers_of_teams(reading, [asked])
        assert numbers[asked.total] == each.current, "the list and the team's own number agree"
        reached = " reached" if numbers[challenge.reached_key(asked.window)] else ""
        found.append(
            f"{each.rank}. {each.team} {outcome.to_text(each.current)}{reached}, {each.size} in it"
        )
    return found


def _merged(came: Came, one: Replayed) -> Came:
    return Came(
        {**came.tallies, **one.state.tallies},
        {**came.accounts, **one.state.accounts},
        {**came.awards, **one.state.awards},
        {**came.postings, **one.postings},
    )


def test_every_kind_of_rule_has_cases() -> None:
    files: Sequence[str] = sorted({case.name.split(":")[0] for case in ALL})
    assert files == [
        "badges",
        "campaigns",
        "challenges",
        "earning",
        "leaderboards",
        "metrics",
        "points",
        "streaks",
        "tiers",
    ]
