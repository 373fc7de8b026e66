"""Values that are written differently and mean the same: amounts, encoded data, numbers as texts."""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal, InvalidOperation
from typing import Any

_QUANTITY = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<unit>[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def amount(value: Any) -> Decimal | None:
    """What a quantity comes to, None when it is none: `500m`, `1Gi`, `1e3`, `0.5`, a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _QUANTITY.fullmatch(str(value).strip())
    if found is None:
        return None
    unit = found["unit"] or ""
    try:
        number = Decimal(found["number"])
        if unit in _BINARY:
            return number * (1 << _BINARY[unit])
        if unit in _DECIMAL:
            return number.scaleb(_DECIMAL[unit])
        exponent = int(unit[1:])
        return number.scaleb(exponent) if abs(exponent) <= 60 else None
    except InvalidOperation:
        return None


def same_amount(one: Any, other: Any) -> bool:
    """Whether two quantities are equal."""
    mine, theirs = amount(one), amount(other)
    return mine is not None and mine == theirs


def same_data(one: Any, other: Any) -> bool:
    """Whether two texts in base64 hold the same bytes."""
    mine, theirs = _bytes(one), _bytes(other)
    return mine is not None and mine == theirs


def _bytes(text: Any) -> bytes | None:
    try:
        return base64.b64decode("".join(str(text).split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def same_scalar(one: Any, other: Any) -> bool:
    """Whether a number stands against the same number as text, as int-or-string fields allow."""
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, int) and isinstance(other, str):
        return str(one) == other
    return isinstance(one, str) and isinstance(other, int) and one == str(other)
