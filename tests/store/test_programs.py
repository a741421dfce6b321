"""Programs, the versions of their rules, and their credentials."""

import pytest

from gamification.ids import ProgramId
from gamification.ports import DefinitionVersion, KeyTaken, ProgramExists, ProgramRecord, Store
from tests.store.builders import T0, at, new_program

FIRST = DefinitionVersion(1, None, T0, "{}")


async def test_a_program_keeps_all_versions_of_its_rules(store: Store) -> None:
    created = await store.create_program("forum", FIRST)
    second = DefinitionVersion(2, at(5), at(6), '{"name": "Reise"}')
    async with store.writing(created) as writing:
        await writing.add_version(second)
    expected = ProgramRecord(created.id, "forum", (FIRST, second))
    assert await store.program("forum") == expected
    assert await store.program_by_id(created.id) == expected
    assert await store.program("other") is None
    assert await store.program_by_id(ProgramId(99)) is None
    other = await new_program(store, "other")
    assert await store.programs() == [expected, other]
    await store.ping()


async def test_names_are_taken_once(store: Store) -> None:
    created = await store.create_program("forum", FIRST)
    with pytest.raises(ProgramExists):
        await store.create_program("forum", DefinitionVersion(1, None, at(1), "{}"))
    with pytest.raises(KeyTaken):
        async with store.writing(created) as writing:
            await writing.add_version(DefinitionVersion(1, None, at(1), "{}"))
    assert await store.programs() == [created]


async def test_keys_are_known_by_their_digest_until_revoked(store: Store) -> None:
    forum, other = await new_program(store, "forum"), await new_program(store, "other")
    digest = bytes(range(32))
    key = await store.add_api_key(
        forum.id, name="app", digest=digest, scopes=["write", "read"], now=at(1)
    )
    assert key == (key.id, forum.id, "app", frozenset({"read", "write"}), at(1))
    second = await store.add_api_key(
        other.id, name="app", digest=b"\x00" * 32, scopes=[], now=at(2)
    )
    assert await store.api_key(digest) == key
    assert await store.api_key(bytes(32)) == second
    assert await store.api_key(b"\x01" * 32) is None
    assert await store.api_keys(forum.id) == [key]
    assert await store.revoke_api_key(other.id, key.id) is False
    assert await store.api_key(digest) == key
    assert await store.revoke_api_key(forum.id, key.id) is True
    assert await store.revoke_api_key(forum.id, key.id) is False
    assert await store.api_key(digest) is None
    assert await store.api_keys(forum.id) == []
    assert await store.api_keys(other.id) == [second]
