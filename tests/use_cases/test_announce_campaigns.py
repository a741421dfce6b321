"""What everybody is told of campaigns: by the scheduler, and at the commit that spends a budget."""

from gamification.duties.announce_campaigns import announce_campaigns
from gamification.outcomes import Notice, NoticeKind
from gamification.use_cases.apply_definition import Backfill
from tests.builders import definition, moment, sent
from tests.scene import Scene, scene


def club(**campaign: object) -> str:
    """Two stars for each visit in the first days of March, five in all."""
    gift = {"on": "visit", "give": {"stars": 2}, "from": "2026-03-02", "until": "2026-03-05"}
    return definition(
        points={"stars": {}},
        campaigns={"gift": {**gift, "budget": {"stars": 5}, **campaign}},
    )


async def ticked(told: Scene, at: str) -> int:
    told.now = moment(at)
    return await announce_campaigns(told.store, told.bus, told.program, now=told.now)


async def visited(told: Scene, at: str, key: str, *, imported: bool = False) -> None:
    told.now = moment(at)
    await told.recorded(sent("visit", at=told.now, key=key), imported=imported)


async def news(told: Scene) -> list[Notice]:
    return [each._replace(id=0, once="") for each in await told.notices()]


def notice(kind: NoticeKind, at: str, **details: str) -> Notice:
    return Notice(0, kind, None, None, moment(at), True, "gift", details)


WINDOW = {"startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-05T00:00:00Z"}
STARTED = notice(NoticeKind.CAMPAIGN_STARTED, "2026-03-02 00:00", **WINDOW)
ENDED = notice(NoticeKind.CAMPAIGN_ENDED, "2026-03-05 00:00", **WINDOW)


async def test_a_campaign_is_announced_at_its_beginning_and_at_its_end_once_each() -> None:
    told = await scene(club(), now=moment("2026-03-01"))
    assert await ticked(told, "2026-03-01 23:59") == 0
    assert await ticked(told, "2026-03-02 00:00") == 1
    assert await ticked(told, "2026-03-04 23:59") == 0
    assert await news(told) == [STARTED]
    assert await ticked(told, "2026-03-05 00:00") == 1
    assert await ticked(told, "2026-04-04 12:00") == 0
    assert await news(told) == [STARTED, ENDED]
    heard = [(each.members, each.boards, each.notices) for each in told.bus.heard]
    (started, ended) = await told.notices()
    assert heard == [(frozenset(), frozenset(), (each,)) for each in (started, ended)]


async def test_after_a_downtime_only_what_is_still_true_is_told() -> None:
    told = await scene(club(), now=moment("2026-03-01"))
    assert await ticked(told, "2026-04-05 00:00") == 1
    assert await news(told) == [ENDED]


async def test_what_is_long_ago_is_told_nobody() -> None:
    told = await scene(club(), now=moment("2026-03-01"))
    assert await ticked(told, "2026-04-05 00:01") == 0
    endless = await scene(club(until=None), now=moment("2026-03-01"))
    assert await ticked(endless, "2026-04-02 00:01") == 0
    assert await news(told) == await news(endless) == []


async def test_a_campaign_that_is_put_off_begins_again() -> None:
    told = await scene(club(), now=moment("2026-03-01"))
    assert await ticked(told, "2026-03-02 00:00") == 1
    await told.apply(club(**{"from": "2026-03-03"}))
    assert await ticked(told, "2026-03-02 12:00") == 0
    assert await ticked(told, "2026-03-03 00:00") == 1
    again = {**WINDOW, "startsAt": "2026-03-03T00:00:00Z"}
    assert await news(told) == [
        STARTED,
        notice(NoticeKind.CAMPAIGN_STARTED, "2026-03-03 00:00", **again),
    ]


async def test_the_activity_that_spends_a_budget_says_so_once() -> None:
    told = await scene(club(), now=moment("2026-03-01"))
    await visited(told, "2026-03-02 10:00", "a")
    await visited(told, "2026-03-02 11:00", "b")
    assert await news(told) == []
    await visited(told, "2026-03-02 12:00", "c")
    spent = {"unit": "stars", "total": "5"}
    first = notice(NoticeKind.CAMPAIGN_BUDGET_SPENT, "2026-03-02 12:00", **spent)
    assert await news(told) == [first]
    assert [each._replace(id=0, once="") for each in told.bus.heard[-1].notices] == [first]

    await told.retract("a")
    await visited(told, "2026-03-02 13:00", "d")
    await visited(told, "2026-03-02 14:00", "e")
    assert await news(told) == [first]

    await told.apply(club(budget={"stars": 7}), backfill=Backfill.NONE)
    await visited(told, "2026-03-02 15:00", "f")
    more = notice(NoticeKind.CAMPAIGN_BUDGET_SPENT, "2026-03-02 15:00", unit="stars", total="7")
    assert await news(told) == [first, more]
    assert await told.differences() == []


async def test_what_is_imported_spends_a_budget_in_silence() -> None:
    told = await scene(club(), now=moment("2026-03-01"))
    for key in "abc":
        await visited(told, "2026-03-02 10:00", key, imported=True)
    assert await news(told) == []
