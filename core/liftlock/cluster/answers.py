"""What went wrong with a request, as errors that a person can act on."""

from __future__ import annotations

import json
import math
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from liftlock.errors import Absent, ClusterError, Expired, Forbidden, LoginNeeded, Refused, Throttled, Unreachable
from liftlock.text import printable, shorten

IDLE = "Idle"
"""The reason of an Unreachable that only says: this one connection was silent too long."""
_LONGEST = 600
_RETRY = "it is tried again by itself; r tries now"


def failed(status: int, data: bytes, headers: Mapping[str, str], context: str, method: str, path: str) -> ClusterError:
    """The error of an answer of 400 and above; the server's own words stand in its detail."""
    said, reason, causes = _said(data)
    place = printable(context)
    if status == 401:
        return LoginNeeded(f"{place} wants a login", said, "log in, then press r", status=401)
    if status == 403:
        if "system:anonymous" in said:
            return LoginNeeded(f"{place} does not know you", said, "log in, then press r", status=403)
        return Forbidden(
            f"{place} forbids it",
            said,
            f"ask for the right to {method.lower()} {printable(path)}",
            status=403,
            reason=reason,
        )
    if status == 404:
        return Absent(f"{place} has no such thing", said, status=404, reason=reason)
    if status == 410 or (status == 504 and b"ResourceVersionTooLarge" in data):  # forgotten, or not reached (a restore)
        return Expired(f"{place} forgot that version", said, status=status, reason=reason)
    if status == 429:
        return Throttled(f"{place} has too many requests", said, _RETRY, after=_after(headers, data))
    if status >= 500:
        return Unreachable(f"{place} answers with an error ({status})", said, _RETRY, status=status, reason=reason)
    return Refused(f"{place} does not take it", said, status=status, reason=reason, causes=causes)


def of_status(told: Mapping[str, Any], context: str) -> ClusterError:
    """The error of a Status that came inside a watch."""
    code = told.get("code")
    return failed(code if isinstance(code, int) else 500, json.dumps(dict(told)).encode(), {}, context, "watch", "")


def nonsense(data: bytes, context: str, server: str) -> ClusterError:
    """The error of an answer that no API server gives: a proxy's page, a portal that wants a login."""
    begins = printable(shorten(data[:200].decode("utf-8", "replace").strip(), 80))
    return Unreachable(
        f"{printable(context)} does not answer as an API server",
        f"{server} says: {begins}",
        "is there a proxy or a login page between?",
    )


def lost(error: BaseException, context: str, server: str) -> ClusterError:
    """The error of a request that got no answer."""
    place = printable(context)
    inner = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    said = printable(shorten(str(error) or type(error).__name__, _LONGEST))
    if isinstance(error, TimeoutError):
        return Unreachable(f"{place} does not answer", f"no answer from {server} in time", _RETRY)
    for one in (error, inner, getattr(error, "os_error", None)):
        if isinstance(one, ssl.SSLCertVerificationError):  # the client's own of that kind holds the one that says why
            why = getattr(getattr(one, "certificate_error", one), "verify_message", "")
            return Unreachable(
                f"The certificate of {place} is not to be trusted",
                printable(f"{why or said} ({server})"),
                "renew the certificate or the kubeconfig's certificate-authority",
            )
        if isinstance(one, socket.gaierror):
            return Unreachable(f"{place}: its name is not known", f"{server}: {printable(str(one.strerror))}", _RETRY)
        if isinstance(one, ConnectionRefusedError):
            return Unreachable(f"{place} refuses the connection", f"nothing listens at {server}", _RETRY)
    if isinstance(inner, ssl.SSLError) and "EXPIRED" in str(inner).upper():
        return LoginNeeded(
            f"The client certificate of {place} has expired", said, "renew your kubeconfig, then press r"
        )
    return Unreachable(f"{place} is not reached", f"{server}: {said}", _RETRY)


def _said(data: bytes) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The message, the reason and the causes by field of a Status; or the answer's first words."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, Mapping):
        return printable(shorten(data[:2000].decode("utf-8", "replace").strip(), _LONGEST)), "", ()
    message, reason, details = told.get("message"), told.get("reason"), told.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    fields = tuple(
        (printable(str(one.get("field", ""))), printable(shorten(str(one.get("message", "")), _LONGEST)))
        for one in (causes if isinstance(causes, list) else ())
        if isinstance(one, Mapping)
    )
    return printable(shorten(str(message or ""), _LONGEST)), printable(str(reason or "")), fields


def _after(headers: Mapping[str, str], data: bytes) -> float:
    """The seconds that the server asks for: in the header, or in the Status where that came inside a watch."""
    try:
        seconds = float(headers.get("Retry-After") or json.loads(data)["details"]["retryAfterSeconds"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1.0
    return min(max(seconds, 0.1), 120.0) if math.isfinite(seconds) else 1.0
