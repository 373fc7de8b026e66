"""Cells: what each app has in each environment, with the files it shares with others and where it is built."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from liftlock.discovery.apps import Key, divide, names
from liftlock.discovery.contents import Contents, reached
from liftlock.discovery.families import Families
from liftlock.discovery.index import Index, generic, joined, naming
from liftlock.discovery.ordering import Known
from liftlock.discovery.slots import Place
from liftlock.discovery.words import read_name
from liftlock.model.app import Cell
from liftlock.text import printable

_HEAP = 80


@dataclass(slots=True)
class Draft:
    """A cell in the making."""

    roots: dict[str, None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    shared: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    beside: list[str] = field(default_factory=list)


def make_cells(
    index: Index,
    contents: Contents,
    places: Sequence[Place],
    known: Sequence[Known],
    families: Families,
    order: Sequence[str],
) -> tuple[Cell, ...]:
    """The cells of all places, by app and environment."""
    owner, variant = _owners(known, families)
    drafts: dict[Key, dict[str, Draft]] = defaultdict(lambda: defaultdict(Draft))
    objects = frozenset(contents.objects)
    placed = {
        f"{place.parent}/{file}" if place.parent else file
        for place in places
        if not place.folders
        for files in place.held.values()
        for file in files
    }
    for place in places:
        for key, shares in divide(index, place, objects).items():
            told = tuple(printable(part) for part in _told(index, contents, place, key))
            for name, share in shares.items():
                environment = owner.get(name.lower())
                if environment is None:
                    continue
                extra = variant.get(name.lower(), "")
                draft = drafts[(*told[:-1], f"{told[-1]}-{extra}") if extra else told][environment]
                draft.roots.update(dict.fromkeys(share.roots))
                draft.files.update(dict.fromkeys(share.files))
                draft.places[place.pattern] = None
                if not place.folders and place.parent:
                    draft.beside += _beside(index, share.files, placed)
    _from_flux(index, contents, drafts)
    nested = _nested(drafts)
    called = names(sorted(drafts))
    cells = [
        _cell(index, contents, called[key], environment, draft, nested.get(key, ()))
        for key, of_app in drafts.items()
        for environment, draft in of_app.items()
    ]
    position = {name: i for i, name in enumerate(order)}
    return tuple(sorted(cells, key=lambda c: (c.app.lower(), c.app, position.get(c.environment, 0), c.environment)))


def _owners(known: Sequence[Known], families: Families) -> tuple[dict[str, str], dict[str, str]]:
    """Of each name as written (lower case): the environment, and the part that goes to the app's name instead.

    Where staging and production stand everywhere and `staging-downstream` in one folder, that is staging of a variant.
    """
    owner = {spelling: k.name for k in known for spelling in k.spellings}
    return owner | {name: told[0] for name, told in families.variants.items()}, {
        name: told[1] for name, told in families.variants.items()
    }


def _told(index: Index, contents: Contents, place: Place, key: Key) -> Key:
    """The app's key; an app that only its container names (overlays, envs) is named by what it is built from."""
    if len(key) != 1 or not generic(key[0]) or not place.folders:
        return key
    if place.parent.rpartition("/")[2] != key[0]:
        return key
    head = f"{place.parent}/" if place.parent else ""
    inside = any(index.folders.get(head + name) for name in place.held)
    bases: Counter[str] = Counter()
    for name in place.held:
        for path in contents.references.get(head + name, ()):
            if path in index.here and not path.startswith(f"{head}{name}/") and path not in contents.components:
                last = path.rpartition("/")[2]
                if not generic(last) and read_name(last) is None:
                    bases[last] += 1
    if len(bases) == 1 and not inside:
        return (next(iter(bases)),)
    if bases or inside or not contents.references:
        return key
    folders = [head + name for name in place.held if index.kustomization(head + name)]
    found = contents.workloads(reached(contents.references, index, folders)) if folders else set()
    return (found.pop(),) if len(found) == 1 else key


