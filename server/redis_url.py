"""Without this module a wrong address of Redis would only be noticed when it is first used."""

from urllib.parse import urlsplit


def check_redis_url(url: str) -> None:
    """Accept `redis://HOST`, `rediss://HOST` and `unix:///PATH`. Refuses others with `ValueError`,
    without repeating what may hold a password."""
    parts = urlsplit(url)
    match parts.scheme:
        case "redis" | "rediss":
            is_usable = bool(parts.hostname) and (parts.path[1:] or "0").isdecimal()
            is_usable = is_usable and _has_a_port_or_none(url)
        case "unix":
            is_usable = len(parts.path) > 1
        case _:
            is_usable = False
    if not is_usable:
        raise ValueError(
            f"{parts.scheme}://… is no URL of Redis: give redis://HOST:PORT/NUMBER, "
            "rediss://HOST:PORT/NUMBER or unix:///PATH"
        )


def _has_a_port_or_none(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
