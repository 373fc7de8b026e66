"""Rendered manifests, kept by what they were rendered from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from liftlock.diffing import mask
from liftlock.render.result import Rendered

_FORMAT = "1"
_BYTES = 64 * 1024 * 1024
_FILES = 2000
_IN_MEMORY = 8


def key_of(parts: Iterable[str]) -> str:
    """The key of a rendering: the same parts, and the same version of this program's own format, give the same."""
    code = hashlib.blake2b(_FORMAT.encode(), digest_size=20)
    for part in parts:
        code.update(b"\0" + part.encode("utf-8", "surrogateescape"))
    return code.hexdigest()


class RenderCache:
    """Renderings on disk, readable by the user alone; those that hold a secret in memory only.

    A folder that cannot be written is no error.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: OrderedDict[str, Rendered] = OrderedDict()
        self._lock = threading.Lock()
        self._written = 0

    def load(self, key: str) -> Rendered | None:
        """What was kept under this key, None when nothing was."""
        with self._lock:
            known = self._memory.get(key)
            if known is not None:
                self._memory.move_to_end(key)
                return known
        if self._folder is None:
            return None
        path = self._folder / f"{key}.json"
        try:
            stored = json.loads(path.read_bytes())
            for name in ("objects", "missing", "notes"):
                stored[name] = tuple(stored[name])
            rendered = Rendered(**stored)
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or written by another version: it is rendered again
        self._remember(key, rendered)
        return rendered

    def store(self, key: str, rendered: Rendered) -> None:
        """Keep a rendering; the oldest go when there are too many."""
        self._remember(key, rendered)
        if self._folder is None or mask(list(rendered.objects)) != list(rendered.objects):
            return  # a secret is written to no disk: it is rendered anew by each run
        temporary = self._folder / f"{key}.{uuid4().hex}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            data = json.dumps(asdict(rendered), separators=(",", ":"), default=str).encode("utf-8", "surrogatepass")
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            temporary.replace(self._folder / f"{key}.json")
            self._written += len(data)
            if self._written > _BYTES // 8:
                self._written = 0
                self.prune()
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def prune(self) -> None:
        """Remove what was used longest ago until the folder is within its bounds."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            found = []
            for path in self._folder.iterdir():
                if path.suffix in (".json", ".new"):
                    state = path.stat()
                    found.append((state.st_mtime, state.st_size, path))
            found.sort(reverse=True)
            total = 0
            for number, (_, size, path) in enumerate(found):
                total += size
                if total > _BYTES or number >= _FILES:
                    path.unlink(missing_ok=True)

    def _remember(self, key: str, rendered: Rendered) -> None:
        with self._lock:
            self._memory[key] = rendered
            while len(self._memory) > _IN_MEMORY:
                self._memory.popitem(last=False)
