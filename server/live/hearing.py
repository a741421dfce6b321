"""Without this module a message that was lost would be missed until something else happens.

Every transaction that writes to a program gives it its next data version. Whoever has heard of all
versions up to the stored one has missed nothing; any other is in doubt. So nothing has to be known
about how messages get lost, or when.
"""

from collections.abc import Collection

from gamification.ids import ProgramId

AHEAD_MAX = 10_000
"""The versions heard of beyond one that is missing that are kept; then nothing is certain."""


class Hearing:
    """Which data versions of the programs that are listened to were heard of."""

    def __init__(self) -> None:
        self._programs: dict[ProgramId, _Heard] = {}

    def follow(self, programs: Collection[ProgramId]) -> None:
        """Take note of these programs from now on, and of no others."""
        for program in self._programs.keys() - set(programs):
            del self._programs[program]
        for program in programs:
            self._programs.setdefault(program, _Heard())

    def hear(self, program: ProgramId, version: int) -> None:
        """What a version changed was told to those who listen here."""
        if (heard := self._programs.get(program)) is not None:
            heard.hear(version)

    def latest(self, program: ProgramId) -> int:
        """The highest version that was heard of; 0 if none was."""
        return self._programs[program].latest

    def is_in_doubt(self, program: ProgramId, stored: int, *, latest_before: int) -> bool:
        """Whether anything may have been missed, where `stored` is the version that was read.

        So it is also where a version was heard of, before reading began, that is not stored: what
        was heard is then about another database.
        """
        heard = self._programs[program]
        return heard.until is None or heard.until < stored or latest_before > stored

    def settle(self, program: ProgramId, stored: int, *, latest_before: int) -> None:
        """Those who listen look for themselves, and so know of all versions until `stored`."""
        heard = self._programs[program]
        if latest_before > stored:
            heard.ahead.clear()
        heard.until = stored
        heard.catch_up()


class _Heard:
    """All versions until `until` (None: it is not known yet which), and those `ahead` of it."""

    def __init__(self) -> None:
        self.until: int | None = None
        self.ahead: set[int] = set()

    @property
    def latest(self) -> int:
        return max(self.ahead, default=self.until or 0)

    def hear(self, version: int) -> None:
        if self.until is not None and version <= self.until:
            return
        self.ahead.add(version)
        self.catch_up()
        if len(self.ahead) > AHEAD_MAX:
            self.ahead.clear()
            self.until = None

    def catch_up(self) -> None:
        if self.until is None:
            return
        while self.until + 1 in self.ahead:
            self.until += 1
            self.ahead.discard(self.until)
        self.ahead = {version for version in self.ahead if version > self.until}
