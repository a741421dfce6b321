"""Taking part in challenges: members join and leave, are invited, and win with others."""

from gamification.challenges import run_at
from gamification.commands import CommandType
from gamification.definition.compiled import CompiledChallenge, CompiledProgram
from gamification.definition.document_challenges import Join
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.metrics import TOTAL
from gamification.outcomes import Participation, ParticipationChanged
from gamification.quantity import SCALE
from gamification.refusals import AlreadyJoined, NotInvited, NotJoined
from gamification.rules.challenge import complete, conclude
from gamification.state import State, Tally, TallyKey
from gamification.teams import run_of_team

COMMANDS = frozenset(
    {
        CommandType.CHALLENGE_JOINED,
        CommandType.CHALLENGE_LEFT,
        CommandType.CHALLENGE_INVITED,
        CommandType.CHALLENGE_WON,
    }
)
"""What is asked for here."""


def challenge_of(command: Activity) -> str:
    """The challenge that a command names."""
    return str(command.properties["challenge"])


def run_of(command: Activity) -> str:
    """The run that a command names, by its key."""
    return str(command.properties["run"])


def team_in(command: Activity) -> str | None:
    """The team that a command names: the one with which the member won."""
    team = command.properties.get("team")
    return None if team is None else str(team)


def moved_by(program: CompiledProgram, command: Activity) -> tuple[str, ...]:
    """What joining moves, as `CompiledProgram.moving` names it: it may complete the challenge."""
    challenge = program.challenges.get(challenge_of(command))
    return () if challenge is None else (challenge.metric,)


def numbers_read(program: CompiledProgram, command: Activity) -> list[TallyKey]:
    """What is asked of the member before the command is carried out."""
    challenge = program.challenges.get(challenge_of(command))
    if challenge is None:
        return []
    run = run_of(command)
    read = [TallyKey(command.member, metric, run, "") for metric in challenge.run_metrics]
    team = team_in(command)
    if team is not None:
        window = run_of_team(run, team)
        read += [TallyKey(command.member, step.metric, window, "") for step in challenge.steps]
    return read


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to join twice, or without the invitation that is needed, and to leave what the member
    does not take part in. To be invited twice does no harm."""
    challenge = program.challenges[challenge_of(command)]
    type_ = CommandType(command.type)
    takes_part = _is(state, command, challenge.joined_metric)
    is_of_members = type_ in (CommandType.CHALLENGE_LEFT, CommandType.CHALLENGE_WON)
    if is_of_members and not takes_part and challenge.join is not Join.AUTOMATIC:
        message = f"The member does not take part in '{challenge.key}'."
        raise NotJoined(message, field=("challenge",))
    if type_ is not CommandType.CHALLENGE_JOINED:
        return
    if takes_part:
        message = f"The member takes part in '{challenge.key}' already."
        raise AlreadyJoined(message, field=("challenge",))
    if challenge.join is Join.INVITATION and not _is(state, command, challenge.invited_metric):
        message = f"Nobody has invited the member to '{challenge.key}': use inviteToChallenge."
        raise NotInvited(message, field=("challenge",))


def change(draft: Draft) -> None:
    """Keep who takes part. What was reached before joining, where that counts, completes the
    challenge at once; what was counted before leaving stays, should the member return."""
    command = draft.activity
    challenge = draft.program.challenges.get(challenge_of(command))
    if challenge is None:
        return
    match CommandType(command.type):
        case CommandType.CHALLENGE_INVITED:
            _put(draft, Participation.INVITED, challenge.invited_metric, SCALE)
        case CommandType.CHALLENGE_LEFT:
            _put(draft, Participation.LEFT, challenge.joined_metric, 0)
        case CommandType.CHALLENGE_WON:
            _win(draft, challenge)
        case _:
            _put(draft, Participation.JOINED, challenge.joined_metric, SCALE)
            run = run_at(challenge, command.occurred_at, draft.program.calendar)
            if run is not None and run.key == run_of(command):
                conclude(draft, challenge, run.key)


def _win(draft: Draft, challenge: CompiledChallenge) -> None:
    """Have a place among the first who complete it, or a part in what was reached together."""
    run = run_of(draft.activity)
    if challenge.is_shared:
        done = TallyKey(draft.activity.member, challenge.done_metric, run, "")
        if draft.tally(done) is None:
            complete(draft, challenge, run, team=team_in(draft.activity))
        return
    place = TallyKey(draft.activity.member, challenge.place_metric, run, "")
    if draft.tally(place) is None:
        draft.count(place, TOTAL, SCALE)
    conclude(draft, challenge, run)


def _is(state: State, command: Activity, metric: str) -> bool:
    tally = state.tallies.get(TallyKey(command.member, metric, run_of(command), ""))
    return tally is not None and tally.value > 0


def _put(draft: Draft, what: Participation, metric: str, value: int) -> None:
    """Keep since when it is so, and tell it."""
    command, run = draft.activity, run_of(draft.activity)
    key = TallyKey(command.member, metric, run, "")
    before = draft.tally(key)
    touches = 1 if before is None else before.touches + 1
    draft.set_tally(key, before, Tally(value, SCALE, command.occurred_at, touches))
    draft.outcomes.append(
        ParticipationChanged(command.member, challenge_of(command), run, what, command.occurred_at)
    )
