"""What server processes tell each other, and its form on the wire.

A message may come from anybody who can write to the same Redis. It only ever makes a process look
at the database sooner: nothing in it is told to anyone.
"""

from collections.abc import Sequence

from msgspec import Struct, msgpack

from gamification.ids import MemberId, ProgramId
from gamification.live import Changes
from gamification.outcomes import members_of

WIRE_VERSION = 2
"""Part of the channel's name: processes with another form of message do not hear each other."""

BYTES_MAX = 1024 * 1024
"""A message that is longer is not sent, and not read."""


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


Message = Told | RulesApplied | KeyRevoked


class _Envelope(Struct, frozen=True, array_like=True):
    sender: bytes
    messages: list[Message]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(_Envelope)


def channel_of(prefix: str) -> str:
    """Where the processes of one deployment meet."""
    return f"{prefix}:live:{WIRE_VERSION}"


def encoded(sender: bytes, messages: Sequence[Message]) -> bytes:
    """Messages as they are sent together; `sender` is how one knows one's own."""
    return _encoder.encode(_Envelope(sender, list(messages)))


def decoded(payload: bytes) -> tuple[bytes, list[Message]]:
    """The sender and what it tells. Raises `ValueError` for anything that we do not write."""
    if len(payload) > BYTES_MAX:
        raise ValueError("a message is too long")
    try:
        envelope = _decoder.decode(payload)
    except RecursionError:
        raise ValueError("a message is nested too deeply") from None
    return envelope.sender, envelope.messages
