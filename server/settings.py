"""Every setting of the system, each with what it means, read from the environment."""

from enum import Enum, StrEnum
from os import environ
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.address import Address
from server.redis_url import check_redis_url
from server.unusable import Unusable

PREFIX = "GAMIFICATION_"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line of the log looks; `auto` is `console` on a terminal and `json` elsewhere."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


class Settings(BaseSettings):
    """The settings, read from variables `GAMIFICATION_…` of the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: SecretStr = Field(
        SecretStr("sqlite://var/gamification.db"),
        description="Where everything is stored: sqlite://PATH (relative to the current folder; "
        "sqlite:///PATH is absolute) or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    database_pool_size: int = Field(
        10, ge=1, le=200, description="Connections to PostgreSQL this process opens at most."
    )
    sqlite_cache_bytes_max: int = Field(
        64 * 1024 * 1024,
        ge=1024 * 1024,
        description="What this process keeps of the pages of a SQLite file: half of it for the "
        "connection that writes, the rest for those that read.",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey, by which server processes tell each other at once what has "
        "changed: redis://:PASSWORD@HOST:6379/0, rediss://… (TLS) or unix:///PATH. Without it they "
        "find out by asking the database once a second.",
    )
    redis_prefix: str = Field(
        "gamification",
        pattern=r"^[A-Za-z0-9_.:-]{1,64}$",
        description="What all names in Redis begin with. Deployments that share a Redis and not a "
        "database need one each.",
    )
    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 for all.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 for any.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that serve. More than one needs PostgreSQL; with a Redis they hear "
        "of each other's changes at once.",
    )
    worker_silence_seconds_max: float = Field(
        30.0,
        le=3600,
        description="How long one of several workers may be held up by a single thing, and so "
        "answer nobody, before it is ended and replaced: 1 to 3600; 0: never.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Web origins besides our own whose pages may call the API, with commas between "
        "them: https://shop.example,https://forum.example.",
    )
    graphiql: bool = Field(False, description="Whether GraphiQL is served at /graphiql.")
    log_level: LogLevel = Field(LogLevel.INFO, description="debug, info, warning or error.")
    log_format: LogFormat = Field(
        LogFormat.AUTO, description="json, console, or auto: console on a terminal, json elsewhere."
    )
    batch_size_max: int = Field(
        256, ge=1, le=1000, description="Single mutations gathered into one transaction at most."
    )
    queue_size_max: int = Field(
        5000,
        ge=1,
        le=1_000_000,
        description="Activities of one program that may wait, those of single mutations and those "
        "of recordActivities each; more are refused with BUSY.",
    )
    queues_size_max: int = Field(
        20_000,
        ge=1000,
        le=4_000_000,
        description="Activities that may wait in all programs together. No program may take more "
        "than is left for the others.",
    )
    request_bytes_max: int = Field(
        256 * 1024 * 1024,
        ge=1024 * 1024,
        description="What the bodies of all HTTP requests under way may hold together; more are "
        "refused with BUSY.",
    )
    answer_cache_bytes_max: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="What kept answers about public leaderboards may take; 0: none is kept.",
    )
    answer_cache_size_max: int = Field(
        10_000, ge=1, description="How many answers about public leaderboards are kept at most."
    )
    persisted_documents_bytes_max: int = Field(
        16 * 1024 * 1024,
        ge=0,
        description="What documents may take that clients name by their hash; 0: none is kept, and "
        "each request writes its document out.",
    )
    trusted_documents: Path | None = Field(
        None,
        description="A manifest of GraphQL documents, as Apollo's, Relay's or GraphQL Code "
        "Generator's tools write it: no others run. Read at the start. Anything runs if empty.",
    )
    socket_message_bytes_max: int = Field(
        65536, ge=1024, description="The longest message a WebSocket client may send."
    )
    socket_ping_seconds: float = Field(
        20.0, gt=0, description="How often a WebSocket client is pinged."
    )
    socket_silence_seconds_max: float = Field(
        20.0, gt=0, description="How long a WebSocket client may leave a ping unanswered."
    )
    socket_send_seconds_max: float = Field(
        10.0,
        gt=0,
        description="How long a WebSocket client may take to read a message before it is dropped.",
    )
    keep_alive_seconds: int = Field(
        15, ge=1, description="How long an idle HTTP connection stays open."
    )
    credential_cache_seconds: float = Field(
        10.0, ge=0, description="For how long a checked API key is trusted, also if it is revoked."
    )
    scheduler_seconds: float = Field(
        5.0,
        ge=0,
        description="How often the scheduler looks for what has become due; 0: not in this process "
        "(`gamification tick` does it).",
    )
    scheduler_lease_seconds: float = Field(
        30.0,
        ge=1,
        le=3600,
        description="How long the other processes wait for the one whose scheduler leads when it "
        "has died. Longer than the time between two looks, and than clocks of machines differ; the "
        "same in all processes.",
    )
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="The port on which Prometheus reads /metrics; 0 for any. Not served if empty.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="The address of that port. Whoever reaches it may read the numbers.",
    )
    tracing: bool = Field(
        False,
        description="Whether operations are traced with OpenTelemetry: the extra `otel` must be "
        "installed, and the variables OTEL_… of its SDK say where to.",
    )
    rank_index_members_max: int = Field(
        2_000_000,
        ge=0,
        description="How many standings the rank indexes of large leaderboards hold together, at "
        "55 to 70 bytes each; 0: the database counts every rank.",
    )
    rank_check_seconds: float = Field(
        300.0,
        ge=0,
        description="How often the rank indexes are compared with the database; 0: never.",
    )
    shutdown_seconds_max: float = Field(
        20.0, gt=0, description="How long a shutdown may take to finish what was begun."
    )

    @field_validator("worker_silence_seconds_max")
    @classmethod
    def _leaves_time_to_breathe(cls, value: float) -> float:
        if not (value == 0 or value >= 1):
            raise ValueError("must be 0, which is never, or at least 1")
        return value

    @field_validator("metrics_port", "trusted_documents", mode="before")
    @classmethod
    def _may_be_empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _separated_by_commas(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(origin.strip() for origin in value.split(",") if origin.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(
                    f"'{origin}' is no origin: write https://host or https://host:port"
                )
        return value

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr) -> SecretStr:
        Address.of(value.get_secret_value())
        return value

    @field_validator("trusted_documents")
    @classmethod
    def _are_not_for_graphiql(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("graphiql"):
            raise ValueError(
                "where only trusted documents run, GraphiQL could ask nothing: leave this empty, "
                f"or {PREFIX}GRAPHIQL off"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_a_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_redis_url(value.get_secret_value())
        return value


class Shown(NamedTuple):
    """One setting as `gamification settings` lists it; secrets are masked."""

    variable: str
    value: str
    origin: str
    description: str


def read_settings(**chosen: Any) -> Settings:
    """The settings of this process; what is `chosen` (not None) wins over the environment."""
    given = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper() if fault['loc'] else ''}: "
            f"{fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise Unusable(
            f"A setting cannot be used. {faults}. `gamification settings` explains each."
        ) from None


def shown(settings: Settings) -> list[Shown]:
    """Every setting with its value and where the value comes from, in the order of this file."""
    lines: list[Shown] = []
    for name, field in Settings.model_fields.items():
        variable = PREFIX + name.upper()
        is_given = any(variable == given.upper() for given in environ)
        lines.append(
            Shown(
                variable,
                _text(getattr(settings, name)),
                "environment" if is_given else "default",
                field.description or "",
            )
        )
    return lines


def without_password(url: str) -> str:
    """A URL that may be shown: its password is stars, and so is everything after `?`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return url
    user, at, host = parts.netloc.rpartition("@")
    hidden = f"{user.partition(':')[0]}:***@{host}" if at and ":" in user else parts.netloc
    query = "?***" if parts.query else ""
    return f"{parts.scheme}://{hidden}{parts.path}{query}"


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return without_password(value.get_secret_value())
        case Enum():
            return str(value.value)
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return str(value)
