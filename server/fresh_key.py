"""Without this module activities sent without a key could not be told apart, or put in order."""

import secrets
import time

_TIME_DIGITS = 14
_last = 0


def fresh_key() -> str:
    """A key no other activity has: a clock that never stands still, then 40 bits by chance.

    Keys sort as they were made, because they break ties of time between a member's facts.
    """
    global _last  # noqa: PLW0603 (one clock for the process is the point)
    _last = max(time.time_ns() // 1000, _last + 1)
    return f"auto-{_last:0{_TIME_DIGITS}x}{secrets.token_hex(5)}"
