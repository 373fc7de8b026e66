"""Rendering of cells: what stands in a tree, and what would stand in it after a change."""

from __future__ import annotations

import contextvars
import os
import posixpath
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from liftlock.commands import Runner
from liftlock.diffing import diff_objects
from liftlock.errors import Cancelled, LiftlockError, RenderError
from liftlock.model.app import Cell
from liftlock.model.diff import Rendering, Status
from liftlock.model.tree import Tree
from liftlock.render import helming, kustomizing, programs
from liftlock.render.assembling import Assembly, assemble
from liftlock.render.cache import RenderCache, key_of
from liftlock.render.fetching import Progress, Remotes, Stop
from liftlock.render.manifests import Unreadable, load, objects, plain
from liftlock.render.overlay import Overlay
from liftlock.render.places import Outside, Places
from liftlock.render.plainyaml import SUFFIXES, read_plain
from liftlock.render.reach import kustomization_of
from liftlock.render.references import KUSTOMIZATIONS, Chart
from liftlock.render.result import Rendered
from liftlock.text import printable

_FETCH = "--fetch (or its key) fetches what is missing, pinned and cached"


class Renderer:
    """Renders places of trees, keeps what it rendered, and fetches nothing unless it is asked to."""

    def __init__(self, runner: Runner, cache_dir: Path | None) -> None:
        self._runner = runner
        self._cache = RenderCache(cache_dir / "manifests" if cache_dir else None)
        self._remotes = Remotes(runner, cache_dir)
        self._charts = helming.ChartStore(runner, cache_dir)
        self._places: dict[int, Places] = {}
        self._lock = threading.Lock()

    def render(
        self,
        tree: Tree,
        root: str,
        *,
        values: Sequence[str] = (),
        release: str = "",
        fetch: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Rendered:
        """The objects of a folder (a kustomization, a chart, or manifests) or of one file.

        What is wrong with the place stands in the result; only Cancelled is raised.
        """
        places = self._placed(tree)
        try:
            return self._render(places, root.strip("/"), values, release, fetch, cancelled, progress)
        except Cancelled:
            raise
        except Outside:
            return Rendered((), "", (), f"{printable(root)} leads out of the repository", "look at the link")
        except LiftlockError as error:
            missing = error.missing if isinstance(error, RenderError) else ()
            problem = ": ".join(part for part in (error.title, error.detail) if part)
            return Rendered((), "", missing, problem, error.hint)

    def render_cell(
        self,
        tree: Tree,
        cell: Cell,
        *,
        fetch: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Rendered:
        """The objects of a cell. What is wrong with it stands in the result; only Cancelled is raised."""
        own = [path for path in cell.files if path in tree.entries]
        folders = {posixpath.dirname(path) for path in own if posixpath.basename(path) in KUSTOMIZATIONS}
        if cell.render_root or "" in folders:
            root = cell.render_root
            return self.render(tree, root, fetch=fetch, cancelled=cancelled, progress=progress)
        chart = _chart_of(cell, tree)
        if chart is not None:
            values = [path for path in own if path.endswith(SUFFIXES) and not _in_chart(path, chart)]
            return self.render(
                tree, chart, values=values, release=cell.app, fetch=fetch, cancelled=cancelled, progress=progress
            )
        if not own:
            return Rendered((), "plain", (), "", "")
        return read_plain(tree, own)

    def compare(
        self,
        tree: Tree,
        changes: Mapping[str, bytes | None],
        cells: Sequence[Cell],
        *,
        fetch: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Rendering]:
        """Each cell before and after the changes, beside each other, as each is ready. Raises Cancelled."""
        after = Overlay(tree, changes)
        self._placed(tree)
        self._placed(after)
        stopped = threading.Event()

        def stop() -> bool:
            return stopped.is_set() or (cancelled is not None and cancelled())

        def work(cell: Cell) -> Rendering:
            old = self.render_cell(tree, cell, fetch=fetch, cancelled=stop, progress=progress)
            new = self.render_cell(after, cell, fetch=fetch, cancelled=stop, progress=progress)
            return rendering(cell, old, new)

        pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 2, thread_name_prefix="render")
        try:
            waiting: set[Future[Rendering]] = {
                pool.submit(contextvars.copy_context().run, work, cell) for cell in cells
            }
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)

    # Inside --------------------------------------------------------------------------------------------------------

    def _placed(self, tree: Tree) -> Places:
        """The places of a tree; the last few trees are remembered."""
        with self._lock:
            known = self._places.get(id(tree))
            if known is not None and known.tree is tree:
                return known
        made = Places(tree)
        with self._lock:
            self._places[id(tree)] = made
            for old in list(self._places)[:-4]:
                del self._places[old]
        return made

    def _render(
        self,
        places: Places,
        root: str,
        values: Sequence[str],
        release: str,
        fetch: bool,
        cancelled: Stop | None,
        progress: Progress | None,
    ) -> Rendered:
        if posixpath.basename(root) in KUSTOMIZATIONS and root in places.tree.entries:
            root = posixpath.dirname(root)
        place = places.find(root)
        if place is None:
            # A cell that one side of a comparison does not have: there are no objects, and nothing is wrong.
            return Rendered((), "", (), "", "")
        if not place.folder:
            return read_plain(places.tree, [place.path])
        if kustomization_of(places, place.path) is not None:
            return self._kustomize(places, place.path, fetch, cancelled, progress)
        if posixpath.join(place.path, "Chart.yaml") in places.tree.entries:
            return self._helm(places, place.path, values, release, fetch, cancelled, progress)
        return self._plain(places, place.path, fetch, cancelled, progress)

    def _plain(
        self, places: Places, root: str, fetch: bool, cancelled: Stop | None, progress: Progress | None
    ) -> Rendered:
        """A folder of manifests: its files, and the kustomizations below it, as Flux takes such a folder."""
        files, folders, notes = [], [], []
        inner = [folder for folder in _folders(places, root) if folder != root]
        built = [folder for folder in inner if kustomization_of(places, folder) is not None]
        charts = [folder for folder in inner if posixpath.join(folder, "Chart.yaml") in places.tree.entries]
        folders = [f for f in built if not _below(f, [b for b in built if b != f]) and not _below(f, charts)]
        tops = [c for c in charts if not _below(c, [o for o in charts if o != c])]
        files = [path for path in places.under(root) if not _below(path, built) and not _below(path, charts)]
        notes = [f"{printable(chart)} is a chart: it is rendered where something installs it" for chart in tops]
        found = read_plain(places.tree, files)
        parts = [found] if found.objects or not folders else []
        for folder in folders:
            parts.append(self._kustomize(places, folder, fetch, cancelled, progress))
        return Rendered(
            tuple(item for part in parts for item in part.objects),
            "plain" if not folders else "kustomize",
            tuple(dict.fromkeys(name for part in parts for name in part.missing)),
            "" if any(part.objects for part in parts) else next((part.problem for part in parts if part.problem), ""),
            next((part.hint for part in parts if part.hint), ""),
            (
                *notes,
                *(note for part in parts for note in part.notes),
                *(part.problem for part in parts if part.problem and any(other.objects for other in parts)),
            ),
        )

    def _kustomize(
        self, places: Places, root: str, fetch: bool, cancelled: Stop | None, progress: Progress | None
    ) -> Rendered:
        tool = programs.kustomize()
        if tool is None:
            raise RenderError(
                "neither kustomize nor kubectl is installed", "kustomizations are not built", "install kustomize"
            )
        made = assemble(places, root, self._remotes, fetch=fetch, progress=progress, cancelled=cancelled)
        helm = programs.helm() if made.charts else None
        charted: list[tuple[str, Path]] = []
        if made.charts and helm is None:
            return Rendered((), "kustomize", tuple(made.missing), helming.NO_HELM, helming.NO_HELM_HINT)
        for part, chart in made.charts:
            if not chart.local and helm is not None:
                source = self._chart(helm, chart.chart, fetch, cancelled, progress)
                if source is None:
                    made.missing.append(printable(str(chart.chart)))
                    continue
                home = posixpath.join(part.name, posixpath.dirname(chart.file), chart.chart.home)
                charted += [(posixpath.join(home, n), source) for n in _chart_names(chart.chart)]
        if made.failures:
            return _failed("kustomize", made)
        if made.broken:
            return Rendered((), "kustomize", tuple(made.missing), made.broken[0], "correct the reference")
        if made.refused or any(not c.local and str(c.chart) in made.missing for _, c in made.charts):
            what = (made.refused or made.missing)[0]
            return Rendered((), "kustomize", tuple(made.missing), f"it needs {what}, which is not at hand", _FETCH)
        key = key_of(("kustomize", tool.identity, helm.identity if helm else "", *made.identity(), *map(str, charted)))
        return self._built(key, made, lambda into: self._build(tool, helm, made, charted, into, cancelled))

    def _built(self, key: str, made: Assembly, build: Callable[[Path], bytes]) -> Rendered:
        """What the cache has, or what the build gives."""
        known = self._cache.load(key)
        if known is not None:
            return known
        with tempfile.TemporaryDirectory(prefix="liftlock-render-", ignore_cleanup_errors=True) as folder:
            try:
                output = build(Path(folder).resolve())
            except RenderError as error:
                if not made.missing:
                    raise
                problem = "it cannot be rendered without what is missing"
                return Rendered((), "kustomize", tuple(made.missing), problem, _FETCH, (str(error),))
        found = _objects(output)
        rendered = Rendered(
            found, "kustomize", tuple(made.missing), "", _FETCH if made.missing else "", tuple(made.notes)
        )
        self._cache.store(key, rendered)
        return rendered

    def _build(
        self,
        tool: programs.Tool,
        helm: programs.Tool | None,
        made: Assembly,
        charted: Sequence[tuple[str, Path]],
        into: Path,
        cancelled: Stop | None,
    ) -> bytes:
        folder = made.write(into / "work")
        for name, source in charted:
            helming.place_chart(source, into / "work" / name)
        return kustomizing.build(self._runner, tool, folder, into / "home", helm=helm, cancelled=cancelled)

    def _helm(
        self,
        places: Places,
        folder: str,
        values: Sequence[str],
        release: str,
        fetch: bool,
        cancelled: Stop | None,
        progress: Progress | None,
    ) -> Rendered:
        helm = programs.helm()
        chart = helming.read_chart(places, folder, values)
        missing = tuple(printable(str(absent)) for absent in chart.absent)
        if helm is None:
            return Rendered((), "helm", missing, helming.NO_HELM, helming.NO_HELM_HINT)
        pulled = {absent: self._chart(helm, absent, fetch, cancelled, progress) for absent in chart.absent}
        absent = [one for one, place in pulled.items() if place is None]
        missing = tuple(printable(str(one)) for one in absent)
        entries = places.tree.entries
        files = [f"{path} {entries[path].oid}" for path in chart.all_files()]
        key = key_of(("helm", helm.identity, folder, release, *values, *files, *map(str, pulled.values()), *missing))
        known = self._cache.load(key)
        if known is not None:
            return known
        with tempfile.TemporaryDirectory(prefix="liftlock-render-", ignore_cleanup_errors=True) as temporary:
            top = Path(temporary).resolve()
            place = top / "work" / (posixpath.basename(folder) or "chart")
            place.mkdir(parents=True)
            helming.write_chart(places, chart, place)
            for one, source in pulled.items():
                if source is not None:
                    helming.place_chart(source, place / "charts" / one.name)
            helming.without(chart, absent, place)
            given = []
            for number, (_, data) in enumerate(places.tree.read_many(values).items()):
                given.append(top / f"values-{number}.yaml")
                given[-1].write_bytes(data)
            name = release or posixpath.basename(folder)
            try:
                output = helming.template(
                    self._runner, helm, place, given, top / "home", release=name, cancelled=cancelled
                )
            except RenderError as error:
                if not missing:
                    raise
                problem = "it cannot be rendered without what is missing"
                return Rendered((), "helm", missing, problem, _FETCH, (str(error),))
        rendered = Rendered(_objects(output), "helm", missing, "", _FETCH if missing else "")
        self._cache.store(key, rendered)
        return rendered

    def _chart(
        self, helm: programs.Tool, chart: Chart, fetch: bool, cancelled: Stop | None, progress: Progress | None
    ) -> Path | None:
        if not fetch:
            return self._charts.known(chart)
        return self._charts.pull(helm, chart, progress=progress, cancelled=cancelled)


