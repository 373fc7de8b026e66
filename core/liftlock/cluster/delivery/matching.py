"""Which deliveries follow this repository, and which of them bring a cell to the cluster. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from liftlock.cluster.delivery.revisions import public
from liftlock.model.app import Cell
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.text import printable
from liftlock.values import dataclass

_SCP = re.compile(r"^(?:[^@/]+@)?([^:/]+):(?!//)(.+)$")
_SUFFIXES = (".yaml", ".yml", ".json", ".env", ".gotmpl")
_HELMFILES = "helmfiles"
_HERE = frozenset({"", "localhost", "127.0.0.1", "::1"})
_DEFAULT_BRANCHES = frozenset({"", "HEAD", "head"})


@dataclass(frozen=True, slots=True)
class Match:
    """A delivery that follows this repository. `question` is what must be asked first, "" when it is certain."""

    question: str = ""


def address(url: str) -> tuple[str, str]:
    """Host and path of a repository's address: user, scheme, port and `.git` say nothing of which one it is."""
    text = url.strip()
    scp = _SCP.match(text) if "://" not in text else None
    if scp is not None:
        host, path = scp[1], scp[2]
    elif "://" in text:
        try:
            parts = urlsplit(text)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            host, path = "", text
    else:
        host, path = "", text
    path = path.strip("/").removesuffix(".git").strip("/")
    return host.lower(), path


def follows(delivery: Delivery, addresses: Iterable[str], branch: str) -> Match | None:
    """Whether a delivery follows one of these addresses at this branch.

    An address that is spelled otherwise and ends in the same names (a tunnel, a mirror, a path inside the cluster)
    is a match that must be asked for once.
    """
    if not delivery.url:
        return None
    if delivery.branch and delivery.branch not in _DEFAULT_BRANCHES and branch and delivery.branch != branch:
        return None
    host, path = address(delivery.url)
    weak = None
    for known in addresses:
        its_host, its_path = address(known)
        if path.lower() == its_path.lower() and (host == its_host or _same_machine(host, its_host)):
            return Match()
        if host == its_host and host not in _HERE:
            continue  # another repository of the same server
        if path and its_path and path.rpartition("/")[2].lower() == its_path.rpartition("/")[2].lower():
            name = f"{delivery.key.kind} {delivery.key.name}"
            weak = Match(printable(f"{name} follows {delivery.url}: is that this repository?"))
    return weak


def _same_machine(one: str, other: str) -> bool:
    return one in _HERE and other in _HERE


def for_cell(cell: Cell, deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """The deliveries that bring the cell to the cluster, the nearest first.

    The nearest is the one whose path is the cell's own folder or lies in it; then those above it. What a delivery
    brings may be another delivery (a Kustomization of Kustomizations, an app of apps): their paths tell.
    """
    folders = _folders(cell)
    placed = [d for d in deliveries if not _values_alone(d)]
    inside = [d for d in placed if any(_within(d.path, folder) for folder in folders)]
    if inside:
        return tuple(sorted(inside, key=_depth))
    named = [d for d in deliveries if _carries(d, cell)]
    above = [d for d in placed if d.controller is not Controller.PLAIN and any(_within(f, d.path) for f in folders)]
    if above:
        deepest = max(_depth_of(d.path) for d in above)
        above = [d for d in above if _depth_of(d.path) == deepest]
    return tuple(dict.fromkeys(_narrowed(d, cell) for d in (*named, *above)))


def _narrowed(delivery: Delivery, cell: Cell) -> Delivery:
    """A boot Job applies the whole repository: what it brings of one release lies in a folder by a fixed rule."""
    if delivery.controller is not Controller.JENKINSX:
        return delivery
    spaces = [
        parts[1] for path in (*cell.files, *cell.roots) if len(parts := path.split("/")) > 2 and parts[0] == _HELMFILES
    ]
    if not spaces:
        return delivery
    return replace(delivery, path=f"config-root/namespaces/{spaces[0]}/{cell.app}", namespace=spaces[0])


def _folders(cell: Cell) -> tuple[str, ...]:
    """The folders that are the cell's own, without a slash at the end."""
    told = [root.strip("/") for root in (cell.render_root, *cell.roots) if root]
    found = [
        path if not path.endswith((".yaml", ".yml", ".json", ".env")) else path.rpartition("/")[0] for path in told
    ]
    return tuple(dict.fromkeys(found))


def _within(path: str, folder: str) -> bool:
    return path == folder or not folder or path.startswith(f"{folder}/")


def _carries(delivery: Delivery, cell: Cell) -> bool:
    """A HelmRelease or an Application whose own manifest, or whose values, are the cell's files."""
    if delivery.key.kind not in ("HelmRelease", "Application"):
        return False
    files = {path.rpartition("/")[2].rsplit(".", 1)[0] for path in cell.files}
    if delivery.key.kind == "HelmRelease":
        return delivery.key.name == cell.app or delivery.key.name in files
    return any(_values_of(delivery.raw, path) for path in cell.files)


def _values_alone(delivery: Delivery) -> bool:
    """An Application that takes nothing from this repository but values for a chart from elsewhere."""
    if delivery.key.kind != "Application" or delivery.path:
        return False
    spec = delivery.raw.get("spec")
    sources = spec.get("sources") if isinstance(spec, Mapping) else None
    mine = [
        source
        for source in (sources if isinstance(sources, list) else ())
        if isinstance(source, Mapping) and printable(public(str(source.get("repoURL") or ""))) == delivery.url
    ]
    return bool(mine) and all(source.get("ref") and not source.get("path") for source in mine)


def _values_of(raw: Mapping[str, object], path: str) -> bool:
    """Whether an Application takes its values from this file of the repository."""
    spec = raw.get("spec")
    if not isinstance(spec, Mapping):
        return False
    sources = spec.get("sources") or [spec.get("source")]
    for source in sources if isinstance(sources, list) else ():
        helm = source.get("helm") if isinstance(source, Mapping) else None
        values = helm.get("valueFiles") if isinstance(helm, Mapping) else None
        base = str(source.get("path") or "") if isinstance(source, Mapping) else ""
        for value in values if isinstance(values, list) else ():
            text = str(value)
            told = text.partition("/")[2] if text.startswith("$") else _joined(base, text)
            if told.strip("/") == path:
                return True
    return False


def _joined(base: str, path: str) -> str:
    parts: list[str] = []
    for part in [*base.split("/"), *path.split("/")] if not path.startswith("/") else path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _depth(delivery: Delivery) -> tuple[int, ObjectKey]:
    return delivery.path.count("/"), delivery.key


def _depth_of(path: str) -> int:
    return path.count("/") + 1 if path else 0
