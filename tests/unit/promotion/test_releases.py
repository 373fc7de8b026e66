"""Apps that share one file: a promotion keeps to the release, and a new one goes under the target's names."""

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from liftlock.engine import Engine
from liftlock.model.change import Change, Op, path_text
from liftlock.model.plan import Plan

REQUIREMENTS = """\
spec:
  environments:
  - key: staging
  - key: production
"""
STAGING = """\
namespace: jx-staging
repositories:
- name: dev
  url: http://charts/dev
- name: extra
  url: http://charts/extra
releases:
- chart: dev/shop
  version: 1.2.0
  name: shop
  values:
  - shop.yaml
- chart: dev/other
  version: 3.0.0
  name: other
# the cart wants the database
- chart: extra/cart
  version: "1.10"  # pinned
  name: jx-staging-cart
  namespace: jx-staging
  needs: [jx-staging/db]
  values:
  - cart.yaml
"""
PRODUCTION = """\
environments:
  default: {}
---
namespace: jx-production
repositories:
- name: dev
  url: http://charts/dev
releases:
- chart: dev/shop
  version: 1.1.0
  name: shop
  values:
  - shop.yaml
- chart: dev/other
  version: 2.0.0
  name: other
"""


def repository(place: Path, production: str = PRODUCTION) -> Path:
    files = {
        "jx-requirements.yml": REQUIREMENTS,
        "helmfiles/jx-staging/helmfile.yaml": STAGING,
        "helmfiles/jx-staging/shop.yaml": "image:\n  tag: 1.2.0\n",
        "helmfiles/jx-staging/cart.yaml": "size: small\n",
        "helmfiles/jx-production/helmfile.yaml": production,
        "helmfiles/jx-production/shop.yaml": "image:\n  tag: 1.1.0\n",
    }
    for path, text in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(place), *command], check=True)
    return place


def planned(place: Path, *apps: str) -> Plan:
    engine = Engine.open(place, cache=False)
    try:
        return engine.plan("staging", ["production"], apps)
    finally:
        engine.close()


def written(place: Path, app: str, only: str = "") -> dict[str, str]:
    """The files as a promotion leaves them; `only` stages the change of this path and what goes with it."""
    engine = Engine.open(place, cache=False)
    try:
        plan = engine.plan("staging", ["production"], [app])
        if only:
            change = by_path(plan)[only]
            plan = plan.select([change.id, *change.together], True)
        commit = engine.commit(plan).commit
    finally:
        engine.close()
    changed = git(place, "diff", "--name-only", "main", commit).split()
    return {path: git(place, "show", f"{commit}:{path}") for path in changed}


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(place), *words], check=True, capture_output=True, text=True).stdout


def by_path(plan: Plan) -> dict[str, Change]:
    return {path_text(change.path) or change.file: change for change in plan.changes}


def test_a_promotion_keeps_to_its_release_and_its_values(tmp_path: Path):
    place = repository(tmp_path)
    files = written(place, "shop")
    assert files == {
        "helmfiles/jx-production/helmfile.yaml": PRODUCTION.replace("version: 1.1.0", "version: 1.2.0"),
        "helmfiles/jx-production/shop.yaml": "image:\n  tag: 1.2.0\n",
    }


def test_another_app_of_the_file_is_no_part_of_the_plan(tmp_path: Path):
    changes = planned(repository(tmp_path), "shop").changes
    assert {change.file for change in changes} == {
        "helmfiles/jx-production/helmfile.yaml",
        "helmfiles/jx-production/shop.yaml",
    }
    assert not any("other" in path_text(change.path) or "cart" in path_text(change.path) for change in changes)


def test_a_release_that_the_target_lacks_is_added_under_its_names_with_all_that_it_needs(tmp_path: Path):
    place = repository(tmp_path)
    found = by_path(planned(place, "cart"))
    release = next(path for path in found if "releases" in path)
    assert len(found[release].together) == 2  # its values and its chart's repository
    assert {path for path, change in found.items() if change.proposed} == set(found)  # it was named
    assert not any(change.proposed for change in planned(place).changes if change.app == "cart")
    assert "jx-production" in found[release].why
    files = written(place, "cart", release)
    assert files["helmfiles/jx-production/cart.yaml"] == "size: small\n"
    assert files["helmfiles/jx-production/helmfile.yaml"] == PRODUCTION.replace(
        "releases:", "- name: extra\n  url: http://charts/extra\nreleases:"
    ) + dedent("""\
        # the cart wants the database
        - chart: extra/cart
          version: "1.10"  # pinned
          name: jx-production-cart
          namespace: jx-production
          needs: [jx-production/db]
          values:
          - cart.yaml
        """)


@pytest.mark.parametrize("empty", ["releases: []\n", ""])
def test_the_first_release_of_an_environment_begins_the_list_alone(tmp_path: Path, empty: str):
    head = "namespace: jx-production\nreleases:\n- {name: a, chart: dev/a}\n---\nnamespace: jx-production\n"
    place = repository(tmp_path, head if not empty else f"{head}{empty}")
    found = [change for change in planned(place, "other").changes if change.op is Op.ADD]
    assert all("shop" not in str(change.new) for change in found)