def rendering(cell: Cell, old: Rendered, new: Rendered) -> Rendering:
    """A cell before and after, as the objects that differ."""
    missing = tuple(dict.fromkeys((*new.missing, *old.missing)))
    problem, hint = (new.problem, new.hint) if new.problem or not old.problem else (old.problem, old.hint)
    notes = tuple(dict.fromkeys((*new.notes, *old.notes)))
    how = new.how or old.how
    if problem:
        return Rendering(cell.app, cell.environment, how, (), 0, missing, problem, hint, notes)
    differing = diff_objects(old.objects, new.objects)
    same = len(new.objects) - sum(diff.status is not Status.REMOVED for diff in differing)
    return Rendering(cell.app, cell.environment, how, differing, same, missing, "", hint, notes)


def _objects(output: bytes) -> tuple[dict[str, object], ...]:
    try:
        return tuple(plain(document) for document in objects(load(output)))
    except Unreadable as error:
        raise RenderError("What was rendered cannot be read", str(error), "render it by hand to see more") from error


def _failed(how: str, made: Assembly) -> Rendered:
    first = made.failures[0]
    return Rendered((), how, tuple(made.missing), str(first), first.hint)


def _chart_names(chart: Chart) -> list[str]:
    """Where kustomize looks for a chart that it would pull, in its folder of charts."""
    return [chart.name, f"{chart.name}-{chart.version}/{chart.name}"] if chart.version else [chart.name]


def _chart_of(cell: Cell, tree: Tree) -> str | None:
    """The folder of the chart that a cell is or gives values to."""
    for path in (*cell.files, *cell.shared):
        if posixpath.basename(path) == "Chart.yaml" and path in tree.entries:
            return posixpath.dirname(path)
    return None


def _in_chart(path: str, chart: str) -> bool:
    """Whether the file is one of the chart's own, not values that are given to it."""
    inner = path.removeprefix(f"{chart}/") if chart else path
    own = ("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "requirements.yaml", "requirements.lock")
    return inner in own or inner.startswith(("templates/", "charts/", "crds/", "files/"))


def _folders(places: Places, root: str) -> list[str]:
    return sorted({posixpath.dirname(path) for path in places.under(root)})


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)
