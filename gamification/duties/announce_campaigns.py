"""Everybody is told that campaigns begin and end."""

from datetime import datetime

from gamification.campaign_notices import begun_and_ended
from gamification.live import Bus, Changes
from gamification.ports import Store
from gamification.program import Program


async def announce_campaigns(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    """Announce what began or ended since; how many announcements that were. Each is made once, also
    after a downtime, unless it is old by then."""
    due = list(begun_and_ended(program.rules, now))
    if not due:
        return 0
    async with store.writing(program.record) as writing:
        notices = tuple(await writing.add_notices(due))
    if notices:
        bus.publish(Changes(program.id, frozenset(), frozenset(), notices))
    return len(notices)
