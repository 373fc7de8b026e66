"""Until when credentials last, as far as they say it themselves."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _EXPLICIT_VERSION = 0x30, 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


def moment(text: Any) -> float | None:
    """A time of the API (RFC 3339) in seconds since the epoch, None when it is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()


def token_expiry(token: str) -> float | None:
    """When a JSON Web Token expires, None when the token is none or does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return None


def certificate_expiry(pem: str) -> float | None:
    """When the first certificate of this text expires (X.509, RFC 5280: `notAfter`), None when it cannot be told."""
    _, begin, rest = pem.partition(_BEGIN)
    if not begin:
        return None
    try:
        der = base64.b64decode("".join(rest.partition(_END)[0].split()))
        _, inside, _ = _element(der, 0)
        _, at, _ = _element(der, inside)
        tag, _, after = _element(der, at)
        if tag == _EXPLICIT_VERSION:
            at = after
        for _ in ("serial number", "signature", "issuer"):
            _, _, at = _element(der, at)
        tag, at, _ = _element(der, at)
        if tag != _SEQUENCE:
            return None
        _, _, at = _element(der, at)  # notBefore
        tag, start, end = _element(der, at)
        return _time(tag, der[start:end].decode("ascii"))
    except (IndexError, ValueError, binascii.Error):
        return None


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the element there, where its content starts, and where it ends."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(der[start : start + count], "big"), start + count
    if start + length > len(der):
        raise ValueError("an element is longer than what holds it")
    return tag, start, start + length


def _time(tag: int, text: str) -> float | None:
    if tag == _UTC_TIME:  # two digits of the year: from 50 on it is the last century (RFC 5280, 4.1.2.5.1)
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif tag != _GENERALIZED_TIME:
        return None
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
