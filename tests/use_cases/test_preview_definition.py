"""A preview says what a backfill would change, exactly and in bounded words, and writes nothing."""

from datetime import datetime
from typing import Any

import pytest

from gamification.definition.reading import read_definition
from gamification.use_cases.apply_definition import Backfill
from gamification.use_cases.effects import BalanceMove, Preview
from gamification.use_cases.preview_definition import preview_definition
from tests.builders import NOON, after, definition, sent, units
from tests.scene import Scene, now_done, scene

UP: dict[str, Any] = {"properties": {"post": "string"}}


def club(*, stars: object = 2, at_least: int = 3, **parts: Any) -> str:
    """Visits give stars, every third one of them within a day counts, and posts are voted on."""
    whole: dict[str, Any] = {
        "activities": {"visit": {}, "up": UP},
        "metrics": {
            "visits": {"count": "visit"},
            "score": {"count": "up", "per": "properties.post"},
        },
        "points": {"stars": {"start": 1}},
        "earning": {"visiting": {"on": "visit", "give": {"stars": stars}}},
        "badges": {
            "regular": {"levels": {"bronze": 1, "silver": at_least}, "on": "visits"},
            "nice": {"when": {"metric": "score", "at_least": 2}, "repeat": "per subject"},
        },
    }
    return definition(**{**whole, **parts})


@pytest.fixture
def run() -> Scene:
    """Anne visited four times, Ben twice, Cleo wrote two posts that were voted up twice each."""
    made = now_done(scene(club()))
    visits = [("anne", 4), ("ben", 2)]
    now_done(
        made.recorded(
            *(
                sent("visit", member=member, key=f"{member}-{number}", at=after(days=number))
                for member, count in visits
                for number in range(count)
            ),
            *(
                sent("up", member="cleo", key=f"{post}-{number}", post=post)
                for post in ("p", "q")
                for number in range(2)
            ),
        )
    )
    return made


async def whole(
    run: Scene, document: str, facts_max: int | None = None, now: datetime = NOON
) -> Preview:
    """The preview when it is done."""
    found = preview_definition(
        run.store, run.program, read_definition(document), now=now, facts_max=facts_max
    )
    return [each async for each in found][-1]


def badges(preview: Preview) -> list[tuple[str, str | None, tuple[int, int], tuple[int, int]]]:
    """(badge, level, members and awards gained, members and awards lost)."""
    return [
        (
            each.badge,
            each.level_key,
            (each.gaining.members, each.gaining.total),
            (each.losing.members, each.losing.total),
        )
        for each in preview.badges
    ]


def test_the_rules_in_force_would_change_nothing(run: Scene) -> None:
    preview = now_done(whole(run, club()))
    assert (preview.members, preview.of_members, preview.activities) == (3, 3, 10)
    assert preview.is_complete
    assert (preview.badges, preview.points, preview.refused) == ([], [], {})


def test_gains_of_a_lower_threshold_and_a_higher_gift(run: Scene) -> None:
    preview = now_done(whole(run, club(stars=5, at_least=2)))
    assert badges(preview) == [("regular", "silver", (1, 1), (0, 0))]
    assert preview.badges[0].gaining.sample == ["ben"]
    (stars,) = preview.points
    assert (stars.unit, stars.rising.members, stars.rising.total) == ("stars", 2, units(18))
    assert (stars.falling.members, stars.falling.total) == (0, 0)
    assert stars.largest == [
        BalanceMove("anne", units(9), units(21)),
        BalanceMove("ben", units(5), units(11)),
    ]


def test_losses_of_a_higher_threshold_and_of_a_badge_that_is_gone(run: Scene) -> None:
    without: dict[str, Any] = {"regular": {"levels": {"bronze": 1, "silver": 9}, "on": "visits"}}
    preview = now_done(whole(run, club(stars="1.5", badges=without)))
    assert badges(preview) == [
        ("regular", "silver", (0, 0), (1, 1)),
        ("nice", None, (0, 0), (1, 2)),
    ]
    assert [each.losing.sample for each in preview.badges] == [["anne"], ["cleo"]]
    (stars,) = preview.points
    assert (stars.falling.members, stars.falling.total) == (2, units(3))


def test_a_unit_that_is_gone_leaves_what_its_accounts_opened_with(run: Scene) -> None:
    preview = now_done(whole(run, club(points={}, earning={})))
    assert now_done(run.apply(club(points={"stars": {"start": 7}}))).version == 2
    again = now_done(whole(run, club(points={}, earning={})))
    for found in (preview, again):
        (stars,) = found.points
        assert stars.largest == [
            BalanceMove("anne", units(9), units(1)),
            BalanceMove("ben", units(5), units(1)),
        ]


