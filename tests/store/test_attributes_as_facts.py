"""The migration that makes facts of what was known of members before there were such facts."""

import importlib

from gamification.definition.compiling import compile_timeline
from gamification.ports import DefinitionVersion
from gamification.program import Program
from gamification.use_cases.verify_program import Difference, verify_program
from models.database import open_database
from models.statement import Statement
from models.store import SqlStore
from tests.builders import definition
from tests.store.builders import T0, of

migration = importlib.import_module("models.migrations.0008_attributes_as_facts")
DOCUMENT = definition(key="forum")


async def differences(store: SqlStore, program: Program) -> list[str]:
    found = verify_program(store, program)
    return [str(each) async for each in found if isinstance(each, Difference)]


async def test_attributes_told_before_become_facts_once(database_url: str) -> None:
    async with open_database(database_url) as database:
        store = SqlStore(database)
        record = await store.create_program("forum", DefinitionVersion(1, None, T0, DOCUMENT))
        program = Program(record, compile_timeline([(1, None, DOCUMENT)]))
        async with store.writing(record) as writing:
            await writing.lock_members(["ann", "bob"], T0)
            told = {"country": "TR", "vip": True}
            await writing.update_member(of("ann"), display_name=None, attributes=told)
        assert await differences(store, program) == [
            "what is known of ann: stored {'country': 'TR', 'vip': True}, computed {}"
        ]
        for _ in range(2):
            async with database.transaction() as session:
                await session.fetch(Statement(migration.FACTS))
                await session.fetch(Statement(migration.TALLIES))
        assert await differences(store, program) == []
        found = await store.reading(record).facts_of_type([of("ann"), of("bob")], "member:changed")
        facts = {member: [row.activity for row in rows] for member, rows in found.items()}
        assert [fact.properties for fact in facts[of("ann")]] == [told]
        assert facts[of("bob")] == []
