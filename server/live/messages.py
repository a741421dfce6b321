"""What server processes tell each other, and its form on the wire.

A message may come from anybody who can write to the same Redis. All but one kind only ever make a
process look at the database sooner: nothing in them is told to anyone. `Moved` is believed, as long
as the data versions agree with it and until the next comparison with the database (ranks/).
"""

from collections.abc import Sequence

from msgspec import Raw, Struct, msgpack

from gamification.ids import MemberId, ProgramId
from gamification.live import Changes
from gamification.outcomes import members_of
from gamification.ranks.fed import Moves

WIRE_VERSION = 3
"""Part of the channel's name: processes with another form of message do not hear each other."""

BYTES_MAX = 1024 * 1024
"""What is longer is not sent, and not read."""

ENVELOPE_BYTES_MAX = 32
"""What is around messages that are sent together."""

MOVES_MAX = 10_000
"""Members of boards that one commit may move for the others to hear where to: some 250 KB."""


class Told(Struct, frozen=True, array_like=True, tag=1):
    """A transaction was committed as this data version. `is_public`: it announced something to
    everybody. `members` are also those of whom something was announced. `committed_at`: in seconds
    since 1970, by the clock of who tells it."""

    program: ProgramId
    version: int
    members: list[MemberId]
    boards: list[str]
    is_public: bool
    committed_at: float

    @classmethod
    def of(cls, changes: Changes, version: int, committed_at: float) -> "Told":
        return cls(
            changes.program,
            version,
            list(changes.members | members_of(changes.notices)),
            list(changes.boards),
            any(notice.is_public for notice in changes.notices),
            committed_at,
        )


class RulesApplied(Struct, frozen=True, array_like=True, tag=2):
    """Other rules of a program are in force."""

    program: ProgramId


class KeyRevoked(Struct, frozen=True, array_like=True, tag=3):
    """A program's API key is good for nothing any more."""

    program: ProgramId


class Moved(Struct, frozen=True, array_like=True, tag=4):
    """What a commit means to the program's boards. Told of every commit, also of one that moves
    nobody: who hears of all data versions has missed none."""

    moves: Moves

    @classmethod
    def of(cls, moves: Moves) -> "Moved":
        """Whether it is too much is counted in moves, not in bytes."""
        is_bounded = sum(map(len, (moves.boards or {}).values())) <= MOVES_MAX
        return cls(moves if is_bounded else moves._replace(boards=None))


Message = Told | RulesApplied | KeyRevoked | Moved


class _Envelope(Struct, frozen=True, array_like=True):
    sender: bytes
    messages: list[Message]


class _Sealed(Struct, frozen=True, array_like=True):
    """An envelope of messages that are in their form already."""

    sender: bytes
    messages: list[Raw]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(_Envelope)


def channel_of(prefix: str) -> str:
    """Where the processes of one deployment meet."""
    return f"{prefix}:live:{WIRE_VERSION}"


def encoded(sender: bytes, messages: Sequence[Message]) -> bytes:
    """Messages as they are sent together; `sender` is how one knows one's own."""
    return together(sender, [alone(message) for message in messages])


def alone(message: Message) -> bytes:
    """A message without what is around it."""
    return _encoder.encode(message)


def together(sender: bytes, messages: Sequence[bytes]) -> bytes:
    """Messages, each as `alone` gives it, as they are sent together."""
    return _encoder.encode(_Sealed(sender, [Raw(message) for message in messages]))


def decoded(payload: bytes) -> tuple[bytes, list[Message]]:
    """The sender and what it tells. Raises `ValueError` for anything that we do not write."""
    if len(payload) > BYTES_MAX:
        raise ValueError("a message is too long")
    try:
        envelope = _decoder.decode(payload)
    except RecursionError:
        raise ValueError("a message is nested too deeply") from None
    return envelope.sender, envelope.messages
