"""Pages of lists: Relay connections whose cursors name places, so lists may change meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar, cast

import orjson
import strawberry

from gamification.refusals import InvalidInput
from gql.lasting import LASTING

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100

T = TypeVar("T")
Row = TypeVar("Row")
Part = str | int

First = Annotated[
    int | None,
    strawberry.argument(description=f"How many to return, 1 to {PAGE_SIZE_MAX}."),
]
After = Annotated[str | None, strawberry.argument(description="Return what follows this cursor.")]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


# -------------------------------------------------------------------------------------- types


@strawberry.interface(description="Anything that `Query.node` finds by its id.")
class Node:
    @strawberry.field(description="An opaque id, unique among all types of a program.")
    def id(self) -> strawberry.ID:
        raise NotImplementedError


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether more follow this page.", metadata=LASTING
    )
    has_previous_page: bool = strawberry.field(
        description="Whether the page was asked for by a place that others stand before.",
        metadata=LASTING,
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first edge.", metadata=LASTING
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last edge: `after` it the next page begins.",
        metadata=LASTING,
    )


@strawberry.type(description="One element of a list, and its place there.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The element.", metadata=LASTING)
    row: strawberry.Private[object]
    place: strawberry.Private[Callable[[Any], tuple[Part, ...]]]

    @strawberry.field(description="The element's place in the list, opaque.", metadata=LASTING)
    def cursor(self) -> str:
        return cursor(*self.place(self.row))


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(
        description="The elements, with their places.", metadata=LASTING
    )
    page_info: PageInfo = strawberry.field(
        description="Where the page lies in the list.", metadata=LASTING
    )


def page(
    rows: Sequence[Row],
    size: int,
    *,
    node: Callable[[Row], T],
    place: Callable[[Row], tuple[Part, ...]],
    follows: bool,
) -> Connection[T]:
    """The page of the first `size` rows. One row more tells that there is a next page.

    `follows` says whether anything stands before it.
    """
    edges, info = cut(rows, size, node=node, place=place, follows=follows)
    return Connection(edges=edges, page_info=info)


def cut(
    rows: Sequence[Row],
    size: int,
    *,
    node: Callable[[Row], T],
    place: Callable[[Row], tuple[Part, ...]],
    follows: bool,
) -> tuple[list[Edge[T]], PageInfo]:
    """The edges and the page info of `page`, for connections that have more fields."""
    shown = rows[:size]
    info = PageInfo(
        has_next_page=len(rows) > size,
        has_previous_page=follows,
        start_cursor=cursor(*place(shown[0])) if shown else None,
        end_cursor=cursor(*place(shown[-1])) if shown else None,
    )
    return [Edge(node=node(row), row=row, place=place) for row in shown], info


def page_size(first: int | None, *, name: str = "first") -> int:
    """How many rows a page has. Refuses what is out of bounds."""
    if first is None:
        return PAGE_SIZE
    if 1 <= first <= PAGE_SIZE_MAX:
        return first
    raise InvalidInput(f"'{name}' must be 1 to {PAGE_SIZE_MAX}, not {first}", field=(name,))


# ------------------------------------------------------------------------------- ids and cursors


def node_id(type_name: str, *parts: Part) -> strawberry.ID:
    """An opaque id that says which type the node has and what it is called there."""
    return strawberry.ID(cursor(type_name, *parts))


def node_parts(id: str) -> tuple[str, tuple[Part, ...]] | None:
    """What `node_id` put together; None for an id that we did not make."""
    parts = _decoded(id)
    if not parts or not isinstance(parts[0], str):
        return None
    return parts[0], parts[1:]


def cursor(*place: Part) -> str:
    """An opaque cursor for a place; its first part says in which kind of list."""
    return urlsafe_b64encode(orjson.dumps(place)).rstrip(b"=").decode()


def place_of(
    after: str, kind: str, *types: type[str] | type[int], name: str = "after"
) -> list[Part]:
    """The place a cursor names, without its kind. Refuses cursors of other lists."""
    parts = _decoded(after)
    if parts and parts[0] == kind and list(map(type, parts[1:])) == list(types):
        return list(parts[1:])
    raise InvalidInput(f"'{name}' is not a cursor of this list", field=(name,))


def micros(at: datetime) -> int:
    """A moment as microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """The moment that `micros` names."""
    try:
        return _EPOCH + micros * _MICROSECOND
    except OverflowError:
        raise InvalidInput("the cursor names no moment", field=("after",)) from None


def _decoded(text: str) -> tuple[Part, ...]:
    try:
        parts: object = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return ()
    found = cast("list[Part]", parts) if isinstance(parts, list) else []
    return tuple(found) if all(type(part) in (str, int) for part in found) else ()
