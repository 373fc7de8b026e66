"""Objects out of one long-lived `git cat-file --batch`, for any thread."""

from __future__ import annotations

import contextlib
import io
import subprocess
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from liftlock.errors import Cancelled, LiftlockError, RepositoryError
from liftlock.gitrepo.process import Git
from liftlock.text import printable

# Two portions of requests (ids of 65 bytes) fit into a pipe together, so writing never waits for a reader that
# waits for us.
_PORTION = 400


class Object(NamedTuple):
    """An object: its id, its type (`blob`, `tree`, `commit`, `tag`) and its bytes."""

    oid: str
    type: str
    data: bytes


class Objects:
    """The object database of a repository. The process is started at the first question and ended by `close`."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: io.BufferedReader | None = None

    def read(self, name: str) -> Object | None:
        """The object of this id or name (`HEAD^{tree}`), None when there is none. Raises RepositoryError."""
        return next(iter(self.read_all([name])))[1]

    def read_all(self, names: Iterable[str]) -> list[tuple[str, Object | None]]:
        """Each name with its object, in order, read in one go. Raises RepositoryError."""
        with self._lock:
            try:
                return list(self._exchange(iter(names)))
            except (OSError, ValueError) as error:
                self._end()
                raise RepositoryError(
                    "git stopped answering", str(error), "git fsck says whether the repository is whole"
                ) from error
            except BaseException:
                self._end()  # an answer half read would be taken for the next one
                raise

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _exchange(self, names: Iterator[str]) -> Iterator[tuple[str, Object | None]]:
        process = self._running()
        if process.stdin is None or self._answers is None:
            raise ValueError("no pipes")
        asked: list[str] = []
        while portion := list(islice(names, _PORTION)):
            process.stdin.write("".join(f"{name}\n" for name in portion).encode("utf-8", "surrogateescape"))
            process.stdin.flush()
            for name in asked:
                yield name, self._answer(self._answers)
            asked = portion
        for name in asked:
            yield name, self._answer(self._answers)

    def _answer(self, answers: io.BufferedReader) -> Object | None:
        head = answers.readline()
        if not head.endswith(b"\n"):
            raise ValueError("it ended in the middle of an answer")
        if head.endswith((b" missing\n", b" ambiguous\n")):
            return None
        fields = head.split()
        if len(fields) != 3 or not fields[2].isdigit():
            raise ValueError(f"it said {printable(head.decode('utf-8', 'replace').strip())}")
        size = int(fields[2])
        data = answers.read(size + 1)
        if len(data) != size + 1:
            raise ValueError("it ended in the middle of an object")
        return Object(fields[0].decode(), fields[1].decode(), data[:-1])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        command = self._git.command("cat-file", "--batch", stdin=b"")
        try:
            process = self._git.runner.start(command, stderr=subprocess.DEVNULL)
        except Cancelled:
            raise
        except LiftlockError as error:
            raise RepositoryError(error.title, error.detail, error.hint, command=error.command) from error
        self._git.runner.note(str(command), code=None)
        if not isinstance(process.stdout, io.BufferedReader):
            raise ValueError("no pipes")
        process.stdout = self._answers = io.BufferedReader(process.stdout.detach(), 1 << 18)
        self._process = process
        return process

    def _end(self) -> None:
        process, self._process, self._answers = self._process, None, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        self._git.runner.end(process)
