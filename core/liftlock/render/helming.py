"""Charts: rendered by helm where there is one."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liftlock.commands import Command, Runner
from liftlock.errors import CommandFailed, LiftlockError, RenderError
from liftlock.render.kustomizing import SECONDS, said, secluded
from liftlock.render.manifests import Unreadable, load
from liftlock.render.places import Outside, Places
from liftlock.render.programs import Tool
from liftlock.render.references import Chart
from liftlock.render.workspace import inside
from liftlock.text import printable

NO_HELM = "helm is not installed: charts are not rendered"
NO_HELM_HINT = "install helm and put it on PATH"
_RELEASE = re.compile(r"[^a-z0-9-]+")


@dataclass(slots=True)
class ChartFiles:
    """A chart in a tree: its folder, its files, its value files, and the dependencies that are not in the tree."""

    folder: str
    files: list[str]
    values: list[str]
    document: dict[str, Any]
    beside: dict[str, ChartFiles] = field(default_factory=dict)
    """Dependencies that lie elsewhere in the tree, by name."""
    absent: list[Chart] = field(default_factory=list)

    def all_files(self) -> list[str]:
        """Its own files and those of what it takes from elsewhere in the tree."""
        return [*self.files, *self.values, *(path for chart in self.beside.values() for path in chart.all_files())]


def read_chart(places: Places, folder: str, values: Sequence[str] = (), depth: int = 0) -> ChartFiles:
    """Find what a chart is made of. Raises RenderError when its Chart.yaml cannot be read."""
    path = posixpath.join(folder, "Chart.yaml")
    try:
        documents = load(places.tree.read(path))
    except (Unreadable, LiftlockError) as error:
        raise RenderError(f"{printable(path)} cannot be read", str(error), "correct the file") from error
    document = documents[0] if documents and isinstance(documents[0], dict) else {}
    chart = ChartFiles(folder, list(places.under(folder)), list(values), document)
    here = set(chart.files)
    for item in _dependencies(places, folder, document):
        name, version = str(item.get("name") or ""), str(item.get("version") or "")
        repository = str(item.get("repository") or "")
        vendored = posixpath.join(folder, "charts", name)
        if f"{vendored}/Chart.yaml" in here or any(path.startswith(f"{vendored}-") for path in here):
            continue
        if repository.startswith("file://") and depth < 5:
            try:
                place = places.find(repository.removeprefix("file://"), folder)
            except Outside:
                place = None
            if place is not None and place.folder:
                chart.beside[name] = read_chart(places, place.path, (), depth + 1)
                continue
        chart.absent.append(Chart(name, repository, version))
    return chart


def _dependencies(places: Places, folder: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("dependencies")
    if not isinstance(found, list):
        older = posixpath.join(folder, "requirements.yaml")
        if older in places.tree.entries:
            try:
                loaded = load(places.tree.read(older))
            except (Unreadable, LiftlockError):
                loaded = []
            found = loaded[0].get("dependencies") if loaded and isinstance(loaded[0], dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def write_chart(places: Places, chart: ChartFiles, into: Path) -> None:
    """Write the chart's folder to `into`; dependencies from elsewhere in the tree go to its `charts/`."""
    head = f"{chart.folder}/" if chart.folder else ""
    for path, data in places.tree.read_many(chart.files).items():
        place = inside(into, path.removeprefix(head))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    for name, other in chart.beside.items():
        write_chart(places, other, into / "charts" / printable(name).replace("/", "-"))


def without(chart: ChartFiles, absent: Sequence[Chart], into: Path) -> None:
    """Take dependencies that are not at hand out of the written chart, so that the rest of it can be rendered."""
    names = {dependency.name for dependency in absent}
    if not names:
        return
    document = dict(chart.document)
    if isinstance(document.get("dependencies"), list):
        document["dependencies"] = [
            d for d in document["dependencies"] if not (isinstance(d, dict) and d.get("name") in names)
        ]
        (into / "Chart.yaml").write_text(json.dumps(document, default=str))
    (into / "Chart.lock").unlink(missing_ok=True)
    (into / "requirements.yaml").unlink(missing_ok=True)
    (into / "requirements.lock").unlink(missing_ok=True)


