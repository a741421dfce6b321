"""Without these members the demo would be an empty page: a reading club, by seeded chance."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import exp
from random import Random

from gamification.facts import NewActivity, Scalar

MEMBERS = (
    *("Otter", "Heron", "Badger", "Lynx", "Magpie", "Hedgehog", "Ibex", "Kestrel"),
    *("Newt", "Marten", "Wren", "Dormouse", "Seal", "Hare"),
)

BOOKS = (
    *(("Middlemarch", "novel"), ("Dracula", "horror"), ("Emma", "romance"), ("Kim", "adventure")),
    *(("The Time Machine", "science fiction"), ("The Moonstone", "crime")),
    *(("Walden", "nature"), ("Leaves of Grass", "poetry"), ("Peer Gynt", "drama")),
    *(("On Liberty", "philosophy"), ("Cranford", "novel"), ("Treasure Island", "adventure")),
    *(("Frankenstein", "horror"), ("Persuasion", "romance"), ("A Study in Scarlet", "crime")),
)

_LIKELIHOOD = {"read": 60, "like": 18, "review": 9, "lend": 7, "meet": 3, "skim": 3}
_BOOK_PAGES = (120, 260)


@dataclass(slots=True)
class _Reader:
    """A member, what they are reading, and how eager they are at the moment."""

    name: str
    book: str = ""
    genre: str = ""
    pages_left: int = 0
    eagerness: float = 1.0
    reviews: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def id(self) -> str:
        return self.name.lower()


class Club:
    """Makes up one activity after another. The same seed always tells the same story."""

    def __init__(self, seed: int = 2017) -> None:
        self._chance = Random(seed)  # noqa: S311 (a story, not a secret)
        self._readers = [_Reader(name) for name in MEMBERS]
        self._reviews = count(1)
        self._untold: list[NewActivity] = []

    def history(self, since: datetime, until: datetime, *, size: int) -> Iterator[NewActivity]:
        """`size` activities in the order of their times, with keys: what happened before today."""
        step = (until - since) / size
        for number in range(size):
            at = since + step * (number + self._chance.random())
            activity = self.next_activity(at)
            yield NewActivity(
                member=activity.member,
                type=activity.type,
                value=activity.value,
                properties=activity.properties,
                occurred_at=at,
                key=f"history-{number}",
            )

    def next_activity(self, at: datetime) -> NewActivity:
        """What somebody does now. Finishing a book comes after the reading that finishes it."""
        if self._untold:
            return self._untold.pop(0)
        for reader in self._readers:
            # Everybody's eagerness wanders, so that the leaders change.
            drift = self._chance.gauss(0, 0.18) - 0.04 * (reader.eagerness - 1)
            reader.eagerness = min(4.0, max(0.3, reader.eagerness * exp(drift)))
        reader = self._chance.choices(self._readers, [each.eagerness for each in self._readers])[0]
        kind = self._chance.choices(list(_LIKELIHOOD), list(_LIKELIHOOD.values()))[0]
        match kind:
            case "like" if any(each.reviews for each in self._readers):
                return self._liked()
            case "review" if reader.book:
                return self._reviewed(reader)
            case "lend" if reader.book:
                return self._lent(reader)
            case "meet":
                thursday = at - timedelta(days=(at.weekday() - 3) % 7)
                return _did(reader, "meeting.attended", {"meeting": f"{thursday:%Y-%m-%d}"})
            case _:
                return self._read(reader, is_skimming=kind == "skim")

    def _read(self, reader: _Reader, *, is_skimming: bool) -> NewActivity:
        if not reader.pages_left:
            reader.book, reader.genre = self._chance.choice(BOOKS)
            reader.pages_left = self._chance.randint(*_BOOK_PAGES)
        wanted = self._chance.randint(60, 110) if is_skimming else self._chance.randint(8, 36)
        pages = min(reader.pages_left, wanted)
        reader.pages_left -= pages
        about: dict[str, Scalar] = {"book": reader.book, "genre": reader.genre}
        if not reader.pages_left:
            self._untold.append(_did(reader, "book.finished", about))
        return _did(reader, "pages.read", about, value=str(pages))

    def _reviewed(self, reader: _Reader) -> NewActivity:
        review = f"review-{next(self._reviews)}"
        reader.reviews = [*reader.reviews[-2:], (reader.book, review)]
        words = self._chance.randint(25, 240)
        return _did(
            reader, "review.posted", {"book": reader.book, "review": review, "words": words}
        )

    def _liked(self) -> NewActivity:
        author = self._chance.choice([each for each in self._readers if each.reviews])
        book, review = self._chance.choice(author.reviews)
        return _did(author, "review.liked", {"book": book, "review": review})

    def _lent(self, reader: _Reader) -> NewActivity:
        to = self._chance.choice([each for each in self._readers if each is not reader])
        return _did(reader, "book.lent", {"book": reader.book, "to": to.id})


def _did(
    reader: _Reader, type: str, properties: dict[str, Scalar], *, value: str | None = None
) -> NewActivity:
    return NewActivity(member=reader.id, type=type, value=value, properties=properties)
