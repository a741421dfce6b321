"""Without this bus a command that changes a program would need subscribers to do it."""

from gamification.live import Changes


class Unheard:
    """The bus of a process that nobody is subscribed to."""

    def publish(self, changes: Changes) -> None:
        """Nobody hears it."""
