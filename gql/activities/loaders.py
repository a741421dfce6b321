"""Batched reads of what members did, and of what followed from it."""

from functools import cached_property

from strawberry.dataloader import DataLoader

from gamification.commands import CommandType
from gamification.ids import MemberId
from gamification.reading import Reading
from gamification.stored import ActivityRow, AwardRow, EntryRow


class ActivityLoaders:
    """The loaders of activities, by their keys."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @cached_property
    def by_key(self) -> DataLoader[str, ActivityRow | None]:
        reading = self._reading

        async def load(keys: list[str]) -> list[ActivityRow | None]:
            found = await reading.activities_by_key(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def awards(self) -> DataLoader[str, list[AwardRow]]:
        reading = self._reading

        async def load(keys: list[str]) -> list[list[AwardRow]]:
            found = await reading.awards_of_activities(keys)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def entries(self) -> DataLoader[str, list[EntryRow]]:
        reading = self._reading

        async def load(keys: list[str]) -> list[list[EntryRow]]:
            found = await reading.entries_of_activities(keys)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def attribute_changes(self) -> DataLoader[MemberId, list[ActivityRow]]:
        """The facts that tell what was known of each member when."""

        reading = self._reading

        async def load(members: list[MemberId]) -> list[list[ActivityRow]]:
            found = await reading.facts_of_type(members, CommandType.MEMBER_CHANGED.value)
            return [found[member] for member in members]

        return DataLoader(load_fn=load)
