"""Paths of a tree as a file system would follow them, symbolic links included, never out of the tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from liftlock.model.tree import SUBMODULE, SYMLINK, Tree

_MOST_LINKS = 40


class Place(NamedTuple):
    """Where a path leads: the path without links, whether it is a folder, and the links passed on the way."""

    path: str
    folder: bool
    links: tuple[tuple[str, str], ...] = ()


class Outside(ValueError):
    """A path or a link that leads out of the tree, or into a submodule."""


class Places:
    """The files and folders of one tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._folders: set[str] = {""}
        for path in tree.entries:
            above = posixpath.dirname(path)
            while above not in self._folders:
                self._folders.add(above)
                above = posixpath.dirname(above)

    def find(self, path: str, folder: str = "") -> Place | None:
        """What stands at the path (seen from a folder without links), None when nothing does.

        Raises Outside when it leads out of the tree.
        """
        waiting = _parts(path)
        if posixpath.isabs(path):
            raise Outside(path)
        here = [part for part in folder.split("/") if part]
        links: dict[str, str] = {}
        seen = 0
        while waiting:
            part = waiting.pop(0)
            if part == "..":
                if not here:
                    raise Outside(path)
                here.pop()
                continue
            now = "/".join((*here, part))
            entry = self.tree.entries.get(now)
            if entry is not None and entry.mode == SYMLINK:
                seen += 1
                target = self.tree.read(now).decode("utf-8", "surrogateescape")
                if seen > _MOST_LINKS or posixpath.isabs(target) or "\0" in target:
                    raise Outside(path)
                end = self._follow(now, here, target)
                links[now] = end
                here = [inner for inner in end.split("/") if inner]
                continue
            if entry is not None and entry.mode == SUBMODULE:
                raise Outside(path)
            if entry is None and now not in self._folders:
                return None
            if entry is not None and waiting and any(rest != "." for rest in waiting):
                return None
            here.append(part)
        found = "/".join(here)
        if found not in self._folders and found not in self.tree.entries:
            return None
        return Place(found, found in self._folders and found not in self.tree.entries, tuple(links.items()))

    def _follow(self, link: str, here: list[str], target: str) -> str:
        """Where a link ends, itself without links."""
        end = self._end(target, "/".join(here), {link})
        if end is None:
            raise Outside(link)
        return end

    def _end(self, target: str, folder: str, seen: set[str]) -> str | None:
        here = [part for part in folder.split("/") if part]
        waiting = _parts(target)
        while waiting:
            part = waiting.pop(0)
            if part == "..":
                if not here:
                    return None
                here.pop()
                continue
            now = "/".join((*here, part))
            entry = self.tree.entries.get(now)
            if entry is None or entry.mode != SYMLINK:
                here.append(part)
                continue
            inner = self.tree.read(now).decode("utf-8", "surrogateescape")
            if now in seen or len(seen) > _MOST_LINKS or posixpath.isabs(inner) or "\0" in inner:
                return None
            seen.add(now)
            waiting = [*_parts(inner), *waiting]
        return "/".join(here)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder at this path, links not followed."""
        return path in self._folders

    def under(self, folder: str) -> Iterator[str]:
        """Every regular file below a folder, in Git's order."""
        head = f"{folder}/" if folder else ""
        for path, entry in self.tree.entries.items():
            if path.startswith(head) and entry.is_file:
                yield path


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
