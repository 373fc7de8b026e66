"""The command log of all runs, in the user's state folder.

One line of JSON an entry. What changes something is written at once, so that a program that is killed leaves it
behind; what only reads is written at the end. The file is the user's alone (0600), has a largest size, and is
shared by all programs that run at a time: one writes, the others wait for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from liftlock.commands import Entry, Journal
from liftlock.config.places import log_file
from liftlock.text import printable

_LARGEST = 4 << 20
"""Bytes of the file; beyond, the oldest entries go: first what only read."""
_KEPT = 3 << 20
_READS = 1 << 20
_LARGEST_SCRIPT = 256 << 10
_HELD = 2000
"""How many entries that only read wait at most to be written."""


class Logbook:
    """Writes the journal of one run down. Where nothing can be written nothing is, and nobody is bothered."""

    def __init__(self, repository: str, place: Path | None = None) -> None:
        """`repository` is the path that it is known by, `place` another file than the user's own."""
        self._repository = repository
        self._place = place
        self._run = f"{os.getpid()}-{time.time_ns():x}"
        self._held: list[Entry] = []
        self._lock = threading.Lock()

    def follow(self, journal: Journal) -> None:
        """Keep what stands in the journal, and all that comes."""
        for entry in journal.entries():
            self.keep(entry)
        journal.listen(self.keep)

    def keep(self, entry: Entry) -> None:
        """Keep one entry; it is on disk when it changed something."""
        with self._lock:
            self._held.append(entry)
            if entry.mutates or len(self._held) >= _HELD:
                self._write()

    def close(self) -> None:
        """Write what still waits."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        held, self._held = self._held, []
        if not held:
            return
        data = b"".join(self._line(entry) for entry in held)
        with contextlib.suppress(OSError):  # a full disk or a read-only home: the log of this run is on the screen
            place = self._place or log_file()
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(place):
                if _append(place, data) > _LARGEST:
                    _shorten(place)

    def _line(self, entry: Entry) -> bytes:
        script = entry.script
        if len(script) > _LARGEST_SCRIPT:
            script = f"# too long to be kept here: {entry.text[:200]}"
        told = {
            "at": round(entry.at, 3),
            "run": self._run,
            "repository": self._repository,
            "action": entry.action,
            "text": entry.text[:_LARGEST_SCRIPT],
            "seconds": round(entry.seconds, 3),
            "code": entry.code,
            "mutates": entry.mutates,
            "script": script,
        }
        return json.dumps(told).encode() + b"\n"


def entries(repository: str, *, mutating_only: bool = True, place: Path | None = None) -> tuple[Entry, ...]:
    """What was run in a repository, the oldest first. Lines that are damaged, or no entries, are passed over."""
    found = []
    for told in _lines(place or log_file()):
        if told.get("repository") != repository or (mutating_only and not told.get("mutates")):
            continue
        with contextlib.suppress(KeyError, TypeError, ValueError):
            code = told["code"]
            found.append(
                Entry(
                    printable(str(told["action"])),
                    printable(str(told["text"])),
                    float(told["at"]),
                    float(told["seconds"]),
                    None if code is None else int(code),
                    bool(told["mutates"]),
                    str(told["script"]),
                    str(told["run"]),
                )
            )
    return tuple(found)


def _lines(place: Path) -> Iterator[dict[str, Any]]:
    try:
        data = place.read_bytes()
    except OSError:
        return
    for line in data.split(b"\n"):
        with contextlib.suppress(ValueError, RecursionError):
            told = json.loads(line) if line else None
            if isinstance(told, dict):
                yield told


def _append(place: Path, data: bytes) -> int:
    """Write at the end, in one piece; how many bytes the file has then."""
    handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(handle).st_mode & 0o077:
            os.fchmod(handle, 0o600)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def _shorten(place: Path) -> None:
    """Leave the newest entries, those that changed something before those that only read."""
    lines = place.read_bytes().splitlines(keepends=True)
    kept: set[int] = set()
    for wanted, room in ((b'"mutates": true', _KEPT - _READS), (b'"mutates": false', _READS)):
        for number in range(len(lines) - 1, -1, -1):
            if wanted in lines[number]:
                room -= len(lines[number])
                if room < 0:
                    break
                kept.add(number)
    shorter = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        shorter.unlink(missing_ok=True)
        _append(shorter, b"".join(lines[number] for number in sorted(kept)))
        shorter.replace(place)
    finally:
        shorter.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """One writer at a time: whoever shortens the file takes away nothing that another one writes."""
    handle = os.open(place.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
