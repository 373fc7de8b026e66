"""Revisions as controllers write them, addresses without secrets, durations and times of day."""

from __future__ import annotations

import re
from datetime import datetime

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_HEX = re.compile(r"[0-9a-f]{7,64}")


def commit_of(revision: str) -> str:
    """The hash in a revision of Flux, "" when there is none (fluxcd/pkg/git).

    `main@sha1:5394…`, `sha1:5394…`, `refs/heads/main@sha1:…`, and the older `main/5394…`, `HEAD/5394…`, `5394…`.
    """
    digest = revision.rpartition(":")[2] if ":" in revision else revision.rpartition("/")[2]
    return digest if _HEX.fullmatch(digest) else ""


def pointer_of(revision: str) -> str:
    """The branch or tag in a revision of Flux, "" when there is none."""
    if "@" in revision:
        return revision.rpartition("@")[0].removeprefix("refs/heads/").removeprefix("refs/tags/")
    before = revision.rpartition("/")[0]
    return "" if before == "HEAD" else before


def seconds(duration: object) -> float | None:
    """A duration as Go writes it (`1m30s`) in seconds, None when it is none."""
    if not isinstance(duration, str) or not duration:
        return None
    parts = _DURATION.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


_USER = re.compile(r"(?<=://)[^/@]*@")


def public(url: str) -> str:
    """An address of a repository without the user and password that some carry."""
    return _USER.sub("", url)


def clock(when: float, now: float) -> str:
    """A moment as the time of day here, with the date when it was another day. It reads the same at each look."""
    moment = datetime.fromtimestamp(when)
    same = moment.date() == datetime.fromtimestamp(now).date()
    return moment.strftime("%H:%M" if same else "%d %b %H:%M")


def span(length: float) -> str:
    """A time as people say it: `40 s`, `3 min`, `2 h`."""
    if length < 90:
        return f"{max(0, round(length))} s"
    if length < 5400:
        return f"{round(length / 60)} min"
    return f"{round(length / 3600)} h" if length < 48 * 3600 else f"{round(length / 86400)} days"
