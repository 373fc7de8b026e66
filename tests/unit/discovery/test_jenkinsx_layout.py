"""Jenkins X repositories: releases of helmfiles are the apps."""

from discovery_trees import TextTree, after, apps, cell, names, questions, reasons

from liftlock.discovery import discover
from liftlock.discovery.versions import versions

REQUIREMENTS = """apiVersion: core.jenkins-x.io/v4beta1
kind: Requirements
spec:
  environments:
  - key: dev
  - key: staging
  - key: production
"""
HELMFILE = """environments:
  default:
    values:
    - jx-values.yaml
---
namespace: jx-{0}
releases:
- chart: dev/shop
  version: {1}
  name: shop
  values:
  - shop.yaml
  - jx-values.yaml
  - ../../versionStream/charts/dev/shop/values.yaml
- chart: ./secrets
  version: 1.0.0
  name: jx-{0}-secrets
"""


def _repository(**more: str) -> TextTree:
    files = {
        "jx-requirements.yml": REQUIREMENTS,
        "helmfile.yaml": "helmfiles:\n- path: helmfiles/jx/helmfile.yaml\n",
        "helmfiles/jx/helmfile.yaml": "releases:\n- name: lighthouse\n  chart: jx3/lighthouse\n  version: 1.2.3\n",
        "versionStream/charts/dev/shop/values.yaml": "a: 1\n",
    }
    for level, version in {"staging": "1.1.0", "production": "1.0.0"}.items():
        files[f"helmfiles/jx-{level}/helmfile.yaml"] = HELMFILE.format(level, version)
        files[f"helmfiles/jx-{level}/shop.yaml"] = "replicas: 1\n"
        files[f"helmfiles/jx-{level}/jx-values.yaml"] = "jx: {}\n"
        files[f"helmfiles/jx-{level}/secrets/Chart.yaml"] = "name: secrets\n"
    return TextTree(files | more)


def test_releases_are_apps_and_share_the_file():
    tree = _repository()
    found = discover(tree)
    assert names(found) == ["dev", "staging", "production"]
    assert after(found) == {"dev": (), "staging": (), "production": ("staging",)}
    assert apps(found) == ["lighthouse", "secrets", "shop"]
    shop = cell(found, "shop", "staging")
    assert shop.part == "shop"
    assert shop.files == ("helmfiles/jx-staging/helmfile.yaml", "helmfiles/jx-staging/shop.yaml")
    assert shop.shared == ("versionStream/charts/dev/shop/values.yaml",)
    assert [v.value for v in versions(tree, shop)] == ["1.1.0"]
    assert cell(found, "secrets", "production").part == "jx-production-secrets"
    assert cell(found, "lighthouse", "dev").part == "lighthouse"


def test_an_environment_without_a_helmfile_is_there_and_says_so():
    found = discover(TextTree({"jx-requirements.yml": REQUIREMENTS}))
    assert names(found) == ["dev", "staging", "production"]
    assert "there is no helmfiles/jx-staging" in reasons(found)


def test_a_remote_cluster_asks_for_its_repository():
    more = REQUIREMENTS + "    remoteCluster: true\n    owner: acme\n    repository: env-production\n"
    found = discover(_repository(**{"jx-requirements.yml": more}))
    assert "Where is a clone of acme/env-production?" in questions(found)


def test_a_broken_helmfile_is_a_problem_and_the_others_work():
    found = discover(_repository(**{"helmfiles/jx-staging/helmfile.yaml": "releases: [\n"}))
    assert [p.place for p in found.problems] == ["helmfiles/jx-staging/helmfile.yaml"]
    assert "shop" in apps(found)


def test_the_repository_of_one_environment():
    tree = TextTree(
        {
            "env/requirements.yaml": "dependencies:\n- name: exposecontroller\n  version: 2.3.1\n  alias: expose\n"
            "- name: shop\n  version: 1.2.3\n- name: web\n  version: 0.1.4\n",
            "env/values.yaml": "a: 1\n",
            "jenkins-x.yml": "env:\n- name: DEPLOY_NAMESPACE\n  value: jx-staging\n",
        }
    )
    found = discover(tree)
    assert names(found) == ["staging"]
    assert apps(found) == ["shop", "web"]
    assert [(v.name, v.value) for v in versions(tree, cell(found, "web", "staging"))] == [("web", "0.1.4")]
