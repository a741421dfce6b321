"""The connection to Redis: made when it is used, given up soon, and made again."""

import pytest

from server.redis import UNREACHABLE, opened_redis, redis_at
from server.settings import Settings, read_settings, shown
from server.unusable import Unusable
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]


def settings_with(valkey: Valkey) -> Settings:
    return read_settings(redis_url=valkey.url)


async def test_without_a_url_there_is_no_redis() -> None:
    async with opened_redis(read_settings()) as redis:
        assert redis is None


async def test_it_connects_when_it_is_used_and_again_after_a_restart(valkey: Valkey) -> None:
    valkey.kill()
    async with opened_redis(settings_with(valkey)) as redis:
        assert redis is not None
        with pytest.raises(UNREACHABLE):
            await redis.get("x")
        valkey.start()
        assert await redis.set("x", "1") is True
        assert await redis.get("x") == b"1"
        valkey.restart()
        assert await redis.get("x") is None


async def test_one_that_does_not_answer_is_given_up(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.redis.SECONDS_MAX", 0.05)
    async with redis_at(valkey.url) as redis:
        assert await redis.set("x", "1") is True
        valkey.freeze()
        with pytest.raises(UNREACHABLE):
            await redis.get("x")
        valkey.thaw()
        assert await redis.get("x") == b"1"


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://:s3cret@localhost:6380/2",
        "rediss://ann:s3cret@[::1]:6379",
        "unix:///run/valkey.sock",
    ],
)
def test_urls_that_can_be_used(url: str) -> None:
    settings = read_settings(redis_url=url)
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == url
    assert "s3cret" not in str(shown(settings))


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis://:s3cret@host/zero",
        "redis://:s3cret@host:66000",
        "unix://",
    ],
)
def test_urls_that_cannot_be_used_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(Unusable, match=r"GAMIFICATION_REDIS_URL: .*is no URL of Redis") as refused:
        read_settings(redis_url=url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("prefix", ["", "with space", "x" * 65, "new\nline"])
def test_a_prefix_is_a_word(prefix: str) -> None:
    with pytest.raises(Unusable, match="GAMIFICATION_REDIS_PREFIX"):
        read_settings(redis_prefix=prefix)
