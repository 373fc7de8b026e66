"""Rendering with a real kustomize: what is taken in, what is refused, what is kept, and what is said."""

from __future__ import annotations

import os
import stat
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from trees import DictTree, Executable, Link

from liftlock.commands import Runner
from liftlock.errors import Cancelled, RenderError
from liftlock.model.app import Cell
from liftlock.model.diff import Rendering, Status
from liftlock.render import Rendered, Renderer, kustomizing, programs, tools
from liftlock.render.overlay import Overlay

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 1
  template:
    spec:
      containers: [{name: api, image: acme/api:0}]
"""
FILES = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "parts/kustomization.yaml": """\
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        commonAnnotations: {c: d}
        """,
    "envs/prod/kustomization.yaml": """\
        namespace: prod
        resources: [../../base]
        components: [../../parts]
        patches: [{path: patch.yaml}]
        images: [{name: acme/api, newTag: 1.4.2}]
        configMapGenerator: [{name: settings, files: [app.ini=files/app.ini], envs: [x.env]}]
        replacements: [{path: replace.yaml}]
        """,
    "envs/prod/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {replicas: 5}\n",
    "envs/prod/files/app.ini": "mode=fast\n",
    "envs/prod/x.env": "A=b\n",
    "envs/prod/replace.yaml": "[]\n",
    "unrelated/large.yaml": "a: b\n",
}


def cell(root: str, environment: str = "prod", **more: object) -> Cell:
    return Cell("api", environment, (f"{root}/",), (), render_root=root, **more)  # type: ignore[arg-type]


def named(rendered: Rendered) -> list[str]:
    return [f"{item['kind']}/{item['metadata']['name']}" for item in rendered.objects]


def test_a_kustomization_takes_in_just_what_it_names(renderer: Renderer) -> None:
    tree = DictTree(FILES)
    rendered = renderer.render(tree, "envs/prod")
    assert (rendered.problem, rendered.missing, rendered.how) == ("", (), "kustomize")
    config, deployment = rendered.objects
    assert config["data"] == {"app.ini": "mode=fast\n", "A": "b"}
    assert deployment["spec"]["replicas"] == 5
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "acme/api:1.4.2"
    assert deployment["metadata"]["namespace"] == "prod"
    assert deployment["metadata"]["annotations"] == {"c": "d"}
    assert "unrelated/large.yaml" not in tree.reads


def test_a_change_is_compared_in_one_call(renderer: Renderer) -> None:
    tree = DictTree(FILES)
    path = "envs/prod/kustomization.yaml"
    (found,) = renderer.compare(tree, {path: tree.read(path).replace(b"1.4.2", b"1.5.0")}, [cell("envs/prod")])
    assert found.problem == ""
    (diff,) = found.objects
    assert (diff.status, str(diff.key)) == (Status.MODIFIED, "Deployment prod/api")
    assert [(f.old, f.new) for f in diff.fields] == [("acme/api:1.4.2", "acme/api:1.5.0")]
    assert found.same == 1


def test_a_shared_base_reaches_every_cell_and_the_order_of_readiness_is_free(renderer: Renderer) -> None:
    files = dict(FILES)
    for env in ("dev", "stage", "test", "qa"):
        files[f"envs/{env}/kustomization.yaml"] = f"namespace: {env}\nresources: [../../base]\n"
    tree = DictTree(files)
    changes = {"base/deployment.yaml": DEPLOYMENT.replace("replicas: 1", "replicas: 2").encode()}
    cells = [cell(f"envs/{env}", env) for env in ("dev", "stage", "test", "qa", "prod")]
    found = {r.environment: r for r in renderer.compare(tree, changes, cells)}
    assert {env: len(r.objects) for env, r in found.items()} == {"dev": 1, "stage": 1, "test": 1, "qa": 1, "prod": 0}


def test_a_cell_that_comes_or_goes_is_all_added_or_removed(renderer: Renderer) -> None:
    tree = DictTree({"base/deployment.yaml": DEPLOYMENT, "base/kustomization.yaml": "resources: [deployment.yaml]\n"})
    (found,) = renderer.compare(
        tree, {"envs/new/kustomization.yaml": b"resources: [../../base]\n"}, [cell("envs/new", "new")]
    )
    assert [diff.status for diff in found.objects] == [Status.ADDED]
    gone = {"base/deployment.yaml": None, "base/kustomization.yaml": None}
    (found,) = renderer.compare(tree, gone, [cell("base")])
    assert [diff.status for diff in found.objects] == [Status.REMOVED]


def test_what_was_rendered_is_kept_by_its_content(renderer: Renderer, runner: Runner, tmp_path: Path) -> None:
    tree = DictTree(FILES)
    first = renderer.render(tree, "envs/prod")
    started = len(runner.journal.entries())
    again = Renderer(runner, tmp_path / "cache").render(
        tree.with_files({"unrelated/large.yaml": "a: other\n"}), "envs/prod"
    )
    assert again == first
    assert len(runner.journal.entries()) == started
    changed = renderer.render(tree.with_files({"envs/prod/x.env": "A=c\n"}), "envs/prod")
    assert changed.objects[0]["data"]["A"] == "c"
    for path in (tmp_path / "cache" / "manifests").iterdir():
        assert path.suffix == ".json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_cache_that_is_spoilt_or_cannot_be_written_does_no_harm(runner: Runner, tmp_path: Path) -> None:
    place = tmp_path / "cache"
    tree = DictTree(FILES)
    wanted = Renderer(runner, place).render(tree, "envs/prod")
    (kept,) = (place / "manifests").iterdir()
    kept.write_text('{"objects": [1')
    assert Renderer(runner, place).render(tree, "envs/prod") == wanted
    (tmp_path / "file").write_text("")
    assert Renderer(runner, tmp_path / "file").render(tree, "envs/prod") == wanted
    assert Renderer(runner, None).render(tree, "envs/prod") == wanted


@pytest.mark.parametrize(
    "reference",
    [
        "https://github.com/acme/bases//api?ref=v1",
        "github.com/acme/bases/api?ref=v1",
        "git@github.com:acme/bases.git//api",
        "git::https://example.org/x.git",
        "https://raw.githubusercontent.com/acme/x/main/crd.yaml",
        "ssh://git@example.org/x.git//api?ref=main",
        "oci://example.org/x",
    ],
)
def test_a_remote_base_is_named_and_the_rest_is_rendered_without_it(
    renderer: Renderer, runner: Runner, reference: str
) -> None:
    tree = DictTree(FILES | {"envs/prod/kustomization.yaml": f"resources:\n- ../../base\n- {reference}\n"})
    rendered = renderer.render(tree, "envs/prod")
    assert rendered.missing == (reference.replace("ssh://git@", "ssh://••••@"),)
    assert rendered.problem == ""
    assert "--fetch" in rendered.hint
    assert named(rendered) == ["Deployment/api"]
    assert all("git " not in entry.text for entry in runner.journal.entries())


def test_what_patches_a_remote_base_cannot_be_rendered_without_it(renderer: Renderer) -> None:
    remote = "https://github.com/acme/bases//api?ref=v1"
    text = f"resources: ['{remote}']\npatchesStrategicMerge: [patch.yaml]\n"
    tree = DictTree(FILES | {"envs/prod/kustomization.yaml": text})
    rendered = renderer.render(tree, "envs/prod")
    assert rendered.missing == (remote,)
    assert rendered.problem == "it cannot be rendered without what is missing"


def test_a_password_in_a_remote_address_is_not_shown(renderer: Renderer) -> None:
    tree = DictTree({"a/kustomization.yaml": "resources: ['https://me:hunter2@example.org/x.git//a']\n"})
    assert "hunter2" not in str(renderer.render(tree, "a"))


def test_kustomize_itself_reaches_no_server(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second wall: were a remote reference overlooked, nothing would leave the machine."""
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(502)

        def log_message(self, *_: object) -> None: ...

    tool = programs.kustomize()
    assert tool is not None
    place = tmp_path / "kustomization.yaml"
    place.write_text("resources: ['http://bases.example.org/x.yaml']\n")
    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        with pytest.raises(RenderError, match="cannot build"):
            kustomizing.build(runner, tool, tmp_path, tmp_path / "home")
        assert asked == []
        monkeypatch.setattr(kustomizing, "_NOWHERE", f"http://127.0.0.1:{server.server_address[1]}")
        with pytest.raises(RenderError):
            kustomizing.build(runner, tool, tmp_path, tmp_path / "home")
        place.write_text("resources: ['ssh://git@bases.example.org/x.git//a']\n")
        with pytest.raises(RenderError) as raised:
            kustomizing.build(runner, tool, tmp_path, tmp_path / "home")
        server.shutdown()
    assert asked[0] == "http://bases.example.org/x.yaml", "all that it asks for goes to where nothing answers"
    assert "no 'git' program on path" in raised.value.detail


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"a/kustomization.yaml": "resources: [../../../etc]\n"},
            "names ../../../etc, which lies outside the repository",
        ),
        (
            {"a/kustomization.yaml": "resources: [/etc/passwd]\n"},
            "names /etc/passwd, which lies outside the repository",
        ),
        ({"a/kustomization.yaml": "resources: [gone.yaml]\n"}, "names gone.yaml, which is not there"),
        ({"a/kustomization.yaml": "resources: [x.yaml]\n", "a/x.yaml": Link("/etc/passwd")}, "lies outside"),
        ({"a/kustomization.yaml": "resources: [x.yaml]\n", "a/x.yaml": Link("../../etc/passwd")}, "lies outside"),
        ({"a/kustomization.yaml": "resources: [x.yaml]\n", "a/x.yaml": Link("x.yaml")}, "lies outside"),
        (
            {"a/kustomization.yaml": "resources: [l/x.yaml]\n", "a/l": Link("../b"), "b/x.yaml": Link("../../x")},
            "lies outside",
        ),
        ({"a/kustomization.yaml": Link("/etc/passwd")}, "leads out of the repository"),
        ({"a/kustomization.yaml": "resources: [b]\n", "a/b/x.yaml": "a: b\n"}, "a/b, which has no kustomization.yaml"),
        ({"a/kustomization.yaml": "resources: [\n"}, "a/kustomization.yaml cannot be read"),
        ({"a/kustomization.yaml": "- x\n"}, "a/kustomization.yaml holds no kustomization"),
        ({"a/kustomization.yaml": "resources: [x.yaml]\n", "a/x.yaml": "a: [\n"}, "kustomize cannot build this"),
        ({"a/kustomization.yaml": "nonsense: true\n"}, "unknown field"),
        ({"a/kustomization.yaml": 'resources: ["\\e[2J.yaml"]\n'}, "is not there"),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(renderer: Renderer, files: dict[str, str], said: str) -> None:
    rendered = renderer.render(DictTree(files), "a")
    assert said in rendered.problem
    assert "\n" not in rendered.problem
    assert "\x1b" not in rendered.problem
    assert "/tmp" not in rendered.problem
    assert rendered.objects == ()


