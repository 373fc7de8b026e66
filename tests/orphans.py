"""What a killed program leaves running becomes ours, so that its end can be waited for (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_SUBREAPER = 36

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux to wait for the git of a killed parent")


class Orphans:
    """The children of this process that it did not start itself; those that were there before are none of them."""

    def __init__(self) -> None:
        self._ours = self._children()

    def _children(self) -> set[int]:
        return {int(child) for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}

    def wait(self, *, kill: bool) -> None:
        """Until the last has ended: killed, or by itself."""
        while orphans := self._children() - self._ours:
            for orphan in orphans if kill else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
            for orphan in orphans:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(orphan, 0)


@pytest.fixture
def orphans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orphans]:
    """The git processes of a killed child become children of this process."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prctl = ctypes.CDLL(None).prctl
    prctl(_SUBREAPER, 1, 0, 0, 0)
    yield Orphans()
    prctl(_SUBREAPER, 0, 0, 0, 0)