def test_what_the_rules_would_refuse_is_counted_by_type(run: Scene) -> None:
    posts: dict[str, Any] = {"properties": {"post": "string", "page": "integer"}}
    without: dict[str, Any] = {
        "activities": {"up": posts},
        "metrics": {"score": {"count": "up", "per": "properties.post"}},
        "earning": {},
        "badges": {"nice": {"when": {"metric": "score", "at_least": 2}, "repeat": "per subject"}},
    }
    preview = now_done(whole(run, club(**without)))
    told = sorted((each.type, each.activities, each.reason) for each in preview.refused.values())
    assert told == [
        ("up", 4, "property 'page' is required"),
        ("visit", 6, "there is no such activity"),
    ]


def test_an_optional_property_more_refuses_nothing(run: Scene) -> None:
    optional = {"properties": {**UP["properties"], "page": {"type": "integer", "optional": True}}}
    preview = now_done(whole(run, club(activities={"visit": {}, "up": optional})))
    assert preview.refused == {}


def test_a_member_who_would_leave_the_range_of_numbers_is_named(run: Scene) -> None:
    preview = now_done(whole(run, club(stars=4_000_000_000_000)))
    assert (preview.unjudged.members, preview.unjudged.sample) == (1, ["anne"])
    assert [move.external_id for move in preview.points[0].largest] == ["ben"]
    assert preview.is_complete


@pytest.mark.parametrize(("facts_max", "judged"), [(10, [4, 2, 4]), (8, [4, 4]), (2, [2]), (1, [])])
def test_only_whole_members_are_judged_within_a_bound(
    run: Scene, facts_max: int, judged: list[int]
) -> None:
    """Those who do not fit are left out: their histories have 4, 2 and 4 activities."""
    preview = now_done(whole(run, club(stars=3), facts_max=facts_max))
    assert (preview.members, preview.activities) == (len(judged), sum(judged))
    assert (preview.of_members, preview.is_complete) == (3, len(judged) == 3)


def test_samples_are_small_and_hold_the_largest_differences() -> None:
    made = now_done(scene(club()))
    names = [f"m{number}" for number in range(8)]
    now_done(
        made.recorded(
            *(
                sent("visit", member=name, key=f"{name}-{again}")
                for number, name in enumerate(names)
                for again in range(number + 1)
            )
        )
    )
    preview = now_done(whole(made, club(stars=3)))
    (stars,) = preview.points
    assert (stars.rising.members, stars.rising.total) == (8, units(36))
    assert [move.external_id for move in stars.largest] == ["m7", "m6", "m5", "m4", "m3"]
    assert len(stars.rising.sample) == 5


def test_a_preview_writes_nothing_and_a_backfill_does_what_it_said(run: Scene) -> None:
    document = club(stars=5, at_least=2)
    before = now_done(run.totals())
    told = now_done(whole(run, document))
    assert now_done(run.totals()) == before
    assert len(run.program.record.versions) == 1

    now_done(run.apply(document, backfill=Backfill.SILENT))
    after_it = now_done(run.totals())
    new = [key for id_ in before for key in after_it[id_].awards.keys() - before[id_].awards.keys()]
    assert [(key.badge, key.level) for key in new] == [("regular", 2)]
    gained = sum(
        account.balance - before[id_].accounts[key].balance
        for id_, totals in after_it.items()
        for key, account in totals.accounts.items()
    )
    assert gained == told.points[0].rising.total == units(18)
    assert now_done(whole(run, document)).points == []


def test_rules_that_came_later_are_previewed_as_if_they_had_always_been(run: Scene) -> None:
    """Applying them changed no history, so the preview still tells what a backfill would."""
    now_done(run.apply(club(stars=5)))
    (stars,) = now_done(whole(run, club(stars=5))).points
    assert (stars.rising.members, stars.rising.total) == (2, units(18))


def test_who_would_complete_a_challenge_and_who_would_not_have(run: Scene) -> None:
    """Anne's four visits lie on four days, Ben's two on two of them."""
    daily = {"goal": {"metric": "visits", "target": 1}, "every": "day", "give": {"stars": 1}}
    preview = now_done(whole(run, club(challenges={"daily": daily})))
    assert [
        (each.challenge, each.completing.members, each.completing.total, each.reopened.members)
        for each in preview.challenges
    ] == [("daily", 2, 6, 0)]
    now_done(run.apply(club(challenges={"daily": daily}), backfill=Backfill.SILENT))
    assert now_done(whole(run, club(challenges={"daily": daily}))).challenges == []
    (gone,) = now_done(whole(run, club())).challenges
    assert (gone.challenge, gone.reopened.total, gone.reopened.sample) == (
        "daily",
        6,
        ["anne", "ben"],
    )