def test_links_inside_the_tree_are_followed_and_files_keep_their_mode(renderer: Renderer) -> None:
    tree = DictTree(
        {
            "shared/base/kustomization.yaml": "resources: [cm.yaml]\n",
            "shared/base/cm.yaml": Link("../real.yaml"),
            "shared/real.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
            "a/base": Link("../shared/base"),
            "a/kustomization.yaml": Executable("resources: [base]\nnamePrefix: p-\n"),
        }
    )
    assert named(renderer.render(tree, "a")) == ["ConfigMap/p-x"]


def test_names_that_would_frighten_a_shell_are_only_names(renderer: Renderer) -> None:
    name = "-a; rm -rf $HOME `x` '\".yaml"
    folder = "dir with -v blanks"
    tree = DictTree(
        {
            f"{folder}/kustomization.yaml": 'resources: ["-a; rm -rf $HOME `x` \'\\".yaml"]\n',
            f"{folder}/{name}": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
        }
    )
    rendered = renderer.render(tree, folder)
    assert rendered.problem == ""
    assert named(rendered) == ["ConfigMap/x"]


def test_plain_yaml_gives_every_object_and_notes_what_cannot_be_read(renderer: Renderer) -> None:
    tree = DictTree(
        {
            "m/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n---\nx: y\n",
            "m/b/list.yml": """\
                apiVersion: v1
                kind: List
                items: [{apiVersion: v1, kind: Service, metadata: {name: s}}]
                """,
            "m/c.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}}',
            "m/broken.yaml": "apiVersion: v1\nkind: [\n",
            "m/template.yaml": "apiVersion: v1\nkind: X\nmetadata:\n  {{- .x }}\n",
            "m/values.yaml": "replicas: 2\n",
            "m/readme.md": "kind: x\napiVersion: y\n",
            "m/sub/kustomization.yaml": "resources: [cm.yaml]\nnamePrefix: k-\n",
            "m/sub/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
            "m/chart/Chart.yaml": "name: c\nversion: 1.0.0\n",
            "m/chart/templates/x.yaml": "apiVersion: v1\nkind: {{ .x }}\n",
        }
    )
    rendered = renderer.render(tree, "m")
    assert named(rendered) == ["ConfigMap/a", "Service/s", "ConfigMap/j", "ConfigMap/k-x"]
    assert rendered.problem == ""
    notes = " ".join(rendered.notes)
    assert "m/broken.yaml cannot be read: line 3" in notes
    assert "m/template.yaml is a template" in notes
    assert "m/chart is a chart" in notes
    assert named(renderer.render(tree, "m/a.yaml")) == ["ConfigMap/a"]


