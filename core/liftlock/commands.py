"""Every process liftlock starts goes through one `Runner`, which keeps the journal.

A command is a value; what ran, for which action, how long and how it ended stands in the journal, from which the
command log and the copyable script are made. Arguments and output can hold credentials (a remote's URL with a
password): `masked` removes them before anything is kept or shown.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import field
from pathlib import Path
from typing import IO

from liftlock.errors import Cancelled, CommandFailed
from liftlock.shell import joined
from liftlock.text import has_unsafe, printable
from liftlock.values import dataclass

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s]*@", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with user and password of every URL in it replaced by `••••`."""
    return _CREDENTIALS.sub(lambda found: f"{found['scheme']}••••@", text)


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start: arguments, place and what to allow. `mutates` marks what changes something.

    `env` is laid over the environment; None takes a variable out. `script` is what a shell would need to do the same
    where the arguments alone do not say it.
    """

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    stdin: bytes | None = None
    timeout: float | None = None
    ok: tuple[int, ...] = (0,)
    mutates: bool = False
    script: str = ""

    def __str__(self) -> str:
        return masked(shlex.join(self.argv))

    @property
    def retold(self) -> str:
        """What a shell needs to do the same; "" for what only reads."""
        return self.script or (joined(self.argv) if self.mutates else "")

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment that the process gets."""
        merged: dict[str, str | None] = {**os.environ, **self.env}
        return {name: value for name, value in merged.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended: its exit code and both streams."""

    code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 survive as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """What it said on standard error, clean and without credentials."""
        return masked(printable(self.stderr.decode("utf-8", "replace").strip(), newlines=True))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `script` is what a shell would need to do the same; empty for what only reads."""

    action: str
    text: str
    at: float
    seconds: float
    code: int | None
    mutates: bool
    script: str = ""
    run: str = ""
    """Which run of the program it belongs to, where entries of several stand together."""


class Journal:
    """What was run, in order, for which action; bounded, and safe to write from any thread."""

    def __init__(self, limit: int = 5000) -> None:
        self._entries: list[Entry] = []
        self._limit = limit
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Entry], None]] = []

    def add(self, entry: Entry) -> None:
        """Keep one more entry and tell who listens."""
        with self._lock:
            self._entries.append(entry)
            del self._entries[: -self._limit]
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(entry)

    def entries(self, *, mutating_only: bool = False) -> tuple[Entry, ...]:
        """All entries so far, oldest first."""
        with self._lock:
            return tuple(entry for entry in self._entries if entry.mutates or not mutating_only)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call the listener with each new entry; the callable that is returned ends it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def as_script(self) -> str:
        """A shell script that does what was done, grouped by action."""
        return as_script(self.entries(mutating_only=True))


def as_script(entries: Iterable[Entry]) -> str:
    """A shell script that does again what these entries changed; what failed stands there as a remark."""
    lines = ["#!/bin/sh", "set -eu"]
    group = None
    for entry in entries:
        if not entry.mutates:
            continue
        if (entry.run, entry.action) != group:
            group = entry.run, entry.action
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.at))
            lines += ["", f"# {when}  {printable(entry.action)}".rstrip()]
        said = printable(entry.text)
        if entry.code not in (0, None):
            lines.append(f"# it failed: {said}")
        elif has_unsafe(entry.script):
            lines.append(f"# it cannot be told as text: {said}")
        else:
            lines.append(entry.script or said)
    return "\n".join(lines) + "\n"


_action: ContextVar[str] = ContextVar("action", default="")


@contextlib.contextmanager
def action(name: str) -> Iterator[None]:
    """Commands run inside belong to the action of this name in the journal."""
    token = _action.set(name)
    try:
        yield
    finally:
        _action.reset(token)


