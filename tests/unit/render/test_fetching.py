"""Remote bases: fetched when asked, from a real Git server on loopback, pinned, kept, and never otherwise."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from gitserver import GitServer
from trees import DictTree

from liftlock.commands import Runner
from liftlock.render import Renderer
from liftlock.render.sources import FileSource, GitSource, source_of

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout.strip()


class Upstream:
    """A repository of bases on the server, and a clone to change it from."""

    def __init__(self, server: GitServer, folder: Path, name: str = "bases.git") -> None:
        self.address = server.create(name)
        self.clone = folder
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        self.commit("remote")

    def commit(self, name: str, files: dict[str, str] | None = None) -> str:
        for path, text in (files or {"api/kustomization.yaml": "resources: [cm.yaml, ../shared]\n"}).items():
            (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / path).write_text(text)
        (self.clone / "shared").mkdir(exist_ok=True)
        (self.clone / "shared/kustomization.yaml").write_text("resources: [cm.yaml]\n")
        (self.clone / "shared/cm.yaml").write_text(CONFIG % "shared")
        (self.clone / "api/cm.yaml").write_text(CONFIG % name)
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", "-m", name)
        git(self.clone, "push", "-q", self.address, "main")
        return git(self.clone, "rev-parse", "HEAD")


@pytest.fixture
def upstream(git_server: GitServer, tmp_path: Path) -> Upstream:
    return Upstream(git_server, tmp_path / "upstream")


def tree(*resources: str) -> DictTree:
    listed = "".join(f"- {resource}\n" for resource in resources)
    return DictTree(
        {"a/kustomization.yaml": f"namePrefix: p-\nresources:\n- cm.yaml\n{listed}", "a/cm.yaml": CONFIG % "own"}
    )


def names(renderer: Renderer, of: DictTree, **options: object) -> list[str]:
    rendered = renderer.render(of, "a", **options)  # type: ignore[arg-type]
    assert rendered.problem == ""
    return sorted(item["metadata"]["name"] for item in rendered.objects)


def test_a_pinned_base_is_fetched_once_and_only_when_asked(
    upstream: Upstream, git_server: GitServer, renderer: Renderer, runner: Runner, tmp_path: Path
) -> None:
    commit = git(upstream.clone, "rev-parse", "HEAD")
    of = tree(f"{upstream.address}//api?ref={commit}")
    git_server.requests.clear()
    before = renderer.render(of, "a")
    assert len(before.missing) == 1
    assert git_server.requests == []
    said: list[str] = []
    assert names(renderer, of, fetch=True, progress=said.append) == ["p-own", "p-remote", "p-shared"]
    assert said == [f"fetching {upstream.address}//api?ref={commit}"]
    git_server.requests.clear()
    assert names(renderer, of) == ["p-own", "p-remote", "p-shared"]
    assert names(Renderer(runner, tmp_path / "cache"), of, fetch=True) == ["p-own", "p-remote", "p-shared"]
    assert git_server.requests == []


def test_a_base_that_is_not_pinned_is_said_and_fetched_anew(upstream: Upstream, renderer: Renderer) -> None:
    of = tree(f"{upstream.address}//api")
    assert "p-remote" in names(renderer, of, fetch=True)
    newer = upstream.commit("newer")
    assert "p-remote" in names(renderer, of), "nothing is fetched unasked"
    assert "p-newer" in names(renderer, of, fetch=True)
    (note,) = renderer.render(of, "a").notes
    assert note == f"{upstream.address}//api is not pinned: its default branch was {newer[:8]} when it was fetched"


def test_tags_and_shortened_commits_are_found(upstream: Upstream, renderer: Renderer) -> None:
    commit = git(upstream.clone, "rev-parse", "HEAD")
    git(upstream.clone, "tag", "v1")
    git(upstream.clone, "push", "-q", upstream.address, "v1")
    upstream.commit("newer")
    for ref in ("v1", commit[:10]):
        assert "p-remote" in names(renderer, tree(f"{upstream.address}//api?ref={ref}"), fetch=True)


def test_a_base_can_name_another_remote_base(
    upstream: Upstream, git_server: GitServer, renderer: Renderer, tmp_path: Path
) -> None:
    other = Upstream(git_server, tmp_path / "other", "other.git")
    resources = f"resources: [cm.yaml, '{upstream.address}//shared?ref=main']\n"
    other.commit("outer", {"api/kustomization.yaml": resources})
    of = tree(f"{other.address}//api?ref=main")
    assert names(renderer, of, fetch=True) == ["p-outer", "p-own", "p-shared"]


def test_a_base_cannot_reach_out_of_its_repository(upstream: Upstream, renderer: Renderer) -> None:
    upstream.commit("evil", {"api/kustomization.yaml": "resources: [cm.yaml, ../../../../repository/a]\n"})
    rendered = renderer.render(tree(f"{upstream.address}//api"), "a", fetch=True)
    assert "which lies outside the repository" in rendered.problem


@pytest.mark.parametrize("path", ["//gone", "//api?ref=no-such-branch", "//api?ref=--upload-pack=x"])
def test_what_cannot_be_fetched_is_said(upstream: Upstream, renderer: Renderer, path: str) -> None:
    rendered = renderer.render(tree(f"'{upstream.address}{path}'"), "a", fetch=True)
    assert rendered.problem
    assert rendered.objects == ()
    assert "\n" not in rendered.problem


def test_other_protocols_are_never_run(renderer: Renderer, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for reference in (f"git::ext::sh -c 'touch {mark}'//x", f"ext::sh -c touch% {mark}?ref=v1", "git::-u//x"):
        rendered = renderer.render(DictTree({"a/kustomization.yaml": f'resources: ["{reference}"]\n'}), "a", fetch=True)
        assert rendered.problem
    assert not mark.exists()


@pytest.fixture
def manifest_server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/crd.yaml":
                self.send_response(200)
                self.end_headers()
                self.wfile.write((CONFIG % "file").encode())
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_a_manifest_at_an_address_is_fetched(manifest_server: tuple[str, list[str]], renderer: Renderer) -> None:
    address, asked = manifest_server
    of = tree(f"{address}/crd.yaml")
    assert renderer.render(of, "a").missing == (f"{address}/crd.yaml",)
    assert asked == []
    assert names(renderer, of, fetch=True) == ["p-file", "p-own"]
    assert names(renderer, of) == ["p-file", "p-own"]
    assert asked == ["/crd.yaml"]
    gone = renderer.render(tree(f"{address}/gone.yaml"), "a", fetch=True)
    assert gone.problem == f"{address}/gone.yaml cannot be fetched: Not Found"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("github.com/acme/bases/api?ref=v1", GitSource("https://github.com/acme/bases", "api", "v1")),
        ("https://github.com/acme/bases", GitSource("https://github.com/acme/bases", "", "")),
        (
            "https://github.com/acme/bases//a/b?ref=x&timeout=90s",
            GitSource("https://github.com/acme/bases", "a/b", "x"),
        ),
        ("https://example.org/x/y.git/a?version=2", GitSource("https://example.org/x/y.git", "a", "2")),
        ("git::https://example.org/x/y.git//a", GitSource("https://example.org/x/y.git", "a", "")),
        ("git@github.com:acme/bases.git//a?ref=1", GitSource("git@github.com:acme/bases.git", "a", "1")),
        ("git@github.com:acme/bases/a", GitSource("git@github.com:acme/bases", "a", "")),
        ("ssh://git@example.org/acme/bases//a", GitSource("ssh://git@example.org/acme/bases", "a", "")),
        ("https://dev.azure.com/o/p/_git/r/a", GitSource("https://dev.azure.com/o/p/_git/r", "a", "")),
        ("https://example.org/x/crd.yaml", FileSource("https://example.org/x/crd.yaml")),
        ("https://github.com/a/b/c.yaml?ref=v1", GitSource("https://github.com/a/b", "c.yaml", "v1")),
        ("oci://example.org/x", None),
        ("ext::sh -c x", None),
        ("https://github.com/a/b?ref=--x", None),
        ("https:///x", None),
    ],
)
def test_references_are_read_as_kustomize_reads_them(text: str, source: object) -> None:
    assert source_of(text) == source
