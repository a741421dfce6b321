"""API keys: shown once, stored as a digest, found by digest, and gone when they are revoked."""

import asyncio
import re

import pytest

from gamification.ids import ProgramId
from gamification.ports import ApiKey, Store
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from server.credentials import ApiKeys, bearer, create_api_key, digest_of
from tests.builders import NOON
from tests.server.terminal import CLUB


class Clock:
    """A clock that stands until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def made(store: Store, *scopes: str) -> tuple[ApiKey, str]:
    applied = await apply_definition(store, CLUB, now=NOON)
    assert applied.program is not None
    return await create_api_key(
        store, applied.program.id, name="test", scopes=frozenset(scopes), now=NOON
    )


async def test_a_key_is_found_by_its_secret(store: Store) -> None:
    key, secret = await made(store, "read", "members:write")
    assert re.fullmatch(r"gam_[A-Za-z0-9_-]{43}", secret)
    assert await ApiKeys(store).key_of(f"Bearer {secret}") == key
    assert key.scopes == {"read", "members:write"}
    assert await store.api_key(digest_of(secret)) == key


async def test_the_secret_itself_is_no_digest(store: Store) -> None:
    _, secret = await made(store, "read")
    assert await store.api_key(secret.encode()) is None


@pytest.mark.parametrize(
    ("authorization", "secret"),
    [
        ("Bearer gam_x", "gam_x"),
        ("bearer  gam_x ", "gam_x"),
        ("gam_x", None),
        ("Basic gam_x", None),
        ("Bearer ", None),
        ("Bearer gam_\ud800", None),
        ("Bearer gam_ü", None),
        ("Bearer " + "x" * 101, None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_bearer_token_is_read(authorization: str | None, secret: str | None) -> None:
    assert bearer(authorization) == secret


async def test_wrong_secrets_are_nobodys(store: Store) -> None:
    _, secret = await made(store, "read")
    keys = ApiKeys(store)
    assert await keys.key_of(f"Bearer {secret[:-1]}") is None
    assert await keys.key_of(f"Bearer {secret}x") is None
    assert await keys.key_of(secret) is None


async def test_a_revoked_key_is_refused_when_trust_runs_out(store: Store) -> None:
    key, secret = await made(store, "read")
    clock = Clock()
    keys = ApiKeys(store, trusted_seconds=10, clock=clock)
    assert await keys.key_of(f"Bearer {secret}") == key
    assert await store.revoke_api_key(key.program, key.id) is True
    clock.seconds = 9.9
    assert await keys.key_of(f"Bearer {secret}") == key
    clock.seconds = 10.0
    assert await keys.key_of(f"Bearer {secret}") is None


class Slow(Twin):
    """Answers about a key when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def api_key(self, digest: bytes) -> ApiKey | None:
        key = await super().api_key(digest)
        self.asked.set()
        await self.may_answer.wait()
        return key


async def test_a_revocation_that_is_heard_of_counts_at_once(store: Store) -> None:
    key, secret = await made(store, "read")
    keys = ApiKeys(store, trusted_seconds=1000)
    assert await keys.key_of(f"Bearer {secret}") == key
    assert await store.revoke_api_key(key.program, key.id) is True
    assert await keys.key_of(f"Bearer {secret}") == key
    keys.distrust(ProgramId(key.program + 1))
    assert await keys.key_of(f"Bearer {secret}") == key
    keys.distrust(key.program)
    assert await keys.key_of(f"Bearer {secret}") is None


async def test_a_key_that_was_read_before_its_revocation_is_not_trusted() -> None:
    store = Slow()
    key, secret = await made(store, "read")
    keys = ApiKeys(store, trusted_seconds=1000)
    store.may_answer.clear()
    asking = asyncio.create_task(keys.key_of(f"Bearer {secret}"))
    await store.asked.wait()
    assert await store.revoke_api_key(key.program, key.id) is True
    keys.distrust(key.program)
    store.may_answer.set()
    assert await asking == key  # it was asked for before
    assert await keys.key_of(f"Bearer {secret}") is None
