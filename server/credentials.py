"""Without this module anyone could read and write any program."""

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from gamification.ids import ProgramId
from gamification.ports import ApiKey, Store

SECRET_PREFIX = "gam_"  # noqa: S105 (what secrets begin with, so that leaked ones are recognised)
SECRET_BYTES = 32
_SECRET_LENGTH_MAX = 100
_CACHED_MAX = 10_000

SCOPES = {
    "read": "all queries and subscriptions",
    "activities:write": "recording and retracting activities",
    "members:write": "changing members' names and attributes",
    "points:write": "moving points by hand",
    "definition:write": "applying a definition",
}
"""What an API key may be allowed to do."""


class NewApiKey(NamedTuple):
    """A key that was just made, with the only copy of its secret."""

    key: ApiKey
    secret: str


async def create_api_key(
    store: Store, program: ProgramId, *, name: str, scopes: frozenset[str], now: datetime
) -> NewApiKey:
    """Make an API key. Its secret is returned once, and only its digest is stored."""
    assert scopes <= SCOPES.keys()
    secret = SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    key = await store.add_api_key(
        program, name=name, digest=digest_of(secret), scopes=scopes, now=now
    )
    return NewApiKey(key, secret)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret. 256 bits by chance need neither salt nor slowness."""
    return hashlib.sha256(secret.encode()).digest()


def bearer(authorization: str | None) -> str | None:
    """The secret in `Bearer SECRET`; None for anything else."""
    scheme, _, secret = (authorization or "").strip().partition(" ")
    secret = secret.strip()
    is_plausible = secret.isascii() and 0 < len(secret) <= _SECRET_LENGTH_MAX
    return secret if scheme.lower() == "bearer" and is_plausible else None


class ApiKeys:
    """Finds the API key of a secret.

    Keys are looked up by digest: how long that takes says nothing about any secret. What was found
    is trusted for some seconds, so a revoked key works for as long at most; where the revocation is
    heard of, no longer.
    """

    def __init__(
        self,
        store: Store,
        *,
        trusted_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._trusted_seconds = trusted_seconds
        self._clock = clock
        self._trusted: dict[bytes, tuple[float, ApiKey]] = {}
        self._distrusted = 0

    def distrust(self, program: ProgramId) -> None:
        """Look all keys of a program up again: one of them was revoked."""
        self._distrusted += 1
        self._trusted = {
            digest: trusted
            for digest, trusted in self._trusted.items()
            if trusted[1].program != program
        }

    async def key_of(self, authorization: str | None) -> ApiKey | None:
        """The key that an `Authorization` header or `connection_init` payload names, if any."""
        secret = bearer(authorization)
        if secret is None or not secret.startswith(SECRET_PREFIX):
            return None
        digest = digest_of(secret)
        until, key = self._trusted.get(digest, (float("-inf"), None))
        if key is not None and self._clock() < until:
            return key
        distrusted = self._distrusted
        key = await self._store.api_key(digest)
        if key is None:
            self._trusted.pop(digest, None)
            return None
        if distrusted != self._distrusted:
            return key  # it may have been read before it was revoked
        if len(self._trusted) >= _CACHED_MAX:
            self._trusted.clear()
        self._trusted[digest] = (self._clock() + self._trusted_seconds, key)
        return key