def _from_flux(index: Index, contents: Contents, drafts: dict[Key, dict[str, Draft]]) -> None:
    """Folders without an environment of their own that a cluster's Flux Kustomizations apply are apps too."""
    holders: dict[str, tuple[Key, str]] = {}
    owned: set[str] = set()
    for key, of_app in drafts.items():
        for environment, draft in of_app.items():
            for file in draft.files:
                holders[file] = (key, environment)
            owned.update(draft.files)
    by_file: dict[str, list[str]] = defaultdict(list)
    for found in contents.flux:
        if found.file in holders:
            by_file[found.file].append(found.path)
    for file, paths in sorted(by_file.items()):
        free = {p: [f for f in index.under(p) if f not in owned] for p in paths if p}
        whole = {p: f for p, f in free.items() if f and len(f) == len(index.under(p))}
        if not whole:
            continue
        key, environment = holders[file]
        stem = file.rpartition("/")[2].rpartition(".")[0]
        shared = [f for under in whole.values() for f in under]
        if len(whole) < len(paths) or generic(stem) or stem.startswith(("kustomization", "gotk-")):
            drafts[key][environment].shared.update(dict.fromkeys(shared))
            continue
        draft = drafts[(stem,)][environment]
        draft.roots[file] = draft.files[file] = None
        draft.shared.update(dict.fromkeys(shared))
        draft.places[f"{file.rpartition('/')[0]} applies {', '.join(sorted(whole))}"] = None
        old = drafts[key][environment]
        if file in old.files:
            del old.files[file]
            if f"{file}" in old.roots:
                del old.roots[file]


def _nested(drafts: dict[Key, dict[str, Draft]]) -> dict[Key, tuple[str, ...]]:
    """Of each app, the folders beneath its own that are another app's."""
    homes: dict[str, Key] = {}
    for key, of_app in drafts.items():
        for draft in of_app.values():
            for root in draft.roots:
                home = root.rstrip("/").rpartition("/")[0]
                if home and naming(home):
                    homes[home] = key
    nested: dict[Key, dict[str, None]] = defaultdict(dict)
    for home, key in homes.items():
        above = home.rpartition("/")[0]
        while above:
            if above in homes and homes[above] != key:
                nested[homes[above]][f"{home}/"] = None
            above = above.rpartition("/")[0]
    return {key: tuple(found) for key, found in nested.items()}


def _beside(index: Index, files: Sequence[str], placed: set[str]) -> list[str]:
    """Files in the same folders as an environment's files that are no environment's: what the files are laid over."""
    # A folder with very many files is a heap: nothing there is laid over anything.
    folders = {f for file in files if len(index.here[f := file.rpartition("/")[0]]) <= _HEAP}
    return [
        path
        for folder in sorted(folders)
        for name in index.here[folder]
        if (path := f"{folder}/{name}" if folder else name) not in placed and path.endswith((".yaml", ".yml", ".json"))
    ]


def _cell(
    index: Index, contents: Contents, app: str, environment: str, draft: Draft, nested: tuple[str, ...] = ()
) -> Cell:
    roots = tuple(sorted(draft.roots))
    files = tuple(sorted(draft.files))
    own = set(files)
    folders = {f.rpartition("/")[0] for f in files if index.kustomization(f.rpartition("/")[0]) == f}
    shared = [f for f in reached(contents.references, index, sorted(folders)) if f not in own]
    shared = [f for f in shared if not f.startswith(nested)] if nested else shared
    shared += draft.beside
    chart = _chart(index, roots)
    if chart:
        shared += [f"{chart}/{name}" for name in index.here[chart] if name in {"Chart.yaml", "values.yaml"}]
        if "templates" in index.folders[chart]:
            shared += index.under(f"{chart}/templates")
    both = dict.fromkeys((*draft.shared, *(f for f in shared if f not in own)))
    why = "; ".join(printable(place) for place in draft.places)
    return Cell(app, environment, roots, files, tuple(sorted(both)), _render_root(contents, folders), why)


def complete(index: Index, contents: Contents, cell: Cell) -> Cell:
    """A cell of which only roots and files are known, with what it shares and where it is built."""
    draft = Draft(dict.fromkeys(cell.roots), dict.fromkeys(cell.files), places={cell.why: None})
    return _cell(index, contents, cell.app, cell.environment, draft)


def _chart(index: Index, roots: Sequence[str]) -> str:
    """The folder of the chart that values files lie beside, "" when there is none."""
    for root in roots:
        folder = root.rpartition("/")[0]
        if not root.endswith("/") and "Chart.yaml" in index.here.get(folder, ()):
            return folder
    return ""


def _render_root(contents: Contents, folders: set[str]) -> str:
    """The folder to build: the one highest up; where several stand beside each other, one that no other takes in."""
    if not folders:
        return ""
    taken = {path for folder in folders for path in contents.references.get(folder, ())}
    tops = [f for f in folders if f not in taken and f not in contents.components] or sorted(folders)
    return min(tops, key=lambda f: (f.count("/"), f))


def pattern_of(index: Index, place: Place) -> str:
    """The place as a pattern over apps: `components/*/{env}/`."""
    parts = place.parent.split("/") if place.parent else []
    general = [part if generic(part) or (i == 0 and len(parts) > 1) else "*" for i, part in enumerate(parts)]
    tail = "{env}/" if place.folders else f"{place.before}{{env}}{place.after}"
    return joined([*general, tail])
