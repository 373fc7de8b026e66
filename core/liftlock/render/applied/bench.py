"""The programs and caches of a renderer, for what controllers do beyond rendering a folder."""

from __future__ import annotations

import json
import posixpath
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from liftlock.commands import Command
from liftlock.errors import CommandFailed, LiftlockError, RenderError
from liftlock.model.diff import ObjectKey
from liftlock.model.tree import Tree
from liftlock.render import helming, programs
from liftlock.render.applied.telling import of_charts
from liftlock.render.assembling import Assembly
from liftlock.render.cache import key_of
from liftlock.render.fetching import Base, Progress, Stop
from liftlock.render.kustomizing import SECONDS, said, secluded
from liftlock.render.manifests import Unreadable, load, objects, plain
from liftlock.render.places import Places
from liftlock.render.references import Chart
from liftlock.render.renderer import Renderer
from liftlock.render.result import Rendered
from liftlock.text import printable
from liftlock.values import dataclass

Lookup = Callable[[ObjectKey], Mapping[str, Any] | None]
FETCH = "--fetch (or its key) fetches what is missing, pinned and cached"
_TEXT = "liftlock.text"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked along with the rendering: what is known of the cluster, and whether to fetch."""

    lookup: Lookup | None = None
    fetch: bool = False
    cancelled: Stop | None = None
    progress: Progress | None = None

    def look(self, group: str, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
        """An object of the cluster, None when it is not known."""
        return self.lookup(ObjectKey(group, kind, namespace, name)) if self.lookup is not None else None


@dataclass(frozen=True, slots=True)
class Install:
    """How a chart is rendered: `values` are the contents of value files in order, `sets` are helm's own flags."""

    release: str
    namespace: str = ""
    values: tuple[bytes, ...] = ()
    sets: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Contents that `--set-file` gives to a path of the values."""
    flags: tuple[str, ...] = ()
    defaults: bytes | None = None
    """What takes the place of the chart's own values.yaml."""
    version: str = ""
    """What takes the place of the version in its Chart.yaml."""

    def identity(self) -> tuple[str, ...]:
        """Texts that are the same exactly when the same is rendered."""
        return (
            *(self.release, self.namespace, self.version, repr(self.defaults), *map(repr, self.values)),
            *(*self.sets, *self.flags, *(f"{name}={data!r}" for name, data in self.files.items())),
        )


