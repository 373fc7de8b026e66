"""Charts: which files helm is given, what is missing, and what a real helm makes of it where there is one."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import yaml
from trees import DictTree

from liftlock.commands import Runner
from liftlock.model.app import Cell
from liftlock.render import Rendered, Renderer

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-x"}
data: {mode: "{{ .Values.mode }}", tag: "{{ .Values.tag }}"}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "chart/values.yaml": "mode: slow\ntag: '1'\n",
    "chart/values-prod.yaml": "tag: '2'\n",
    "chart/templates/cm.yaml": TEMPLATE,
    "other/file.yaml": "a: b\n",
}
CELL = Cell("api", "prod", ("chart/values-prod.yaml",), ("chart/values-prod.yaml",), ("chart/Chart.yaml",))

# Stands in for helm: it tells how it was called and what it found, as an object.
FAKE = f"""#!{sys.executable}
import json, os, sys
folder = sys.argv[3]
found = sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, fs in os.walk(folder) for f in fs)
values = [open(sys.argv[i + 1]).read() for i, a in enumerate(sys.argv) if a == "--values"]
told = {{"command": sys.argv[1:3], "files": found, "values": values, "chart": open(folder + "/Chart.yaml").read(),
        "proxy": os.environ["HTTPS_PROXY"], "home": os.environ["HOME"]}}
print(json.dumps({{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "told"}}, "data": told}}))
"""


@pytest.fixture
def fake_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "helm").write_text(FAKE)
    (folder / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def told(rendered: Rendered) -> dict[str, object]:
    assert rendered.problem == ""
    (found,) = rendered.objects
    return found["data"]


@pytest.mark.usefixtures("fake_helm")
def test_helm_is_given_the_chart_and_the_values_of_the_cell(renderer: Renderer) -> None:
    tree = DictTree(CHART)
    rendered = renderer.render_cell(tree, CELL)
    said = told(rendered)
    assert rendered.how == "helm"
    assert said["command"] == ["template", "api"]
    assert said["values"] == ["tag: '2'\n"]
    assert "templates/cm.yaml" in str(said["files"])
    assert said["proxy"] == "http://127.0.0.1:9"
    assert said["home"] != os.environ["HOME"]
    assert "other/file.yaml" not in tree.reads
    assert told(renderer.render(tree, "chart", values=("chart/values.yaml", "other/file.yaml")))["values"] == [
        "mode: slow\ntag: '1'\n",
        "a: b\n",
    ]


@pytest.mark.usefixtures("fake_helm")
def test_dependencies_that_are_not_in_the_tree_are_missing_and_left_out(renderer: Renderer) -> None:
    chart = """\
        apiVersion: v2
        name: c
        version: 1.0.0
        dependencies:
        - {name: near, version: 1.0.0, repository: "file://../near"}
        - {name: vendored, version: 1.0.0, repository: "https://charts.example.org"}
        - {name: far, version: 2.0.0, repository: "https://charts.example.org/"}
        """
    tree = DictTree(
        CHART
        | {
            "chart/Chart.yaml": chart,
            "chart/charts/vendored-1.0.0.tgz": b"x",
            "near/Chart.yaml": "apiVersion: v2\nname: near\nversion: 1.0.0\n",
        }
    )
    rendered = renderer.render(tree, "chart")
    assert rendered.missing == ("chart https://charts.example.org/far 2.0.0",)
    said = told(rendered)
    names = [item["name"] for item in json.loads(str(said["chart"]))["dependencies"]]
    assert names == ["near", "vendored"]
    assert "charts/near/Chart.yaml" in str(said["files"])


def test_charts_of_kustomizations_are_missing_until_they_are_fetched(
    renderer: Renderer, fake_helm: None, runner: Runner
) -> None:
    tree = DictTree(
        {"k/kustomization.yaml": "helmCharts: [{name: x, repo: 'https://c.example.org', version: 1.2.3}]\n"}
    )
    rendered = renderer.render(tree, "k")
    assert rendered.missing == ("chart https://c.example.org/x 1.2.3",)
    assert "not at hand" in rendered.problem
    generator = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: y\nrepo: oci://r\n"
    tree = DictTree({"k/kustomization.yaml": "generators: [g.yaml]\n", "k/g.yaml": generator})
    assert renderer.render(tree, "k").missing == ("chart oci://r/y (no version)",)
    assert runner.journal.entries() == ()


def test_a_chart_that_cannot_be_read_is_said(renderer: Renderer, fake_helm: None) -> None:
    rendered = renderer.render(DictTree({"chart/Chart.yaml": "a: [\n"}), "chart")
    assert rendered.problem.startswith("chart/Chart.yaml cannot be read: line")


real_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on PATH")


@real_helm
def test_a_real_helm_renders_a_chart(renderer: Renderer) -> None:
    (found,) = renderer.render_cell(DictTree(CHART), CELL).objects
    assert found["metadata"]["name"] == "api-x"
    assert found["data"] == {"mode": "slow", "tag": "2"}
    broken = DictTree(CHART | {"chart/templates/cm.yaml": "{{ .Values.x.y.z }}\n"})
    problem = renderer.render(broken, "chart").problem
    assert problem.startswith("helm cannot render this")
    assert "/tmp" not in problem


@pytest.fixture
def chart_server(tmp_path: Path) -> Iterator[str]:
    served = tmp_path / "charts"
    (tmp_path / "far/templates").mkdir(parents=True)
    served.mkdir()
    (tmp_path / "far/Chart.yaml").write_text("apiVersion: v2\nname: far\nversion: 2.0.0\n")
    (tmp_path / "far/values.yaml").write_text("{}\n")
    (tmp_path / "far/templates/cm.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far}\n")
    with tarfile.open(served / "far-2.0.0.tgz", "w:gz") as archive:
        archive.add(tmp_path / "far", "far")
    entry = {"apiVersion": "v2", "name": "far", "version": "2.0.0", "urls": ["far-2.0.0.tgz"]}
    (served / "index.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "entries": {"far": [entry]}}))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=served)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@real_helm
def test_a_real_helm_fetches_charts_when_asked(renderer: Renderer, chart_server: str) -> None:
    far = f"{{name: far, version: 2.0.0, repository: '{chart_server}'}}"
    inflated = f"{{name: far, version: 2.0.0, repo: '{chart_server}'}}"
    tree = DictTree(
        CHART
        | {
            "chart/Chart.yaml": f"apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{far}]\n",
            "k/kustomization.yaml": f"helmCharts: [{inflated}]\nnamePrefix: p-\n",
        }
    )
    assert renderer.render(tree, "chart").missing == (f"chart {chart_server}/far 2.0.0",)
    said: list[str] = []
    fetched = renderer.render(tree, "chart", fetch=True, progress=said.append)
    assert said == [f"fetching chart {chart_server}/far 2.0.0"]
    assert sorted(item["metadata"]["name"] for item in fetched.objects) == ["chart-x", "far"]
    inflated_now = renderer.render(tree, "k")
    assert inflated_now.problem == ""
    (found,) = inflated_now.objects
    assert found["metadata"]["name"] == "p-far"
