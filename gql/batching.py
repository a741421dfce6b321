"""Loaders for what is asked in groups: without them each kind of batch would be written anew."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import TypeVar

from strawberry.dataloader import DataLoader

Key = TypeVar("Key", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
Value = TypeVar("Value")


def grouped(
    load: Callable[[Group, list[Key]], Awaitable[Mapping[Key, Value]]],
    group_of: Callable[[Key], Group],
) -> DataLoader[Key, Value]:
    """A loader that reads once for each group of keys: keys that differ in no argument."""

    async def load_all(keys: list[Key]) -> list[Value]:
        groups: dict[Group, list[Key]] = defaultdict(list)
        for key in keys:
            groups[group_of(key)].append(key)
        found: dict[Key, Value] = {}
        for each in await asyncio.gather(*(load(group, asked) for group, asked in groups.items())):
            found.update(each)
        return [found[key] for key in keys]

    return DataLoader(load_fn=load_all)
