"""Values for the tests of the stores, their defaults in sight."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gamification.facts import Activity, Retraction, Scalar
from gamification.ids import MemberId, member_id
from gamification.outcomes import Notice, NoticeKind
from gamification.ports import DefinitionVersion, ProgramRecord, Ranked, Standing, Store
from gamification.state import Award, AwardKey, Entry, Evidence, PostingKey, Tally, TallyKey

T0 = datetime(2017, 8, 21, 9, 30, 15, 123456, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def of(external_id: str, program: str = "forum") -> MemberId:
    return member_id(program, external_id)


def activity(
    key: str,
    member: str = "ann",
    *,
    seconds: float = 0,
    value: int = 10_000,
    type_: str = "post.upvoted",
    properties: Mapping[str, Scalar] | None = None,
    source: str | None = None,
    program: str = "forum",
) -> Activity:
    return Activity(
        key,
        of(member, program),
        type_,
        value,
        properties or {},
        at(seconds),
        at(seconds + 1),
        source,
    )


def retraction(key: str, activity_key: str, amount: int | None = None) -> Retraction:
    return Retraction(key, activity_key, amount, "spam", at(60))


def tally_key(
    member: str = "ann", metric: str = "votes", window: str = "", subject: str = ""
) -> TallyKey:
    return TallyKey(of(member), metric, window, subject)


def tally(value: int, *, seconds: float = 0, touches: int = 1) -> Tally:
    return Tally(value, value, at(seconds), touches)


def ranked(
    member: str, value: int, *, seconds: float = 0, metric: str = "votes", window: str = ""
) -> Ranked:
    return Ranked(tally_key(member, metric, window), tally(value, seconds=seconds), True)


def standing(member: str, score: int, *, seconds: float = 0) -> Standing:
    return Standing(of(member), score, at(seconds))


def award_key(
    member: str = "ann", badge: str = "teacher", level: int = 1, subject: str = ""
) -> AwardKey:
    return AwardKey(of(member), badge, level, "", subject)


def award(key: AwardKey, cause: str, *, seconds: float = 0, value: int = 10_000) -> Award:
    return Award(key, at(seconds), cause, "post 7", (Evidence("score", value, 10_000),), 1)


def entry(
    cause: str,
    amount: int,
    *,
    member: str = "ann",
    unit: str = "reputation",
    rule: str = "earning/upvoted",
    revision: int = 0,
    requested: int | None = None,
    limited_by: str = "",
) -> Entry:
    return Entry(
        PostingKey(of(member), unit, cause, rule),
        revision,
        amount,
        amount if requested is None else requested,
        limited_by,
        at(0),
        1,
    )


def notice(key: AwardKey, *, is_public: bool = True, seconds: float = 0) -> Notice:
    return Notice(0, NoticeKind.BADGE_AWARDED, key.member, key, at(seconds), is_public)


async def new_program(store: Store, key: str) -> ProgramRecord:
    return await store.create_program(key, DefinitionVersion(1, None, T0, "{}"))


async def registered(store: Store, program: ProgramRecord, *external_ids: str) -> None:
    async with store.writing(program) as writing:
        await writing.lock_members(external_ids, T0)


async def recorded(store: Store, program: ProgramRecord, *activities: Activity) -> None:
    async with store.writing(program) as writing:
        await writing.add_activities(activities)


async def counted(store: Store, program: ProgramRecord, *puts: Ranked) -> None:
    async with store.writing(program) as writing:
        await writing.put_tallies(puts)
