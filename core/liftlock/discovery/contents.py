"""What files say that names do not: which folders are Kustomize components, what they refer to, and which names an
ApplicationSet or a Flux Kustomization gives.

Found by scanning text, not by parsing: most files are looked at only to see that they say nothing of this.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Any

import yaml

from liftlock.discovery.index import KUSTOMIZATIONS, Index
from liftlock.errors import Problem
from liftlock.model.tree import Tree
from liftlock.nesting import too_deep
from liftlock.text import printable
from liftlock.values import dataclass

_BASE: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """The C parser without the resolving of tags: all that is asked of a file here is texts."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """No tag is looked for."""
        return ""

    def descend_resolver(self, current: Any, index: Any) -> None:
        """Nothing to descend to."""

    def ascend_resolver(self) -> None:
        """Nothing to ascend from."""


LARGE = 256 * 1024
_ITEM = re.compile(
    rb"^[ \t]*(?:-[ \t]+)?(?:(?:path|file|files|valuesFile|[\w.-]+=)[:=]?[ \t]*)?"
    rb"[\"']?([\w@+.][\w./@+ -]*?)[\"']?[ \t]*(?:#.*)?\r?$",
    re.M,
)
_ANY_KIND = re.compile(rb"^kind:[ \t]*\S", re.M)
_COMPONENT = re.compile(rb"^kind:[ \t]*[\"']?Component\b", re.M)
_WORKLOAD = re.compile(
    rb"^kind:[ \t]*(?:Deployment|StatefulSet|DaemonSet|Rollout|CronJob|HelmRelease)[ \t]*\r?\n"
    rb"(?:[^\n-][^\n]*\n)*?[ \t]+name:[ \t]*[\"']?([\w.-]+)",
    re.M,
)
_FLUX = re.compile(rb"^apiVersion:[ \t]*[\"']?kustomize\.toolkit\.fluxcd\.io/", re.M)
_APPSET = re.compile(rb"^kind:[ \t]*[\"']?ApplicationSet\b", re.M)


@dataclass(frozen=True, slots=True)
class FluxPath:
    """A Flux Kustomization that points into the tree."""

    file: str
    name: str
    path: str


@dataclass(slots=True)
class Contents:
    """What was read."""

    components: set[str] = field(default_factory=set)
    """Folders whose kustomization is a Component."""
    objects: set[str] = field(default_factory=set)
    """Files that hold Kubernetes objects."""
    references: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Of each kustomization's folder, the files and folders of the tree that it names."""
    flux: list[FluxPath] = field(default_factory=list)
    tree: Tree | None = None
    declared: dict[str, str] = field(default_factory=dict)
    """Names that are given as environments, with the reason."""
    problems: list[Problem] = field(default_factory=list)

    def workloads(self, files: Iterable[str]) -> set[str]:
        """The names of the workloads that these files hold."""
        if self.tree is None:
            return set()
        read = self.tree.read_many(f for f in files if f in self.objects)
        return {m.group(1).decode() for data in read.values() for m in _WORKLOAD.finditer(data) if len(data) <= LARGE}


def parse(data: bytes) -> list[Any]:
    """The documents of a YAML file, all scalars as text. Raises yaml.YAMLError, UnicodeDecodeError."""
    text = data.decode("utf-8-sig")
    if too_deep(text):
        raise yaml.YAMLError("nested too deeply")
    loader = _Loader(text)
    try:
        documents = []
        while loader.check_node():
            documents.append(_plain(loader.get_node(), {}))
        return documents
    finally:
        loader.dispose()


def _plain(node: Any, made: dict[int, Any]) -> Any:
    """A node as dicts, lists and texts; what an alias names is made once."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    known = made.get(id(node))
    if known is not None:
        return known
    if isinstance(node, yaml.SequenceNode):
        items: list[Any] = []
        made[id(node)] = items
        items += [_plain(item, made) for item in node.value]
        return items
    table: dict[str, Any] = {}
    made[id(node)] = table
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            table[key.value] = _plain(value, made)
    return table


def read_contents(tree: Tree, index: Index) -> Contents:
    """Read every YAML file of the tree once. Files that do not parse become problems where they matter."""
    found = Contents(tree=tree)
    wanted = [p for p in index.files if p.endswith((".yaml", ".yml")) or p.rpartition("/")[2] in KUSTOMIZATIONS]
    pointing: list[tuple[str, bytes]] = []
    artifacts: list[tuple[str, str, str]] = []
    for path, data in tree.read_many(wanted).items():
        folder, _, name = path.rpartition("/")
        if name in KUSTOMIZATIONS:
            if _COMPONENT.search(data):
                found.components.add(folder)
            found.references[folder] = tuple(dict.fromkeys(_named(data, folder, index)))
            continue
        head = data[: 4 * LARGE]
        if _ANY_KIND.search(head) is None:
            continue
        found.objects.add(path)
        if len(data) > LARGE:
            continue
        if b"kustomize.toolkit.fluxcd.io" in data and _FLUX.search(data):
            pointing.append((path, data))
        elif b"ArtifactGenerator" in data:
            artifacts += _artifacts(_documents(path, data, found.problems))
        elif b"ApplicationSet" in data and _APPSET.search(data):
            _declare(path, data, index, found)
    for path, data in pointing:
        found.flux += _flux(path, _documents(path, data, found.problems), index, artifacts)
    return found


def _artifacts(documents: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Of each artifact that is put together from the tree: its name, a folder in it, and the tree's folder."""
    for document in documents:
        made = at(document, "spec", "artifacts") if document.get("kind") == "ArtifactGenerator" else None
        for artifact in made if isinstance(made, list) else ():
            copies = at(artifact, "copy")
            for copy in copies if isinstance(copies, list) else ():
                source, to, name = at(copy, "from"), at(copy, "to"), at(artifact, "name")
                if isinstance(source, str) and isinstance(to, str) and isinstance(name, str):
                    folder = source.partition("/")[2].removesuffix("**").strip("/")
                    yield name, to.partition("/")[2].strip("/"), folder


