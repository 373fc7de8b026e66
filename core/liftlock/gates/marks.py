"""Marks as files: one below `.liftlock/bad` for each version of an app. Pure.

They stand on the branch that environments are read from: every clone has them without further settings, a squash
loses nothing, they are reviewed like all else, and as each mark is a file of its own two people never conflict. A
notes ref would be fetched by nobody unasked, and shown by no forge. They are TOML, which neither Flux nor Argo CD
takes for a manifest. Who set a mark, and when, is what Git says of its file.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from urllib.parse import quote, unquote

from liftlock.model.gates import MARKS_FOLDER as FOLDER
from liftlock.model.gates import Mark
from liftlock.model.tree import Tree
from liftlock.text import printable


def path_of(app: str, version: str) -> str:
    """The file of a mark; what cannot stand in a file's name is escaped as in an address."""
    return f"{FOLDER}{_name(app)}/{_name(version)}.toml"


def _name(text: str) -> str:
    name = quote(text, safe="", errors="surrogateescape")
    return f"%2E{name[1:]}" if name.startswith(".") else name


def marks(tree: Tree) -> tuple[Mark, ...]:
    """All marks of a tree, by app and version. A file that cannot be read still marks: what it names is in its path."""
    paths = [path for path in tree.entries if path.startswith(FOLDER) and path.endswith(".toml")]
    return tuple(_read(tree, paths)) if paths else ()


def _read(tree: Tree, paths: list[str]) -> Iterator[Mark]:
    held = tree.read_many(paths)
    for path in sorted(paths):
        app, slash, version = path.removeprefix(FOLDER).removesuffix(".toml").partition("/")
        if not slash:
            continue
        try:
            said = tomllib.loads(held.get(path, b"").decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
            said = {}
        reason = printable(" ".join(str(said.get("reason", "")).split()))
        yield Mark(printable(unquote(app)), printable(unquote(version)), reason, path=path)


def written(mark: Mark) -> bytes:
    """The file of a mark."""
    lines = [f"app = {_quoted(mark.app)}", f"version = {_quoted(mark.version)}"]
    if mark.reason:
        lines.append(f"reason = {_quoted(mark.reason)}")
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON's escapes are among its own."""
    return json.dumps(printable(text), ensure_ascii=False)