class Bench(Renderer):
    """The renderer that it was made of, with its programs and caches, which also gives texts and installs charts."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._runner = renderer._runner
        self._cache = renderer._cache
        self._remotes = renderer._remotes
        self._charts = renderer._charts
        self._places = renderer._places
        self._lock = renderer._lock

    # Kustomizations --------------------------------------------------------------------------------------------------

    def text(self, tree: Tree, folder: str, asked: Asked) -> tuple[str, Rendered]:
        """What kustomize prints for a folder, letter by letter, and all else that there is to say; no objects."""
        made = self.render(tree, folder, fetch=asked.fetch, cancelled=asked.cancelled, progress=asked.progress)
        text = "".join(str(item.get(_TEXT, "")) for item in made.objects)
        return text, replace(made, objects=())

    def _built(self, key: str, made: Assembly, build: Callable[[Path], bytes]) -> Rendered:
        """As the renderer's own, with the text in the place of the objects."""
        key = key_of(("text", key))
        known = self._cache.load(key)
        if known is not None:
            return known
        missing = tuple(made.missing)
        with tempfile.TemporaryDirectory(prefix="liftlock-render-", ignore_cleanup_errors=True) as folder:
            try:
                text = build(Path(folder).resolve()).decode("utf-8", "replace")
            except RenderError as error:
                if not missing:
                    raise
                problem = "it cannot be rendered without what is missing"
                return Rendered((), "kustomize", missing, problem, FETCH, (str(error),))
        hint = FETCH if missing else ""
        rendered = Rendered(({_TEXT: text},), "kustomize", missing, "", hint, tuple(made.notes))
        self._cache.store(key, rendered)
        return rendered

    # Charts ----------------------------------------------------------------------------------------------------------

    def install(self, tree: Tree, folder: str, install: Install, asked: Asked) -> Rendered:
        """What helm makes of a chart in a tree. Raises RenderError, Cancelled."""
        helm = programs.helm()
        places = self._placed(tree)
        chart = helming.read_chart(places, folder)
        if helm is None:
            missing = tuple(printable(str(absent)) for absent in chart.absent)
            return Rendered((), "helm", missing, helming.NO_HELM, helming.NO_HELM_HINT)
        pulled = {
            absent: self._chart(helm, absent, asked.fetch, asked.cancelled, asked.progress) for absent in chart.absent
        }
        gone = [one for one, place in pulled.items() if place is None]
        missing = tuple(printable(str(one)) for one in gone)
        entries = tree.entries
        files = [f"{path} {entries[path].oid}" for path in chart.all_files()]
        key = key_of(
            ("install", helm.identity, folder, *install.identity(), *files, *map(str, pulled.values()), *missing)
        )

        def write(into: Path) -> None:
            helming.write_chart(places, chart, into)
            for absent, source in pulled.items():
                if source is not None:
                    helming.place_chart(source, into / "charts" / absent.name)
            helming.without(chart, gone, into)

        return self._installed(helm, key, write, posixpath.basename(folder), install, missing, asked)

    def install_pulled(self, chart: Chart, install: Install, asked: Asked) -> Rendered:
        """What helm makes of a chart of a repository of charts; it is missing until it was fetched."""
        helm = programs.helm()
        name = printable(str(chart))
        if helm is None:
            return Rendered((), "helm", (name,), helming.NO_HELM, helming.NO_HELM_HINT)
        source = self._chart(helm, chart, asked.fetch, asked.cancelled, asked.progress)
        if source is None:
            return Rendered((), "helm", (name,), f"it needs {name}, which is not at hand", FETCH)
        key = key_of(("pulled", helm.identity, str(source), *install.identity()))
        return self._installed(
            helm, key, lambda into: helming.place_chart(source, into), chart.name, install, (), asked
        )

    def elsewhere(self, url: str, ref: str, asked: Asked) -> Tree | None:
        """The tree of another repository, when it was fetched before or is to be fetched now."""
        address = url if "://" in url or url.startswith("git@") else f"https://{url}"
        text = f"git::{address}{'' if address.endswith('.git') else '//'}?ref={ref or 'HEAD'}"
        found = (
            self._remotes.fetch(text, progress=asked.progress, cancelled=asked.cancelled)
            if asked.fetch
            else self._remotes.known(text)
        )
        return found.tree if isinstance(found, Base) else None

    def as_it_is(self, tree: Tree, folder: str, asked: Asked) -> Rendered:
        """The objects of a folder, nothing added."""
        return self._renderer.render(
            tree, folder, fetch=asked.fetch, cancelled=asked.cancelled, progress=asked.progress
        )

    def places(self, tree: Tree) -> Places:
        """The places of a tree."""
        return self._placed(tree)

    def _installed(
        self,
        helm: programs.Tool,
        key: str,
        write: Callable[[Path], None],
        name: str,
        install: Install,
        missing: tuple[str, ...],
        asked: Asked,
    ) -> Rendered:
        known = self._cache.load(key)
        if known is not None:
            return known
        with tempfile.TemporaryDirectory(prefix="liftlock-render-", ignore_cleanup_errors=True) as temporary:
            top = Path(temporary).resolve()
            into = top / "work" / (name or "chart")
            into.mkdir(parents=True)
            try:
                write(into)
                _adapt(into, install)
                notes = of_charts(into)
                output = self._template(helm, into, install, top, asked)
            except OSError as error:
                raise RenderError("The chart cannot be written for rendering", error.strerror or str(error)) from error
            except RenderError as error:
                if not missing:
                    raise
                problem = "it cannot be rendered without what is missing"
                return Rendered((), "helm", missing, problem, FETCH, (str(error),))
        rendered = Rendered(parsed(output), "helm", missing, "", FETCH if missing else "", notes)
        self._cache.store(key, rendered)
        return rendered

    def _template(self, helm: programs.Tool, chart: Path, install: Install, top: Path, asked: Asked) -> bytes:
        argv = [*helm.argv, "template", f"--namespace={install.namespace}" if install.namespace else ""]
        argv += [*install.flags, *install.sets]
        written: Sequence[tuple[str, bytes]] = [
            *((f"values-{at}.yaml", data) for at, data in enumerate(install.values)),
            *((f"file-{at}", data) for at, data in enumerate(install.files.values())),
        ]
        for file, data in written:
            (top / file).write_bytes(data)
        argv += [f"--values={top / f'values-{at}.yaml'}" for at in range(len(install.values))]
        argv += [f"--set-file={path}={top / f'file-{at}'}" for at, path in enumerate(install.files)]
        home = top / "home"
        (home / "empty").mkdir(parents=True)
        command = Command(
            tuple(part for part in (*argv, "--", install.release, str(chart)) if part),
            cwd=chart,
            env=secluded(home),
            timeout=SECONDS,
        )
        try:
            return self._runner.run(command, cancelled=asked.cancelled).stdout
        except CommandFailed as error:
            title = "helm cannot render this"
            raise RenderError(title, said(error.detail, chart), error.hint, command=error.command) from error


def _adapt(chart: Path, install: Install) -> None:
    """Put the values and the version in that the chart is packaged with."""
    if install.defaults is not None:
        (chart / "values.yaml").write_bytes(install.defaults)
    if install.version:
        try:
            document: dict[str, Any] = next(iter(load((chart / "Chart.yaml").read_bytes())), {})
        except Unreadable as error:
            raise RenderError("Chart.yaml cannot be read", str(error), "correct the file") from error
        (chart / "Chart.yaml").write_text(json.dumps({**document, "version": install.version}, default=str))


def parsed(output: bytes | str) -> tuple[dict[str, Any], ...]:
    """The objects of a text. Raises RenderError."""
    try:
        return tuple(plain(document) for document in objects(load(output)))
    except Unreadable as error:
        raise RenderError("What was rendered cannot be read", str(error), "render it by hand to see more") from error


def failed(error: LiftlockError, how: str) -> Rendered:
    """An error as a rendering that says what is wrong."""
    missing = error.missing if isinstance(error, RenderError) else ()
    problem = ": ".join(part for part in (error.title, error.detail) if part)
    return Rendered((), how, missing, problem, error.hint)
