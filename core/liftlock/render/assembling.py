"""A root and everything it takes in, its remote bases included, ready to be written and built."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from liftlock.commands import masked
from liftlock.errors import RenderError
from liftlock.model.tree import Tree
from liftlock.render.fetching import Base, Manifest, Progress, Remotes, Stop
from liftlock.render.places import Outside, Places
from liftlock.render.reach import Charted, Reach, Remote, reach
from liftlock.render.workspace import write
from liftlock.text import printable

_MOST_BASES = 100


@dataclass(slots=True)
class Part:
    """One tree's share: what is in reach of one folder of it, and the folder it is written to."""

    tree: Tree
    reach: Reach
    name: str
    rewrites: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def rewrite(self, remote: Remote, to: str | None) -> None:
        """The reference is replaced by this path from the workspace's top, or left out."""
        if to is not None:
            to = posixpath.relpath(to, posixpath.dirname(posixpath.join(self.name, remote.file)))
        self.rewrites.setdefault(remote.file, {})[remote.text] = to


@dataclass(slots=True)
class Assembly:
    """All parts of a build. The first part is the root's own tree."""

    parts: list[Part]
    files: dict[str, bytes] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    failures: list[RenderError] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """References that cannot be left out: what is rendered without them would be something else."""

    @property
    def charts(self) -> list[tuple[Part, Charted]]:
        """The charts that are inflated, with the part they stand in."""
        return [(part, chart) for part in self.parts for chart in part.reach.charts]

    def identity(self) -> list[str]:
        """Texts that are the same exactly when the same is built."""
        texts = []
        for part in self.parts:
            texts += [part.name, part.reach.root]
            entries = part.tree.entries
            texts += [f"{path} {entries[path].mode} {entries[path].oid}" for path in sorted(part.reach.files)]
            texts += [f"{link} -> {end}" for link, end in sorted(part.reach.links.items())]
            texts += [repr(item) for item in sorted((f, sorted(r.items(), key=str)) for f, r in part.rewrites.items())]
        return [*texts, *sorted(self.missing), *(f"{name} {data!r}" for name, data in sorted(self.files.items()))]

    def write(self, into: Path) -> Path:
        """Write everything below a folder; the folder that is to be built. Raises RenderError."""
        for part in self.parts:
            write(part.tree, part.reach, into / part.name, part.rewrites)
        for name, data in self.files.items():
            place = into / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        first = self.parts[0]
        return into / first.name / first.reach.root


def assemble(
    places: Places,
    root: str,
    remotes: Remotes,
    *,
    fetch: bool = False,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Assembly:
    """Find all that `root` takes in. Remote bases come from the cache, or are fetched when that is asked."""
    get = _getter(remotes, fetch, progress, cancelled)
    made = Assembly([Part(places.tree, reach(places, root), "repository")])
    known: dict[tuple[str, str], Part] = {}
    seen: dict[str, Places] = {}
    for part in made.parts:  # grows while remote bases name others
        made.broken += part.reach.broken
        for remote in part.reach.remotes:
            try:
                found = get(remote.text)
            except RenderError as error:
                made.failures.append(error)
                found = None
            _place(made, part, remote, found, known, seen)
    return made


def _getter(
    remotes: Remotes, fetch: bool, progress: Progress | None, cancelled: Stop | None
) -> Callable[[str], Base | Manifest | None]:
    if not fetch:
        return remotes.known
    return lambda text: remotes.fetch(text, progress=progress, cancelled=cancelled)


def _place(
    made: Assembly,
    part: Part,
    remote: Remote,
    found: Base | Manifest | None,
    known: dict[tuple[str, str], Part],
    seen: dict[str, Places],
) -> None:
    """Give the reference its place in the workspace, or leave it out."""
    shown = printable(masked(remote.text))
    if found is None or len(made.parts) > _MOST_BASES:
        if shown not in made.missing:
            made.missing.append(shown)
        if remote.field not in ("resources", "bases", "components", "crds"):
            made.refused.append(shown)
        part.rewrite(remote, None)
        return
    if found.note and found.note not in made.notes:
        made.notes.append(found.note)
    if isinstance(found, Manifest):
        name = f"files/{len(made.files)}.yaml"
        made.files[name] = found.data
        part.rewrite(remote, name)
        return
    places = seen.setdefault(found.tree.commit, Places(found.tree))
    try:
        place = places.find(found.path)
    except Outside:
        place = None
    if place is None:
        made.broken.append(f"{shown}: there is no such folder at {found.tree.commit[:8]}")
        part.rewrite(remote, None)
        return
    key = (found.tree.commit, place.path)
    base = known.get(key)
    if base is None:
        name = f"bases/{found.tree.commit}"
        within = reach(places, place.path) if place.folder else Reach("", {place.path: None})
        base = known[key] = Part(found.tree, within, name)
        made.parts.append(base)
    part.rewrite(remote, posixpath.join(base.name, place.path))
