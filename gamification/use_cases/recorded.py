"""What a request to record an activity ends with."""

from msgspec import Struct

from gamification.facts import Activity
from gamification.outcomes import Outcome
from gamification.ports import Member


class Recorded(Struct, frozen=True):
    """An activity that is stored, and all that changed because of it.

    `replayed`: the key was known with the same content. Nothing happened again, and `outcomes` is
    empty: what the first time brought is stored under the activity's key. `answer_was_lost`: an
    earlier attempt at this very request had stored it, so that for its sender, who gave no key, it
    is no repeat; `outcomes` is empty all the same.
    """

    member: Member
    activity: Activity
    replayed: bool
    outcomes: tuple[Outcome, ...]
    answer_was_lost: bool = False

    @property
    def is_told_from_store(self) -> bool:
        """Whether what it brought has to be read: it was stored by an earlier attempt."""
        return self.replayed or self.answer_was_lost
