"""The demo tells a story that its own rules accept, and gives away no more than it says."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from gamification.ports import ApiKey
from gamification.twin import Twin
from server.commands.demo import PROGRAM
from server.demo.club import MEMBERS, Club
from server.demo.show import HISTORY_SIZE, prepared
from server.services import Services
from server.settings import read_settings

BEGIN, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 25, tzinfo=UTC)


def test_the_same_seed_tells_the_same_story() -> None:
    one, two = (list(Club(7).history(BEGIN, END, size=200)) for _ in range(2))
    assert one == two
    assert one != list(Club(8).history(BEGIN, END, size=200))


def test_the_past_is_in_order_and_over() -> None:
    times = [each.occurred_at for each in Club().history(BEGIN, END, size=HISTORY_SIZE)]
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(times))
    assert all(at is not None and BEGIN <= at < END for at in times)


def test_everybody_has_something_to_do() -> None:
    club = Club()
    present = [club.next_activity(END) for _ in range(3000)]
    assert {each.member for each in present} == {name.lower() for name in MEMBERS}
    assert {each.type for each in present} == {
        *("pages.read", "book.finished", "review.posted", "review.liked"),
        *("book.lent", "meeting.attended"),
    }


@pytest.fixture
def services() -> Services:
    return Services.of(read_settings(credential_cache_seconds=0), Twin())


async def test_a_demo_is_prepared(services: Services) -> None:
    show = await prepared(services, PROGRAM.read_text("utf-8"))
    assert show.name == "The Reading Club"
    reading = services.store.reading(show.program.record)
    assert await reading.member_count() == len(MEMBERS)

    async def key_of(secret: str) -> ApiKey:
        key = await services.api_keys.key_of(f"Bearer {secret}")
        assert key is not None
        return key

    assert (await key_of(show.page_key)).scopes == {"read"}
    assert len((await key_of(show.key)).scopes) == 5


async def test_a_kept_demo_goes_on_with_new_keys(services: Services) -> None:
    first = await prepared(services, PROGRAM.read_text("utf-8"))
    second = await prepared(services, PROGRAM.read_text("utf-8"))
    assert second.program.record.versions == first.program.record.versions
    assert await services.api_keys.key_of(f"Bearer {first.key}") is None
    assert await services.api_keys.key_of(f"Bearer {second.key}") is not None
    assert len(await services.store.api_keys(second.program.id)) == 2


async def test_the_members_go_home_in_time(services: Services) -> None:
    show = await prepared(services, PROGRAM.read_text("utf-8"))
    await show.play(seconds=0)
    await services.stop()
