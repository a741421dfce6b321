"""Lots and allocations as the text that an account and an entry keep them in."""

from collections.abc import Iterable
from typing import Any

import orjson

from gamification.lots import Allocation, Hold, Lot, Lots
from models.times import from_micros, from_micros_or_null, to_micros, to_micros_or_null


def lots_to_text(lots: Lots) -> str:
    """[open, holds, debt, matured_at, used_from, used_at], times in microseconds."""
    return _text(
        [
            _to_list(lots.open),
            [[h.key, to_micros(h.until), _to_list(h.lots), h.short] for h in lots.holds],
            lots.debt,
            to_micros_or_null(lots.matured_at),
            to_micros_or_null(lots.used_from),
            to_micros_or_null(lots.used_at),
        ]
    )


def lots_to_core(text: str) -> Lots:
    """What `lots_to_text` wrote."""
    open_, holds, debt, matured_at, used_from, used_at = orjson.loads(text)
    return Lots(
        _to_lots(open_),
        tuple(
            Hold(key, from_micros(until), _to_lots(lots), short)
            for key, until, lots, short in holds
        ),
        debt,
        from_micros_or_null(matured_at),
        from_micros_or_null(used_from),
        from_micros_or_null(used_at),
    )


def allocations_to_text(allocations: Iterable[Allocation]) -> str:
    """[[amount, expires_at, 1 for a debt], …]"""
    return _text([[a.amount, to_micros_or_null(a.expires_at), int(a.is_debt)] for a in allocations])


def allocations_to_core(text: str) -> tuple[Allocation, ...]:
    """What `allocations_to_text` wrote."""
    return tuple(
        Allocation(amount, from_micros_or_null(expires_at), bool(is_debt))
        for amount, expires_at, is_debt in orjson.loads(text)
    )


def _to_list(lots: Iterable[Lot]) -> list[list[Any]]:
    return [
        [
            lot.amount,
            to_micros_or_null(lot.expires_at),
            to_micros_or_null(lot.matures_at),
            lot.awaits,
        ]
        for lot in lots
    ]


def _to_lots(rows: Iterable[Any]) -> tuple[Lot, ...]:
    return tuple(
        Lot(amount, from_micros_or_null(expires_at), from_micros_or_null(matures_at), awaits)
        for amount, expires_at, matures_at, awaits in rows
    )


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
