"""All that a kustomization takes in, found before anything is run."""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import Any

from liftlock.errors import LiftlockError
from liftlock.render.manifests import Unreadable, load
from liftlock.render.places import Outside, Place, Places
from liftlock.render.references import (
    KUSTOMIZATIONS,
    Chart,
    Kind,
    Reference,
    charts,
    generator_chart,
    looks_remote,
    references,
    values_of,
)
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Remote:
    """A reference out of the tree: its text, and the file and field it stands in."""

    text: str
    file: str
    field: str


@dataclass(frozen=True, slots=True)
class Charted:
    """A chart that is inflated: from the folder of this file; `local` when its files are in the tree."""

    chart: Chart
    file: str
    local: bool


@dataclass(slots=True)
class Reach:
    """What lies in reach of a root: paths without links, links with their ends, and what is not in the tree."""

    root: str
    files: dict[str, None] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    kustomizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    remotes: list[Remote] = field(default_factory=list)
    charts: list[Charted] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def kustomization_of(places: Places, folder: str) -> Place | None:
    """The kustomization file of a folder, None when there is none. Raises Outside."""
    for name in KUSTOMIZATIONS:
        found = places.find(name, folder)
        if found is not None and not found.folder:
            return found
    return None


def reach(places: Places, root: str) -> Reach:
    """Follow the kustomization in the folder `root` through everything it names. Nothing is run or fetched."""
    walk = _Walk(places, Reach(root))
    walk.folder(root, "")
    return walk.found


class _Walk:
    def __init__(self, places: Places, found: Reach) -> None:
        self._places = places
        self.found = found

    def folder(self, folder: str, named_by: str) -> None:
        """Take in a folder that is built."""
        if folder in self.found.folders:
            return
        self.found.folders[folder] = None
        try:
            place = kustomization_of(self._places, folder)
        except Outside:
            self._broken(folder, "its kustomization", "leads out of the repository")
            return
        if place is None:
            self._broken(named_by, folder, "has no kustomization.yaml")
            return
        self._take(place)
        document = self._document(place.path)
        if document is None:
            return
        self.found.kustomizations[place.path] = document
        for reference in references(document):
            self._follow(reference, place.path, folder)
        for chart in charts(document):
            self._chart(chart, place.path, folder)

    def _document(self, path: str) -> dict[str, Any] | None:
        try:
            documents = [d for d in load(self._places.tree.read(path)) if d is not None]
        except (Unreadable, LiftlockError) as error:
            self.found.broken.append(f"{printable(path)} cannot be read: {error}")
            return None
        if len(documents) != 1 or not isinstance(documents[0], dict):
            self.found.broken.append(f"{printable(path)} holds no kustomization")
            return None
        return documents[0]

    def _follow(self, reference: Reference, file: str, folder: str) -> None:
        try:
            place = self._places.find(reference.text, folder)
        except Outside:
            if looks_remote(reference.text):
                self.found.remotes.append(Remote(reference.text, file, reference.field))
            else:
                self._broken(file, reference.text, "lies outside the repository")
            return
        if place is None:
            if looks_remote(reference.text):
                self.found.remotes.append(Remote(reference.text, file, reference.field))
            else:
                self._broken(file, reference.text, "is not there")
            return
        self._links(place)
        if not place.folder:
            self._take(place)
            if reference.field in ("generators", "transformers"):
                self._generator(place.path, folder)
        elif reference.kind is Kind.EITHER:
            self.folder(place.path, file)
        else:
            self._broken(file, reference.text, "is a folder, not a file")

    def _generator(self, path: str, folder: str) -> None:
        """A generator's file can inflate a chart; its paths are seen from the folder of the kustomization."""
        try:
            documents = load(self._places.tree.read(path))
        except (Unreadable, LiftlockError):
            return
        for document in documents:
            chart = generator_chart(document)
            if chart is not None:
                self._chart(chart, path, folder)
                for reference in values_of(document):
                    self._follow(reference, path, folder)

    def _chart(self, chart: Chart, file: str, folder: str) -> None:
        names = [f"{chart.name}-{chart.version}", chart.name] if chart.version else [chart.name]
        local = False
        for name in names:
            try:
                place = self._places.find(posixpath.join(chart.home, name), folder)
            except Outside:
                place = None
            if place is not None and place.folder:
                self._links(place)
                self.found.files.update(dict.fromkeys(self._places.under(place.path)))
                local = True
        if not local and not chart.repo:
            self._broken(file, f"chart {chart.name}", f"is not in {printable(posixpath.join(folder, chart.home))}")
            return
        self.found.charts.append(Charted(chart, file, local))

    def _take(self, place: Place) -> None:
        self._links(place)
        self.found.files[place.path] = None

    def _links(self, place: Place) -> None:
        self.found.links.update(place.links)

    def _broken(self, file: str, what: str, said: str) -> None:
        subject = f"{printable(file)} names {printable(what)}, which {said}" if file else f"{printable(what)} {said}"
        self.found.broken.append(subject)
