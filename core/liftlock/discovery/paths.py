"""Cells named by a path of the repository instead of an environment's name."""

from __future__ import annotations

from liftlock.discovery.index import KUSTOMIZATIONS, generic
from liftlock.discovery.words import read_name
from liftlock.errors import PlanError
from liftlock.model.app import Cell
from liftlock.model.tree import Tree
from liftlock.text import printable


def cell_from_path(tree: Tree, path: str) -> Cell:
    """The folder or file as one cell; its app is named by the path. Raises PlanError with the nearest paths."""
    wanted = path.strip("/").removeprefix("./")
    entry = tree.entries.get(wanted)
    if entry is not None and entry.is_file:
        return Cell(_app(wanted), path, (wanted,), (wanted,), why="the file that was named")
    head = f"{wanted}/" if wanted not in ("", ".") else ""
    files = tuple(p for p, e in tree.entries.items() if e.is_file and p.startswith(head))
    if entry is not None or not files:
        raise _missing(tree, wanted, "is a link or a submodule" if entry is not None else "")
    root = next((wanted for name in KUSTOMIZATIONS if head + name in tree.entries), "")
    return Cell(
        _app(wanted, folder=True),
        path,
        (head,),
        tuple(sorted(files)),
        render_root=root,
        why="the folder that was named",
    )


def _app(path: str, folder: bool = False) -> str:
    """The nearest folder or file name that is not an environment's and says something."""
    parts = path.split("/")
    names = parts if folder else [*parts[:-1], parts[-1].split(".")[0] or parts[-1]]
    for name in reversed(names):
        read = read_name(name.removeprefix("values-"))
        plain = read is None or (folder and "." in name)  # a folder named for a host
        if not generic(name) and plain and name not in {"values", "kustomization"}:
            return printable(name)
    return printable(names[-1]) or "all"


def _missing(tree: Tree, path: str, said: str) -> PlanError:
    shown = printable(path)
    folders = {p[:i] for p in tree.entries for i, c in enumerate(p) if c == "/"}
    parent = path
    while parent and parent not in folders:
        parent = parent.rpartition("/")[0]
    depth = parent.count("/") + (2 if parent else 1)
    head = f"{parent}/" if parent else ""
    beside = {"/".join(p.split("/")[:depth]) for p in (*folders, *tree.entries) if p.startswith(head) and p != parent}
    import difflib  # wanted only where something is wrong

    near = difflib.get_close_matches("/".join(path.split("/")[:depth]), sorted(beside)[:5000], 3, 0.4)
    hint = f"nearest: {', '.join(printable(n) for n in near)}" if near else "liftlock doctor lists what was found"
    return PlanError(f"There is no path {shown}", said or f"the commit {tree.commit[:8]} does not have it", hint)
