"""What runs becomes the very line of Git that renders to it, or it is said why not."""

from __future__ import annotations

import pytest
from trees import DictTree

from liftlock.commands import Runner
from liftlock.live.adopting import Adoption, adopt
from liftlock.live.places import Place
from liftlock.live.spots import Spot
from liftlock.model.app import Cell
from liftlock.model.diff import FieldChange, ObjectKey
from liftlock.model.environment import Target
from liftlock.render import Renderer

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  template:
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: app
          image: registry.example.org/shop
          resources: {limits: {memory: 256Mi}}
          env: [{name: WORKERS, value: "4"}]
"""
FILES = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "prod/kustomization.yaml": (
        "resources: [../base]\nimages:\n  - name: registry.example.org/shop\n    newTag: 1.4.0  # by hand\n"
        "replicas:\n  - {name: shop, count: 4}\npatches: [path: patch.yaml]\n"
    ),
    "prod/patch.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n"
        '      containers:\n        - name: app\n          env: [{name: WORKERS, value: "4"}]\n'
    ),
}
KEY = ObjectKey("apps", "Deployment", "", "shop")
CONTAINER = "spec.template.spec.containers[name=app]"


def adopted(runner: Runner, *fields: FieldChange, key: ObjectKey = KEY) -> Adoption:
    renderer = Renderer(runner, None)
    tree = DictTree(FILES)
    own = tuple(path for path in FILES if path.startswith("prod/"))
    cell = Cell("shop", "prod", roots=("prod/",), files=own, shared=("base/deployment.yaml",), render_root="prod")
    spot = Spot(Place("prod", Target("here"), True, "a test"), cell)
    return adopt(spot, tree, frozenset((key, field) for field in fields), lambda at: renderer.render(at, "prod"))


def changed(adoption: Adoption) -> dict[str, list[tuple[str, str]]]:
    """The lines that differ, by file."""
    return {
        path: [
            (old, new)
            for old, new in zip(FILES[path].splitlines(), data.decode().splitlines(), strict=True)
            if old != new
        ]
        for path, data in adoption.files.items()
    }


@pytest.mark.parametrize(
    ("path", "git", "live", "file", "line"),
    [
        ("spec.replicas", "4", "7", "prod/kustomization.yaml", "  - {name: shop, count: 7}"),
        (
            f"{CONTAINER}.image",
            "registry.example.org/shop:1.4.0",
            "registry.example.org/shop:1.5.2",
            "prod/kustomization.yaml",
            "    newTag: 1.5.2  # by hand",
        ),
        (
            f"{CONTAINER}.env[name=WORKERS].value",
            "4",
            "9",
            "prod/patch.yaml",
            '          env: [{name: WORKERS, value: "9"}]',
        ),
    ],
)
def test_the_one_line_that_renders_to_it_is_set(path: str, git: str, live: str, file: str, line: str) -> None:
    runner = Runner()
    found = adopted(runner, FieldChange(path, live, git))
    runner.close()
    assert found.left == ()
    assert [(place, [new for _, new in lines]) for place, lines in changed(found).items()] == [(file, [line])]


def test_several_fields_of_one_file_are_adopted_together() -> None:
    runner = Runner()
    image = FieldChange(f"{CONTAINER}.image", "registry.example.org/shop:2.0.0", "registry.example.org/shop:1.4.0")
    found = adopted(runner, FieldChange("spec.replicas", "5", "4"), image)
    runner.close()
    assert [new for _, new in changed(found)["prod/kustomization.yaml"]] == [
        "    newTag: 2.0.0  # by hand",
        "  - {name: shop, count: 5}",
    ]


@pytest.mark.parametrize(
    ("field", "key", "said"),
    [
        (
            FieldChange(f"{CONTAINER}.resources.limits.memory", "1Gi", "256Mi"),
            KEY,
            "no file of shop in prod alone says",
        ),
        (FieldChange("metadata.annotations.note", "by hand", None), KEY, "Git says nothing of it"),
        (FieldChange("metadata.labels.team", None, "shop"), KEY, "Git alone has it"),
        (FieldChange("data.password", "a", "b"), ObjectKey("", "Secret", "", "s"), "values of Secrets are not taken"),
    ],
)
def test_what_cannot_be_adopted_says_why(field: FieldChange, key: ObjectKey, said: str) -> None:
    runner = Runner()
    found = adopted(runner, field, key=key)
    runner.close()
    assert not found.files
    assert said in found.left[0]
