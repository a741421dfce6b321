"""Being in a team: members join and leave; who joins another leaves the first."""

from gamification.commands import CommandType
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ids import MemberId
from gamification.metrics import TOTAL
from gamification.outcomes import NOTHING
from gamification.quantity import SCALE
from gamification.refusals import AlreadyJoined, NotJoined
from gamification.rules.attributes import changes_of
from gamification.state import State, Tally
from gamification.teams import TEAM, membership, team_of

COMMANDS = frozenset({CommandType.TEAM_JOINED.value, CommandType.TEAM_LEFT.value})
"""What is asked for here."""


def accept(state: State, command: Activity) -> None:
    """Refuse to join the team that the member is in, and to leave one that they are not in."""
    team, now = _team_named(command), _team_now(state, command.member)
    is_joining = command.type == CommandType.TEAM_JOINED.value
    if is_joining and now == team:
        raise AlreadyJoined(f"The member is in '{team}' already.", field=("team",))
    if not is_joining and now != team:
        raise NotJoined(f"The member is not in '{team}'.", field=("team",))


def change(draft: Draft) -> None:
    """Keep which team the member is in from now on. To leave a team in which the member is not, as
    it turned out, changes nothing."""
    command = draft.activity
    team, before = _team_named(command), team_of(draft.attributes)
    is_joining = command.type == CommandType.TEAM_JOINED.value
    if (before == team) is is_joining:
        return
    if before is not None:
        _put(draft, before, 0)
    attributes = {name: value for name, value in draft.attributes.items() if name != TEAM}
    if is_joining:
        _put(draft, team, SCALE)
        attributes[TEAM] = team
    draft.set_attributes(attributes)
    draft.count(changes_of(command), TOTAL, SCALE)


def _team_named(command: Activity) -> str:
    return str(command.properties["team"])


def _team_now(state: State, member: MemberId) -> str | None:
    return team_of(state.attributes.get(member, NOTHING))


def _put(draft: Draft, team: str, value: int) -> None:
    """Keep since when the member is in the team (1), or is not (0)."""
    key = membership(draft.activity.member, team)
    before = draft.tally(key)
    touches = 1 if before is None else before.touches + 1
    draft.set_tally(key, before, Tally(value, SCALE, draft.activity.occurred_at, touches))
