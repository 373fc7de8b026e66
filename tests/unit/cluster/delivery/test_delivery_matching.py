"""Which deliveries follow a repository, and which bring a cell to the cluster."""

from __future__ import annotations

import pytest

from liftlock.cluster.delivery import Match, follows, for_cell
from liftlock.cluster.delivery.matching import address
from liftlock.model.app import Cell
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery


def delivery(
    path: str = "", *, name: str = "one", url: str = "", branch: str = "", kind: str = "Kustomization", **more: object
) -> Delivery:
    controller = more.pop("controller", Controller.FLUX)
    return Delivery(controller, ObjectKey("g", kind, "n", name), url=url, branch=branch, path=path, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://git.example/team/shop.git", ("git.example", "team/shop")),
        ("https://user:word@Git.Example:8443/team/shop", ("git.example", "team/shop")),
        ("ssh://git@git.example:22/team/shop.git/", ("git.example", "team/shop")),
        ("git@git.example:team/shop.git", ("git.example", "team/shop")),
        ("git.example:team/shop", ("git.example", "team/shop")),
        ("/srv/git/shop.git", ("", "srv/git/shop")),
        ("file:///srv/git/shop.git", ("", "srv/git/shop")),
        ("https://[broken", ("", "https://[broken")),
    ],
)
def test_an_address(url: str, told: tuple[str, str]) -> None:
    assert address(url) == told


MINE = "git@git.example:team/shop.git"


@pytest.mark.parametrize(
    ("url", "branch", "certain"),
    [
        ("https://git.example/team/shop.git", "main", True),
        ("ssh://git@git.example:2222/team/shop", "main", True),
        ("https://git.example/Team/Shop", "", True),
        ("https://git.example/team/shop.git", "HEAD", True),
        ("https://git.example/team/shop.git", "release", None),
        ("https://git.example/other/shop.git", "main", None),
        ("https://git.example/team/web.git", "main", None),
        ("http://gitea.git.svc:3000/team/shop.git", "main", False),
        ("http://127.0.0.1:8443/shop.git", "main", False),
        ("", "main", None),
    ],
)
def test_whether_it_follows_this_repository(url: str, branch: str, certain: bool | None) -> None:
    found = follows(delivery(url=url, branch=branch), [MINE], "main")
    if certain is None:
        assert found is None
    else:
        assert found is not None and (found == Match()) is certain
        assert certain or url in found.question


def test_two_ports_of_this_machine_are_one_server() -> None:
    there = delivery(url="http://127.0.0.1:1/shop.git")
    assert follows(there, ["http://localhost:2/shop.git"], "main") == Match()


CELL = Cell(
    "api",
    "staging",
    ("apps/api/overlays/staging/",),
    ("apps/api/overlays/staging/kustomization.yaml",),
    render_root="apps/api/overlays/staging",
)


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["apps/api/overlays/staging"], ["apps/api/overlays/staging"]),
        (["apps/api/overlays/staging", "apps"], ["apps/api/overlays/staging"]),
        (["apps", "apps/api"], ["apps/api"]),
        ([""], [""]),
        (["", "apps"], ["apps"]),
        (["apps/api/overlays/staging-eu"], []),
        (["apps/web"], []),
        (
            ["apps/api/overlays/staging/more", "apps/api/overlays/staging"],
            ["apps/api/overlays/staging", "apps/api/overlays/staging/more"],
        ),
    ],
)
def test_the_nearest_brings_it(paths: list[str], found: list[str]) -> None:
    all_of_them = [delivery(path, name=f"d{number}") for number, path in enumerate(paths)]
    assert [d.path for d in for_cell(CELL, all_of_them)] == found


def test_a_helm_release_of_its_name_comes_before_what_applied_it() -> None:
    cell = Cell("api", "staging", ("clusters/staging/api.yaml",), ("clusters/staging/api.yaml",))
    above = delivery("clusters", name="all")
    release = delivery("", name="api", kind="HelmRelease")
    assert [d.key.name for d in for_cell(cell, [above, release])] == ["api", "all"]


def test_an_application_is_known_by_its_values() -> None:
    cell = Cell("api", "staging", ("values/staging/api.yaml",), ("values/staging/api.yaml",))
    raw = {"spec": {"source": {"path": "charts/api", "helm": {"valueFiles": ["../../values/staging/api.yaml"]}}}}
    far = {"spec": {"sources": [{"helm": {"valueFiles": ["$git/values/staging/api.yaml"]}}]}}
    other = {"spec": {"source": {"path": "charts/api", "helm": {"valueFiles": ["../../values/production/api.yaml"]}}}}
    apps = [
        delivery("charts/api", name=name, kind="Application", controller=Controller.ARGOCD, raw=told)
        for name, told in (("near", raw), ("far", far), ("other", other))
    ]
    assert [d.key.name for d in for_cell(cell, apps)] == ["near", "far"]


def test_a_boot_job_brings_every_release_of_its_repository() -> None:
    job = delivery("", kind="Job", controller=Controller.JENKINSX)
    cell = Cell(
        "flour",
        "staging",
        ("helmfiles/jx-staging/helmfile.yaml",),
        ("helmfiles/jx-staging/helmfile.yaml", "helmfiles/jx-staging/values-flour.yaml"),
        part="flour",
    )
    (found,) = for_cell(cell, [job])
    assert found.key == job.key
    assert (found.path, found.namespace) == ("config-root/namespaces/jx-staging/flour", "jx-staging")
