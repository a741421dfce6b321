"""Without this module the parts of a running server would not know each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Self

from starlette.requests import HTTPConnection

from gamification.ports import ApiKey, Store
from gamification.program import Program
from gamification.use_cases.record_activities import record_activities
from gql.connected import Connected
from gql.context import Context
from gql.errors import Unauthenticated
from gql.freshness import Versions
from models.address import Address
from models.store import SqlStore
from server import clock
from server.credentials import ApiKeys
from server.fresh_key import fresh_key
from server.live.live import Live
from server.live.shared_hub import SharedHub
from server.live.watching import Watch
from server.metrics import Metrics
from server.observing import Observer
from server.programs import CachedPrograms
from server.ranks.indexes import RankIndexes
from server.recorder import BatchingRecorder
from server.retrying import retrying
from server.revoking import Revoking
from server.scheduling import Lease, Scheduler
from server.settings import Settings
from server.tracing import Observing

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from server.live.neighbours import Neighbours


@dataclass(frozen=True, slots=True)
class Services:
    """What one process holds: the store, and what is made of it."""

    store: Store
    hub: SharedHub
    live: Live
    programs: CachedPrograms
    recorder: BatchingRecorder
    api_keys: ApiKeys
    connected: Connected
    scheduler: Scheduler
    metrics: Metrics
    observer: Observer
    ranks: RankIndexes
    now: Callable[[], datetime]
    new_key: Callable[[], str]

    @classmethod
    def of(
        cls,
        settings: Settings,
        store: Store,
        redis: "Redis | None" = None,
        observing: Observing = Observer,
        *,
        now: Callable[[], datetime] = clock.now,
        new_key: Callable[[], str] = fresh_key,
    ) -> Self:
        """The services of one process, with nothing running yet. `redis` is where it meets the
        others; None: it is alone, or asks the database what they have done. `observing` makes
        whoever is told how it does."""
        trusted_seconds = settings.credential_cache_seconds
        api_keys, connected = ApiKeys(store, trusted_seconds=trusted_seconds), Connected()
        revoking = Revoking(store, api_keys, connected, seconds=trusted_seconds)
        programs = CachedPrograms(store, is_shared=_is_shared(settings))
        neighbours = None if redis is None else _neighbours(settings, redis)
        hub = SharedHub(store, neighbours)
        ranks = RankIndexes.of(settings, store, Versions(store.data_versions).of)
        watch = Watch(store, hub, programs, now=now)
        live = Live(store, hub, ranks.held, watch, neighbours, programs, revoking)
        metrics = Metrics()
        observer = observing(metrics)
        recorder = _recorder(settings, store, hub, observer, now=now, new_key=new_key)
        lease = Lease(store, fresh_key(), clock=now, seconds=settings.scheduler_lease_seconds)
        seconds = settings.scheduler_seconds
        scheduler = Scheduler(
            store, hub, programs, lease=lease, clock=now, seconds=seconds, observer=observer
        )
        _show(metrics, store, recorder, lease)
        ranks.show(metrics)
        return cls(
            store=store,
            hub=hub,
            live=live,
            programs=programs,
            recorder=recorder,
            api_keys=api_keys,
            connected=connected,
            scheduler=scheduler,
            metrics=metrics,
            observer=observer,
            ranks=ranks,
            now=now,
            new_key=new_key,
        )

    async def context_of(
        self, connection: HTTPConnection, init: Mapping[str, object] | None
    ) -> Context:
        """The world as the bearer of the credentials may see it: those of a request's header, or
        of a socket's `connection_init`. Raises `Unauthenticated`."""
        authorization = _authorization(connection, init)
        if not authorization:
            raise Unauthenticated(
                "Credentials are missing: send the header 'Authorization: Bearer gam_…', on a "
                'socket the connection_init payload {"authorization": "Bearer gam_…"}.'
            )
        key = await self.api_keys.key_of(authorization)
        program = await self.programs.program(key.program) if key is not None else None
        if key is None or program is None:
            raise Unauthenticated("These credentials are not valid: the key is wrong or revoked.")
        return self.context(program, key.scopes, credentials=key)

    def context(
        self, program: Program, scopes: frozenset[str], *, credentials: ApiKey | None = None
    ) -> Context:
        """A program as someone with these scopes may see it."""
        return Context(
            program=program,
            store=self.store,
            hub=self.hub,
            recorder=self.recorder,
            retrying=retrying,
            programs=self.programs,
            scopes=scopes,
            now=self.now,
            new_key=self.new_key,
            observer=self.observer,
            ranks=self.ranks.held,
            credentials=credentials,
        )

    def start(self) -> None:
        """Begin what nobody asks for."""
        self.live.start()
        self.scheduler.start()
        self.ranks.start()

    async def stop(self) -> None:
        """Finish what callers are still waiting for, and let another process do what is due."""
        await self.scheduler.stop()
        await self.recorder.stop()
        await self.live.stop()
        await self.ranks.stop()


def _neighbours(settings: Settings, redis: "Redis") -> "Neighbours":
    from server.live.neighbours import Neighbours  # who has no Redis need not load its client

    return Neighbours(redis, settings.redis_prefix)


def _recorder(
    settings: Settings,
    store: Store,
    hub: SharedHub,
    observer: Observer,
    *,
    now: Callable[[], datetime],
    new_key: Callable[[], str],
) -> BatchingRecorder:
    return BatchingRecorder(
        partial(record_activities, store, hub, new_key=new_key),
        now=now,
        new_key=new_key,
        batch_size_max=settings.batch_size_max,
        queue_size_max=settings.queue_size_max,
        queues_size_max=settings.queues_size_max,
        writers_max=_writers_max(settings),
        observer=observer,
    )


def _show(metrics: Metrics, store: Store, recorder: BatchingRecorder, lease: Lease) -> None:
    """Numbers that are looked up: what waits, who leads, and how the pool of connections does,
    where the database has one."""
    metrics.reads("queued_facts", "Facts that wait to be recorded.", lambda: recorder.waiting)
    metrics.reads(
        "scheduler_is_leader", "1 in the process that does what is due.", lambda: lease.is_held
    )
    pool = store.pool if isinstance(store, SqlStore) else None
    if pool is not None:
        metrics.reads("database_connections", "Connections that are open.", pool.get_size)
        metrics.reads("database_connections_idle", "Open ones not in use.", pool.get_idle_size)
        metrics.reads("database_connections_max", "The most there may be.", pool.get_max_size)


def _writers_max(settings: Settings) -> int:
    """A SQLite database has one writer at a time. Of PostgreSQL's connections half are left to
    whatever else reads and writes."""
    return max(1, settings.database_pool_size // 2) if _is_shared(settings) else 1


def _is_shared(settings: Settings) -> bool:
    """Whether other servers may be on the database: one in a file belongs to one server."""
    return Address.of(settings.database_url.get_secret_value()).dsn is not None


def _authorization(connection: HTTPConnection, init: Mapping[str, object] | None) -> str | None:
    """What the client says of itself; in a payload as in a header the case of the name is free."""
    for name, value in (init or {}).items():
        if name.lower() == "authorization" and isinstance(value, str):
            return value
    return connection.headers.get("authorization")