def test_a_cell_of_manifests_is_its_own_files_only(renderer: Renderer) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
    tree = DictTree({"m/a-prod.yaml": text % "p", "m/a-dev.yaml": text % "d", "v/prod.yaml": "tag: 1\n"})
    assert named(renderer.render_cell(tree, Cell("a", "prod", (), ("m/a-prod.yaml",)))) == ["ConfigMap/p"]
    values = renderer.render_cell(tree, Cell("a", "prod", (), ("v/prod.yaml",)))
    assert values.problem == "there are no Kubernetes objects in 1 file"


def test_scalars_are_read_as_kubernetes_reads_them(renderer: Renderer) -> None:
    tree = DictTree(
        {
            "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
            "data: {date: 2026-01-02, port: 22:22, eq: =, mode: 0644, yes: on, tag: !Ref x, n: 1_000, f: 1e3}\n"
        }
    )
    (found,) = renderer.render(tree, "a.yaml").objects
    assert found["data"]["date"] == "2026-01-02"
    assert found["data"]["port"] == "22:22"
    assert found["data"]["eq"] == "="
    assert found["data"]["mode"] == 420
    assert found["data"]["tag"] == "x"
    assert found["data"]["f"] == 1000.0


def test_charts_without_helm_are_said_plainly(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "helm", lambda: None)
    tree = DictTree(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            "chart/values-prod.yaml": "a: 1\n",
            "k/kustomization.yaml": "helmCharts: [{name: x, repo: https://charts.example.org, version: 1.2.3}]\n",
        }
    )
    for rendered in (
        renderer.render(tree, "chart"),
        renderer.render_cell(tree, Cell("c", "prod", (), ("chart/values-prod.yaml",), ("chart/Chart.yaml",))),
        renderer.render(tree, "k"),
    ):
        assert rendered.problem == "helm is not installed: charts are not rendered"
        assert rendered.hint == "install helm and put it on PATH"