def _named(data: bytes, folder: str, index: Index) -> Iterator[str]:
    for match in _ITEM.finditer(data):
        text = match.group(1).decode("ascii")
        path = posixpath.normpath(posixpath.join(folder, text))
        if not path.startswith("..") and path not in (".", folder) and index.has(path):
            yield path


def _documents(path: str, data: bytes, problems: list[Problem]) -> list[Any]:
    if b"{{" in data and b"{{" in data.split(b"\n", 1)[0]:
        return []
    try:
        return [d for d in parse(data) if isinstance(d, dict)]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        if b"{{" not in data:
            problems.append(unreadable(path, error))
        return []


def unreadable(path: str, error: Exception) -> Problem:
    """What is wrong with a file that cannot be parsed, with the line where that is known."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or (str(error).splitlines() or [""])[0] or "not YAML"
    place = f"line {mark.line + 1}: " if mark is not None else ""
    kind = "JSON" if path.endswith(".json") else "YAML"
    return Problem(printable(path), f"cannot be read as {kind}: {place}{printable(said)}", "correct the file")


def at(node: Any, *path: str) -> Any:
    """The value at the path of keys, None when there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _flux(
    path: str, documents: Iterable[dict[str, Any]], index: Index, artifacts: Iterable[tuple[str, str, str]]
) -> Iterator[FluxPath]:
    for document in documents:
        if document.get("kind") != "Kustomization":
            continue
        target, name = at(document, "spec", "path"), at(document, "metadata", "name")
        if isinstance(target, str) and isinstance(name, str):
            folder = posixpath.normpath(target.strip("/") or ".")
            folder = "" if folder == "." else folder
            of = at(document, "spec", "sourceRef", "name")
            for artifact, inside, source in artifacts:
                within = folder == inside or not inside or folder.startswith(f"{inside}/")
                moved = posixpath.normpath(f"{source}/{folder[len(inside) :].strip('/')}")
                if artifact == of and within and moved in index.here:
                    folder = moved
                    break
            if folder in index.here:
                yield FluxPath(path, name, folder)


_ENV_KEYS = ("env", "environment", "stage", "envName", "environmentName")


_CONTAINERS = frozenset(("envs", "environments", "env", "overlays", "clusters", "stages"))


def _generated(generators: Any, index: Index) -> Iterator[tuple[str, str]]:
    """Folder names that git generators stand a wildcard for (`apps/*/envs/*`), with the pattern."""
    if not isinstance(generators, list):
        return
    for generator in generators:
        for key in ("directories", "files"):
            entries = at(generator, "git", key)
            for entry in entries if isinstance(entries, list) else ():
                pattern = at(entry, "path")
                if isinstance(pattern, str) and at(entry, "exclude") != "true":
                    yield from ((name, pattern) for name in _expanded(pattern, index))
        for outer in ("matrix", "merge"):
            yield from _generated(at(generator, outer, "generators"), index)


def _expanded(pattern: str, index: Index) -> Iterator[str]:
    folders = [""]
    before = ""
    for part in pattern.strip("/").split("/"):
        if part == "*":
            children = [(f, name) for f in folders[:500] for name in index.folders.get(f, ())]
            if before in _CONTAINERS:
                yield from (name for _, name in children[:200])
            folders = [f"{f}/{name}" if f else name for f, name in children]
        elif "*" in part:
            return
        else:
            folders = [path for f in folders if (path := f"{f}/{part}" if f else part) in index.here]
        before = part


def _declare(path: str, data: bytes, index: Index, found: Contents) -> None:
    for document in _documents(path, data, found.problems):
        for name, pattern in _generated(at(document, "spec", "generators"), index):
            where = printable(path)
            found.declared.setdefault(
                name.lower(), f"the ApplicationSet in {where} makes one of each {printable(pattern)}"
            )
        for element in _elements(at(document, "spec", "generators")):
            for key in _ENV_KEYS:
                named = element.get(key)
                if isinstance(named, str) and re.fullmatch(r"[A-Za-z0-9][\w.-]{0,40}", named):
                    where = printable(path)
                    found.declared.setdefault(named.lower(), f"the ApplicationSet in {where} lists it as {key}")


def _elements(generators: Any) -> Iterator[dict[str, Any]]:
    """The elements of all list generators, also of those inside matrix and merge."""
    if not isinstance(generators, list):
        return
    for generator in generators:
        elements = at(generator, "list", "elements")
        if isinstance(elements, list):
            yield from (e for e in elements if isinstance(e, dict))
        for outer in ("matrix", "merge"):
            yield from _elements(at(generator, outer, "generators"))


def reached(references: dict[str, tuple[str, ...]], index: Index, folders: Iterable[str]) -> list[str]:
    """The files that the kustomizations of these folders take in, followed to the end, the folders' own included."""
    files: dict[str, None] = {}
    seen: set[str] = set()
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        own = index.kustomization(folder)
        if own:
            files[own] = None
        for path in references.get(folder, ()):
            if path in index.here:
                if index.kustomization(path):
                    waiting.append(path)
                elif "Chart.yaml" in index.here[path]:
                    files.update(dict.fromkeys(index.under(path)))
                else:
                    head = f"{path}/"
                    files.update(dict.fromkeys(head + name for name in index.here[path]))
            else:
                files[path] = None
    return list(files)
