"""Settings come from the environment alone, are explained, and keep their secrets."""

import pytest

from server.settings import PREFIX, LogFormat, Settings, read_settings, shown, without_password
from server.unusable import Unusable


def test_there_is_a_default_for_everything() -> None:
    settings = read_settings()
    assert settings.database_url.get_secret_value() == "sqlite://var/gamification.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.allowed_origins == ()
    assert settings.graphiql is False


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMIFICATION_PORT", "9000")
    monkeypatch.setenv("GAMIFICATION_LOG_FORMAT", "json")
    monkeypatch.setenv("GAMIFICATION_ALLOWED_ORIGINS", "https://a.example, http://b.example:81,")
    settings = read_settings()
    assert settings.port == 9000
    assert settings.log_format is LogFormat.JSON
    assert settings.allowed_origins == ("https://a.example", "http://b.example:81")


def test_what_is_chosen_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMIFICATION_PORT", "9000")
    monkeypatch.setenv("GAMIFICATION_HOST", "0.0.0.0")
    settings = read_settings(port=9001, host=None)
    assert (settings.port, settings.host) == (9001, "0.0.0.0")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "many", "GAMIFICATION_PORT: Input should be a valid integer"),
        ("PORT", "65536", "GAMIFICATION_PORT: Input should be less than or equal to 65535"),
        ("DATABASE_URL", "mysql://db", "mysql://… is no database URL"),
        ("ALLOWED_ORIGINS", "https://a.example/", "'https://a.example/' is no origin"),
        ("ALLOWED_ORIGINS", "*", "'*' is no origin"),
        ("WORKER_SILENCE_SECONDS_MAX", "0.5", "WORKER_SILENCE_SECONDS_MAX: must be 0, which is"),
        ("LOG_LEVEL", "loud", "GAMIFICATION_LOG_LEVEL: Input should be 'debug', 'info'"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"GAMIFICATION_{name}", value)
    with pytest.raises(Unusable) as refused:
        read_settings()
    assert told in str(refused.value)


def test_every_setting_is_listed_with_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMIFICATION_PORT", "9000")
    lines = shown(read_settings())
    assert [line.variable for line in lines] == [PREFIX + n.upper() for n in Settings.model_fields]
    assert [line.variable for line in lines if not line.description.endswith(".")] == []
    assert {line.variable: line.origin for line in lines if line.origin != "default"} == {
        "GAMIFICATION_PORT": "environment"
    }


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("sqlite://var/a.db", "sqlite://var/a.db"),
        ("postgresql://ann@db/x", "postgresql://ann@db/x"),
        ("postgresql://ann:s3cret@db:5432/x", "postgresql://ann:***@db:5432/x"),
        ("postgresql://ann:p@ss@db/x", "postgresql://ann:***@db/x"),
        ("postgresql://db/x?user=ann&password=s3cret", "postgresql://db/x?***"),
    ],
)
def test_passwords_are_never_shown(url: str, safe: str) -> None:
    assert without_password(url) == safe


def test_a_refused_url_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMIFICATION_DATABASE_URL", "mysql://ann:s3cret@db/x")
    with pytest.raises(Unusable) as refused:
        read_settings()
    assert "s3cret" not in str(refused.value)
