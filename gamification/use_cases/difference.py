"""What the auditor names: something stored that its reckoning does not come to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that is not what the facts make of it."""

    what: str
    where: str
    stored: str
    computed: str

    def __str__(self) -> str:
        return f"{self.what} of {self.where}: stored {self.stored}, computed {self.computed}"
