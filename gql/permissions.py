"""Who may do what: every root field names the scope it asks for, and no scope means no."""

from typing import Any, ClassVar, NoReturn

from strawberry.permission import BasePermission

from gql.context import Info
from gql.errors import FORBIDDEN, refused


class Scoped(BasePermission):
    """Asks for one scope of the caller's credentials."""

    scope: ClassVar[str]

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        return self.scope in info.context.scopes

    def on_unauthorized(self) -> NoReturn:
        raise refused(FORBIDDEN, f"These credentials lack the scope '{self.scope}'.")

    @property
    def schema_directive(self) -> None:
        """Permissions are no business of the printed schema."""


class Read(Scoped):
    """May look at the program and everything in it."""

    scope = "read"


class WriteActivities(Scoped):
    """May say what members did, and take it back."""

    scope = "activities:write"


class WriteMembers(Scoped):
    """May change members."""

    scope = "members:write"


class WritePoints(Scoped):
    """May move points by hand: give, take, spend."""

    scope = "points:write"


class WriteDefinition(Scoped):
    """May change the program's rules."""

    scope = "definition:write"