def template(
    runner: Runner,
    helm: Tool,
    folder: Path,
    values: Sequence[Path],
    home: Path,
    *,
    release: str,
    namespace: str = "",
    cancelled: Callable[[], bool] | None = None,
) -> bytes:
    """The manifests of a chart. Raises RenderError with what helm says, Cancelled."""
    name = _RELEASE.sub("-", release.lower()).strip("-")[:53] or "release"
    argv = [*helm.argv, "template", name, str(folder), "--include-crds", "--skip-tests"]
    if namespace:
        argv += ["--namespace", namespace]
    for path in values:
        argv += ["--values", str(path)]
    (home / "empty").mkdir(parents=True, exist_ok=True)
    command = Command(tuple(argv), cwd=folder, env=secluded(home), timeout=SECONDS)
    try:
        return runner.run(command, cancelled=cancelled).stdout
    except CommandFailed as error:
        raise RenderError(
            "helm cannot render this", said(error.detail, folder), error.hint, command=error.command
        ) from error


class ChartStore:
    """Charts that were pulled from their repositories, kept by name and version."""

    def __init__(self, runner: Runner, folder: Path | None) -> None:
        self._runner = runner
        self._folder = folder

    def known(self, chart: Chart) -> Path | None:
        """The folder of a chart that was pulled before."""
        place = self._place(chart)
        return place if place is not None and (place / "Chart.yaml").is_file() else None

    def pull(self, helm: Tool, chart: Chart, *, progress: Callable[[str], None] | None, cancelled: Any) -> Path:
        """Pull a chart, unless it is at hand. Raises RenderError, Cancelled."""
        known = self.known(chart)
        if known is not None and chart.version:
            return known
        place = self._place(chart)
        if place is None or not chart.repo.startswith(("https://", "http://", "oci://")):
            raise RenderError(
                f"{printable(str(chart))} cannot be fetched", "its repository is of no kind that helm pulls"
            )
        if progress is not None:
            progress(f"fetching {printable(str(chart))}")
        argv = [*helm.argv, "pull"]
        if chart.repo.startswith("oci://"):
            argv += [f"{chart.repo.rstrip('/')}/{chart.name}"]
        else:
            argv += [chart.name, f"--repo={chart.repo}"]
        if chart.version:
            argv += [f"--version={chart.version}"]
        if chart.name.startswith("-"):
            raise RenderError(f"{printable(str(chart))} cannot be fetched", "no chart has such a name")
        temporary = place.parent.with_name(f"{place.parent.name}.new")
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True, mode=0o700)
            argv += ["--untar", f"--untardir={temporary}"]
            self._runner.run(Command(tuple(argv), cwd=temporary, timeout=120), cancelled=cancelled)
            shutil.rmtree(place.parent, ignore_errors=True)
            temporary.rename(place.parent)
        except CommandFailed as error:
            raise RenderError(
                f"{printable(str(chart))} cannot be fetched", said(error.detail), error.hint, command=error.command
            ) from error
        except OSError as error:
            raise RenderError("The cache cannot be written", error.strerror or str(error), str(place)) from error
        return place

    def _place(self, chart: Chart) -> Path | None:
        from liftlock.render.cache import key_of

        if self._folder is None or not chart.name or "/" in chart.name or chart.name in (".", ".."):
            return None
        return self._folder / "charts" / key_of((chart.repo, chart.name, chart.version)) / chart.name


def place_chart(source: Path, into: Path) -> None:
    """Copy a pulled chart to where it is looked for; links in it are left out."""

    def links(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if (Path(folder) / name).is_symlink()]

    shutil.copytree(source, into, dirs_exist_ok=True, ignore=links)
