"""How things stand with a member, in short words, as the API tells it.

`stars: 12` is a balance, `stars available` and `stars pending` its parts; `status: gold` is a
level, and `status until`, `status number`, `status to keep` and `status to next` go with it;
`daily: 7` is a streak, `daily freezes` what it has left, `daily longest` the longest, and `daily
pauses left` how many periods can still be paused; `zone` is where the member lives; `weekly: gold`
is the level in a league, `weekly place` where the member stands in their cohort and what that leads
to, and `weekly cohort` everybody in it; `quest: active` is a challenge, `quest steps` how far it
is, and `quest team` how far the member's team is; `badges` are all that were ever earned, with how
often.
"""

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.world import World

QUERY = """
query ($member: String!) {
  member(externalId: $member) {
    points { unit balance available pending }
    tiers { key level { key } value holdsUntil pointsToKeep pointsToNext }
    timeZone
    streaks { key length longest freezes pausesLeft }
    leagues { key level entry { position zone } entries { rank score member { externalId } } }
    challenges { challenge { key } state steps { name current target }
      run { team { name current target } } }
    badges(first: 100) { edges { node { badgeKey level } } }
  }
}
"""


async def standing(world: World, member: str, zone: ZoneInfo) -> dict[str, Any]:
    """Everything that a story may ask about a member."""
    found = (await world.ask(QUERY, member=member))["member"]
    if found is None:
        return {}
    stands: dict[str, Any] = {"zone": found["timeZone"]}
    for account in found["points"]:
        unit = account["unit"]
        stands[unit] = account["balance"]
        stands |= {f"{unit} {part}": account[part] for part in ("available", "pending")}
    for tier in found["tiers"]:
        stands |= _tier(tier, zone)
    for streak in found["streaks"]:
        stands[streak["key"]] = str(streak["length"])
        stands[f"{streak['key']} freezes"] = str(streak["freezes"])
        stands[f"{streak['key']} longest"] = str(streak["longest"])
        stands[f"{streak['key']} pauses left"] = str(streak["pausesLeft"])
    for league in found["leagues"]:
        stands |= _league(league)
    for challenge in found["challenges"]:
        stands |= _challenge(challenge)
    stands["badges"] = _badges([edge["node"] for edge in found["badges"]["edges"]])
    return stands


def _tier(tier: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    key, level = tier["key"], tier["level"]
    return {
        key: level["key"] if level else "none",
        f"{key} number": tier["value"],
        f"{key} until": _day(tier["holdsUntil"], zone),
        f"{key} to keep": tier["pointsToKeep"],
        f"{key} to next": tier["pointsToNext"] or "nothing above",
    }


def _league(league: dict[str, Any]) -> dict[str, Any]:
    key, entry = league["key"], league["entry"]
    return {
        key: league["level"],
        f"{key} place": f"{entry['position']} {entry['zone'].lower()}" if entry else "none",
        f"{key} cohort": [
            f"{each['rank']}. {each['member']['externalId']} {each['score']}"
            for each in league["entries"]
        ],
    }


def _challenge(each: dict[str, Any]) -> dict[str, Any]:
    key = each["challenge"]["key"]
    steps = [f"{step['name']} {step['current']} of {step['target']}" for step in each["steps"]]
    stands = {key: each["state"].lower().replace("_", " "), f"{key} steps": steps}
    team = each["run"]["team"]
    if team is not None:
        stands[f"{key} team"] = f"{team['name']} {team['current']} of {team['target']}"
    return stands


def _badges(awards: list[dict[str, Any]]) -> list[str]:
    """ "regular", "regular 2" for its second level, "nice-answer 3 times" if earned so often."""
    names = Counter(
        award["badgeKey"] + (f" {award['level']}" if award["level"] > 1 else "") for award in awards
    )
    return sorted(name if count == 1 else f"{name} {count} times" for name, count in names.items())


def _day(at: str | None, zone: ZoneInfo) -> str:
    return "for ever" if at is None else str(datetime.fromisoformat(at).astimezone(zone).date())
