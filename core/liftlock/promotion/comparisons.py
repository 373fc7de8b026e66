"""What two files differ in, kept by the ids of their blobs, so that planning, previewing and applying share it."""

from __future__ import annotations

import hashlib
import json
import posixpath
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from liftlock.model.change import path_json
from liftlock.model.tree import Tree
from liftlock.promotion.compare import Difference, compare
from liftlock.promotion.words import Words, beside
from liftlock.values import dataclass
from liftlock.yamledit import Source, read


@dataclass(frozen=True, slots=True)
class FilePair:
    """Two files compared: both as read, and their differences by the ids of the changes they make."""

    source: Source
    target: Source
    differences: Mapping[str, Difference]


def change_id(source_file: str, file: str, difference: Difference | None) -> str:
    """The id of a change: the same for the same place and kind of change, whatever the commit."""
    place: object = None
    if difference is not None:
        place = [path_json(difference.path), str(difference.op)]
    text = json.dumps([source_file, file, place], ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


class Comparisons:
    """Reads and compares files, and remembers the last so many; safe from any thread."""

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._read: OrderedDict[tuple[str, str], Source] = OrderedDict()
        self._pairs: OrderedDict[tuple[str, str, str, str, Words], FilePair] = OrderedDict()
        self._lock = threading.Lock()

    def source(self, tree: Tree, path: str, data: bytes | None = None) -> Source:
        """The file as leaves with positions. Raises RepositoryError when it is not in the tree."""
        # The same content under the same name, as in many clusters' folders, is read once.
        key = (tree.entries[path].oid, posixpath.basename(path))
        with self._lock:
            known = self._read.get(key)
            if known is not None and (known.path == path or known.problem is None):
                self._read.move_to_end(key)
                return replace(known, path=path)
        source = read(tree.read(path) if data is None else data, path)
        with self._lock:
            self._read[key] = source
            while len(self._read) > self._limit:
                self._read.popitem(last=False)
        return source

    def pair(
        self,
        source_tree: Tree,
        source_path: str,
        target_tree: Tree,
        target_path: str,
        words: Words,
        blobs: tuple[bytes | None, bytes | None] = (None, None),
    ) -> FilePair:
        """Both files and their differences. Raises RepositoryError when one is not there."""
        words = beside(words, source_path, target_path)
        key = (
            source_tree.entries[source_path].oid,
            source_path,
            target_tree.entries[target_path].oid,
            target_path,
            words,
        )
        with self._lock:
            known = self._pairs.get(key)
            if known is not None:
                self._pairs.move_to_end(key)
                return known
        mine = self.source(source_tree, source_path, blobs[0])
        theirs = self.source(target_tree, target_path, blobs[1])
        found = compare(mine, theirs, words) if mine.documents and theirs.documents else ()
        pair = FilePair(mine, theirs, {change_id(source_path, target_path, d): d for d in found})
        with self._lock:
            self._pairs[key] = pair
            while len(self._pairs) > self._limit:
                self._pairs.popitem(last=False)
        return pair
