"""What members share, computed again from their facts, as the auditor compares it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from gamification.commands import CommandType
from gamification.definition.compiled import CompiledProgram
from gamification.facts import Activity, Retraction
from gamification.state import State


def shared_by(
    rules: CompiledProgram,
    history: Iterable[tuple[Activity, tuple[Retraction, ...]]],
    state: State,
) -> Counter[str]:
    """What one member adds to the shared numbers: to totals, and to the places that were given.

    A place stays given also when the fact that gave it was taken back.
    """
    found: Counter[str] = Counter()
    for key, tally in state.tallies.items():
        challenge = rules.totalled.get(key.metric)
        if challenge is not None:
            found[challenge.total_key(key.window)] += tally.value
    for fact, _ in history:
        if fact.type == CommandType.CHALLENGE_WON.value:
            challenge = rules.challenges.get(str(fact.properties["challenge"]))
            if challenge is not None and challenge.winners is not None:
                found[challenge.places_key(str(fact.properties["run"]))] += 1
    return found


def differing(
    rules: CompiledProgram, stored: Mapping[str, int], computed: Mapping[str, int]
) -> Iterator[tuple[str, int, int]]:
    """The shared numbers of challenges that are not what the facts make of them: the key, what is
    stored, and what it should be."""
    of_facts = tuple(
        each.total_key("") if each.is_shared else each.places_key("")
        for each in rules.challenges.values()
    )
    for key in sorted(stored.keys() | computed.keys()):
        one, other = stored.get(key, 0), computed.get(key, 0)
        if one != other and key.startswith(of_facts):
            yield key, one, other
