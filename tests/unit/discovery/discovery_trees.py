"""Trees made of a table of paths and texts, for tests that need no repository."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from liftlock.discovery import Discovery
from liftlock.errors import RepositoryError
from liftlock.model.app import Cell
from liftlock.model.tree import TreeEntry

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


class TextTree:
    """A tree of texts. `links` are paths whose text is where they point."""

    def __init__(self, files: Mapping[str, str | bytes], links: Iterable[str] = ()) -> None:
        self._data = {p: t.encode() if isinstance(t, str) else t for p, t in sorted(files.items())}
        modes = dict.fromkeys(links, "120000")
        self._entries = {
            path: TreeEntry(modes.get(path, "100644"), hashlib.sha1(data).hexdigest())
            for path, data in self._data.items()
        }
        whole = "".join(f"{p}{e.oid}" for p, e in self._entries.items())
        self._id = hashlib.sha1(whole.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def commit(self) -> str:
        return self._id

    @property
    def id(self) -> str:
        return self._id

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def read(self, path: str) -> bytes:
        if path not in self._data:
            raise RepositoryError("no such file")
        return self._data[path]

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: self._data[path] for path in paths if path in self._data}


def kustomization(*resources: str, images: Mapping[str, str] | None = None, kind: str = "Kustomization") -> str:
    text = f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: {kind}\n"
    if resources:
        text += "resources:\n" + "".join(f"- {r}\n" for r in resources)
    if images:
        text += "images:\n" + "".join(f"- name: {n}\n  newTag: {t!r}\n" for n, t in images.items())
    return text


def deployment(name: str, image: str = "registry.example.com/app:1.0") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n"
        f"      containers:\n      - name: main\n        image: {image}\n"
    )


def names(found: Discovery) -> list[str]:
    return [environment.name for environment in found.environments]


def after(found: Discovery) -> dict[str, tuple[str, ...]]:
    return {environment.name: environment.after for environment in found.environments}


def apps(found: Discovery) -> list[str]:
    return sorted({cell.app for cell in found.cells})


def cell(found: Discovery, app: str, environment: str) -> Cell:
    return next(c for c in found.cells if (c.app, c.environment) == (app, environment))


def questions(found: Discovery) -> str:
    return " ".join(finding.question for finding in found.findings)


def reasons(found: Discovery) -> str:
    return "\n".join(f"{finding.subject}: {finding.reason}" for finding in found.findings)