def test_the_kustomize_of_the_wheel_is_used_when_none_is_on_path(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = programs.kustomize()
    assert tool is not None
    assert tool.path.parent.name in ("bin", "Scripts")
    assert named(Renderer(runner, None).render(DictTree(FILES), "base")) == ["Deployment/api"]
    found = {name: (path, version) for name, path, version in tools(runner)}
    assert found["helm"] == ("", "")
    assert found["kustomize"][0] == str(tool.path)
    assert found["kustomize"][1].startswith("v5")


def fake(folder: Path, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / "kustomize"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_a_build_that_hangs_is_ended_with_all_it_started(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path / "bin", f"/bin/sleep 60 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(kustomizing, "SECONDS", 0.4)
    rendered = Renderer(runner, None).render(DictTree(FILES), "base")
    assert "kustomize cannot build this" in rendered.problem
    assert "it was ended after 0.4 s" in rendered.problem
    child = int((tmp_path / "child").read_text())
    with pytest.raises(ProcessLookupError):
        for _ in range(200):
            os.kill(child, 0)
            time.sleep(0.01)


def test_comparing_can_be_stopped(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", "exec /bin/sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    started = time.perf_counter()
    with pytest.raises(Cancelled):
        list(
            Renderer(runner, None).compare(
                DictTree(FILES), {}, [cell("base"), cell("envs/prod")], cancelled=stop.is_set
            )
        )
    assert time.perf_counter() - started < 5


def test_what_is_no_yaml_at_all_is_said(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", "echo 'a: ['")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    rendered = Renderer(runner, None).render(DictTree(FILES), "base")
    assert rendered.problem.startswith("What was rendered cannot be read")


def test_an_overlay_is_the_tree_with_its_changes() -> None:
    tree = DictTree({"a": "1\n", "b": Executable("2\n"), "c": "3\n"})
    over = Overlay(tree, {"a": None, "b": b"22\n", "d": b"4\n"})
    assert sorted(over.entries) == ["b", "c", "d"]
    assert over.entries["b"].mode == "100755"
    assert over.entries["b"].oid == DictTree({"b": "22\n"}).entries["b"].oid
    assert over.read_many(["a", "b", "c", "d"]) == {"b": b"22\n", "c": b"3\n", "d": b"4\n"}
    assert over.read("c") == b"3\n"
    assert over.id != tree.id
    assert over.id == Overlay(tree, {"a": None, "b": b"22\n", "d": b"4\n"}).id


def test_renderings_are_values_of_the_model(renderer: Renderer) -> None:
    (found,) = renderer.compare(DictTree(FILES), {}, [cell("gone")])
    assert found == Rendering("api", "prod", "", (), 0)