class Runner:
    """Starts processes, ends them in time, and writes the journal."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def run(self, command: Command, *, cancelled: Callable[[], bool] | None = None) -> Result:
        """Run it to its end.

        Raises CommandFailed when it cannot be started, ends with a code that is not in `ok`, or takes longer than
        its timeout (seconds); Cancelled when `cancelled` says so. In both cases the whole process group is ended.
        """
        started = time.monotonic()
        process = self.start(command)
        try:
            stdout, stderr = self._communicate(process, command, cancelled, started)
        finally:
            with self._lock:
                self._running.discard(process)
        seconds = time.monotonic() - started
        self.note(
            str(command), seconds=seconds, code=process.returncode, mutates=command.mutates, script=command.retold
        )
        result = Result(process.returncode, stdout, stderr, seconds)
        if process.returncode not in command.ok:
            raise CommandFailed(
                f"{Path(command.argv[0]).name} failed",
                result.complaint or f"it ended with exit code {process.returncode}",
                f"run it by hand to see more: {command}",
                command=str(command),
                code=process.returncode,
            )
        return result

    def start(self, command: Command, *, stderr: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """Start it with pipes and leave it running, for the caller to talk to. Raises CommandFailed."""
        if self._closed:
            raise Cancelled("liftlock is ending")
        try:
            process = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                env=command.environment,
                stdin=subprocess.PIPE if command.stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            place = command.cwd if command.cwd and not command.cwd.exists() else command.argv[0]
            raise CommandFailed(
                f"{Path(command.argv[0]).name} cannot be started",
                f"there is no {place}",
                f"install {Path(command.argv[0]).name} or put it on PATH",
                command=str(command),
                code=127,
            ) from error
        except OSError as error:
            raise CommandFailed(
                f"{Path(command.argv[0]).name} cannot be started", error.strerror or str(error), command=str(command)
            ) from error
        with self._lock:
            self._running.add(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that `start` gave, if it still runs, and forget it."""
        with self._lock:
            self._running.discard(process)
        _end(process)

    def run_in_terminal(
        self, command: Command, *, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
    ) -> int:
        """Run it in the foreground on the caller's own terminal, where it may ask; its exit code.

        The caller has stepped aside. Standard input can come from a file, and standard output go to one. Ctrl-C reaches
        the command and not this program. Raises CommandFailed when it cannot be started.
        """
        if self._closed:
            raise Cancelled("liftlock is ending")
        started = time.monotonic()
        try:
            process = subprocess.Popen(
                command.argv, cwd=command.cwd, env=command.environment, stdin=stdin, stdout=stdout
            )
        except OSError as error:
            raise CommandFailed(
                f"{Path(command.argv[0]).name} cannot be started", error.strerror or str(error), command=str(command)
            ) from error
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                continue  # the command has had the same signal and decides itself
        self.note(
            str(command),
            seconds=time.monotonic() - started,
            code=code,
            mutates=command.mutates,
            script=command.retold,
        )
        return code

    def note(
        self, text: str, *, seconds: float = 0.0, code: int | None = 0, mutates: bool = False, script: str = ""
    ) -> None:
        """Write a line to the journal for something done without a process of its own."""
        self.journal.add(
            Entry(_action.get(), printable(masked(text)), time.time(), seconds, code, mutates, masked(script))
        )

    def close(self) -> None:
        """End every process that still runs."""
        self._closed = True
        with self._lock:
            running = tuple(self._running)
        for process in running:
            _end(process)

    def _communicate(
        self,
        process: subprocess.Popen[bytes],
        command: Command,
        cancelled: Callable[[], bool] | None,
        started: float,
    ) -> tuple[bytes, bytes]:
        pending: bytes | None = command.stdin
        while True:
            left = None if command.timeout is None else command.timeout - (time.monotonic() - started)
            if left is not None and left <= 0:
                _end(process)
                raise CommandFailed(
                    f"{Path(command.argv[0]).name} took too long",
                    f"it was ended after {command.timeout:g} s",
                    f"run it by hand to see where it waits: {command}",
                    command=str(command),
                )
            if cancelled is not None and cancelled():
                _end(process)
                raise Cancelled(f"{Path(command.argv[0]).name} was stopped", command=str(command))
            step = 0.1 if cancelled is not None else left
            try:
                return process.communicate(pending, timeout=step if left is None else min(left, step or left))
            except subprocess.TimeoutExpired:
                pending = None  # communicate keeps what is still to be written


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children: politely, then for good."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
