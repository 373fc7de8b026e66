"""Environments that a team configured, with what is found beside."""

from discovery_trees import TextTree, after, apps, cell, kustomization, names, reasons

from liftlock.discovery import discover_with
from liftlock.model.environment import Environment

TREE = TextTree(
    {
        **{
            f"apps/{app}/overlays/{level}/kustomization.yaml": kustomization("../../base")
            for app in ("api", "web")
            for level in ("dev", "stg", "prd")
        },
        "apps/api/base/kustomization.yaml": kustomization("d.yaml"),
        "apps/api/base/d.yaml": "kind: Deployment\n",
        "hosts/preprod.example.org/manifest.json": "{}",
        "hosts/example.org/manifest.json": "{}",
    }
)


def test_names_without_paths_take_what_is_found():
    found = discover_with(TREE, [Environment("stg"), Environment("prd", protected=True)])
    assert names(found) == ["stg", "prd"]
    assert after(found) == {"stg": (), "prd": ("stg",)}
    assert [e.protected for e in found.environments] == [False, True]
    assert apps(found) == ["api", "web"]


def test_another_spelling_is_the_same_environment():
    found = discover_with(TREE, [Environment("staging"), Environment("production", after=("staging",))])
    assert cell(found, "api", "production").files == ("apps/api/overlays/prd/kustomization.yaml",)
    assert "prd" in found.environments[1].words


def test_paths_override():
    found = discover_with(
        TREE,
        [
            Environment("production", after=("staging",), paths=("apps/{app}/overlays/prd",)),
            Environment("staging", paths=("apps/{app}/overlays/stg/kustomization.yaml",)),
        ],
    )
    assert names(found) == ["staging", "production"]
    assert cell(found, "api", "production").roots == ("apps/api/overlays/prd/",)
    assert cell(found, "api", "production").shared == ("apps/api/base/d.yaml", "apps/api/base/kustomization.yaml")
    assert cell(found, "api", "production").render_root == "apps/api/overlays/prd"
    assert cell(found, "api", "staging").roots == ("apps/api/overlays/stg/kustomization.yaml",)
    assert "2 apps match" in reasons(found)


def test_pairs_that_no_rule_derives():
    found = discover_with(
        TREE,
        [
            Environment("pre", paths=("hosts/preprod.example.org",)),
            Environment("live", after=("pre",), paths=("hosts/example.org",)),
        ],
    )
    assert [c.files for c in found.cells] == [
        ("hosts/preprod.example.org/manifest.json",),
        ("hosts/example.org/manifest.json",),
    ]
    assert len(apps(found)) == 1


def test_the_app_twice_in_one_pattern_is_the_same_app():
    tree = TextTree({"clusters/prod/api/api.yaml": "a: 1\n", "clusters/prod/api/web.yaml": "a: 1\n"})
    found = discover_with(tree, [Environment("prod", paths=("clusters/prod/{app}/{app}.yaml",))])
    assert [c.files for c in found.cells] == [("clusters/prod/api/api.yaml",)]


def test_an_environment_on_a_branch_is_read_there():
    branch = TextTree({"apps/only/k.yaml": "a: 1\n"})
    found = discover_with(
        TREE, [Environment("prod", ref="release", paths=("apps/{app}",))], branches={"release": branch}
    )
    assert apps(found) == ["only"]


def test_a_configured_name_with_nothing_says_so():
    found = discover_with(TREE, [Environment("moon")])
    assert found.cells == ()
    assert "nothing is found under this name" in reasons(found)
