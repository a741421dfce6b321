"""What only the whole definition shows: names that nothing uses, and rules that feed each other."""

from collections import defaultdict
from collections.abc import Iterator

from gamification.definition.document import Definition
from gamification.definition.scope import Scope


def check_unused(scope: Scope) -> None:
    """Warn of what is defined and has no effect; it may be there for a later rule."""
    definition = scope.definition
    sections = [
        ("metric", "metrics", definition.metrics),
        ("points", "points", definition.points),
        ("cap", "caps", definition.caps),
        ("activity", "activities", definition.activities),
    ]
    for what, section, parts in sections:
        for name in parts:
            if (what, name) not in scope.used:
                scope.warn(f"{section}.{name}", "is used by nothing", "Use it or remove it")
    if definition.seasons and "season" not in _windows(definition):
        scope.warn("seasons", "are used by nothing", "Use 'over: season' or remove them")


def check_cycles(scope: Scope) -> None:
    """Refuse badges whose gifts lead, over points or other badges, to themselves."""
    edges = _edges(scope.definition)
    for cycle in _cycles(edges):
        chain = " → ".join(cycle)
        scope.error(
            cycle[0].replace("badge ", "badges.", 1),
            f"rewards itself: {chain}",
            "Break the circle: take out one of the gifts or criteria",
        )


def _edges(definition: Definition) -> dict[str, list[str]]:
    """From each badge to the points it gives, from points and badges to those that count them."""
    edges: dict[str, list[str]] = defaultdict(list)
    for key, badge in definition.badges.items():
        edges[f"badge {key}"] += [f"points {unit}" for unit in badge.give]
        for criterion in badge.when or []:
            if criterion.points is not None:
                edges[f"points {criterion.points}"].append(f"badge {key}")
            if criterion.badge is not None:
                edges[f"badge {criterion.badge}"].append(f"badge {key}")
    return edges


def _cycles(edges: dict[str, list[str]]) -> Iterator[list[str]]:
    """One cycle for each badge that can reach itself, each set of badges told once."""
    told: set[frozenset[str]] = set()
    for start in [node for node in edges if node.startswith("badge ")]:
        cycle = _way_back(start, edges)
        if cycle and frozenset(cycle) not in told:
            told.add(frozenset(cycle))
            yield cycle


def _way_back(start: str, edges: dict[str, list[str]]) -> list[str] | None:
    """The shortest way from a node back to itself."""
    came_from: dict[str, str] = {}
    frontier = [start]
    while frontier:
        reached: list[str] = []
        for node in frontier:
            for next_node in edges.get(node, []):
                if next_node == start:
                    way = [start, node] if node != start else [start]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return way[::-1] if len(way) > 1 else [start, start]
                if next_node not in came_from:
                    came_from[next_node] = node
                    reached.append(next_node)
        frontier = reached
    return None


def _windows(definition: Definition) -> set[str]:
    """The words of every window in the definition."""
    words = {metric.over for metric in definition.metrics.values()}
    words |= {cap.per for cap in definition.caps.values()}
    words |= {board.every for board in definition.leaderboards.values()}
    words |= {each.every or "" for each in definition.challenges.values()}
    for badge in definition.badges.values():
        words.add(badge.over or "")
        words |= {criterion.over or "" for criterion in badge.when or []}
    return words