def ladder(**levels: object) -> dict[str, Any]:
    return {"status": {"metric": "visits", "over": "month", "levels": levels}}


def tiers(preview: Preview) -> list[tuple[str, int, int, dict[tuple[str | None, str | None], int]]]:
    """(ladder, levels risen, levels fallen, members by levels)."""
    return [
        (each.tier, each.rising.total, each.falling.total, dict(each.moves))
        for each in preview.tiers
    ]


def test_who_would_rise_and_fall_on_a_ladder(run: Scene) -> None:
    """Of a ladder that is new or gone, everyone has the lowest level."""
    new = now_done(whole(run, club(tiers=ladder(basic=0, silver=2, gold=4))))
    assert tiers(new) == [("status", 3, 0, {(None, "gold"): 1, (None, "silver"): 1})]
    assert new.tiers[0].rising.sample == ["anne", "ben"]

    now_done(run.apply(club(tiers=ladder(basic=0, silver=2, gold=4)), backfill=Backfill.SILENT))
    harder = club(tiers=ladder(basic=0, silver=3, gold=5))
    moves = {("gold", "silver"): 1, ("silver", "basic"): 1}
    assert tiers(now_done(whole(run, harder))) == [("status", 0, 2, moves)]
    between = club(tiers=ladder(basic=0, silver=2, ruby=3, gold=4))
    assert tiers(now_done(whole(run, between))) == []
    gone = now_done(whole(run, club()))
    assert tiers(gone) == [("status", 0, 3, {("gold", None): 1, ("silver", None): 1})]


def test_levels_are_compared_as_of_now(run: Scene) -> None:
    later = now_done(whole(run, club(tiers=ladder(basic=0, silver=2)), now=after(days=70)))
    assert tiers(later) == []


def test_whose_streak_would_be_longer_shorter_or_over(run: Scene) -> None:
    """Anne came on four days in a row, the last one today; Ben on the first two."""
    daily = {"daily": {"metric": "visits", "freezes": {"start": 2, "most": 2}}}
    document, today = club(streaks=daily), after(days=3)
    new = now_done(whole(run, document, now=today))
    assert [(each.streak, each.longer.members, each.longer.total) for each in new.streaks] == [
        ("daily", 2, 6)
    ]
    now_done(run.apply(document, backfill=Backfill.SILENT))
    assert now_done(whole(run, document, now=today)).streaks == []
    (without,) = now_done(
        whole(run, club(streaks={"daily": {"metric": "visits"}}), now=today)
    ).streaks
    assert (without.ended.total, without.ended.sample) == (2, ["ben"])
    weekly = club(streaks={"daily": {"metric": "visits", "every": "week"}})
    (shorter,) = now_done(whole(run, weekly, now=today)).streaks
    assert (shorter.shorter.total, shorter.shorter.members, shorter.ended.members) == (4, 2, 0)


def test_who_would_wait_for_a_place_among_the_first(run: Scene) -> None:
    """Both have two visits; which of them is the first is decided once, when places are given."""
    first = {
        "first": {
            "goal": {"metric": "visits", "target": 2},
            "winners": {"most": 1},
            "give": {"stars": 5},
        }
    }
    (effect,) = now_done(whole(run, club(challenges=first))).challenges
    assert (effect.challenge, effect.completing.total) == ("first", 0)
    assert (effect.waiting.members, effect.waiting.sample) == (2, ["anne", "ben"])
    now_done(run.apply(club(challenges=first), backfill=Backfill.SILENT))
    preview = now_done(whole(run, club(challenges=first)))
    (effect,) = preview.challenges
    assert (effect.waiting.members, effect.waiting.sample) == (1, ["ben"])
    assert preview.points == []


def test_a_goal_reached_together_is_not_previewed_for_its_members(run: Scene) -> None:
    """Its rewards are paid by a duty once all together have reached it, and stay paid."""
    goal = {"metric": "visits", "target": 6}
    together = {"together": {"goal": goal, "of": "community", "give": {"stars": 5}}}
    preview = now_done(whole(run, club(challenges=together)))
    assert (preview.challenges, preview.points) == ([], [])
