"""Cells named by a path."""

import pytest
from discovery_trees import TextTree, kustomization

from liftlock.discovery import cell_from_path
from liftlock.errors import PlanError

TREE = TextTree(
    {
        "components/kueue/staging/kustomization.yaml": kustomization(),
        "components/kueue/staging/base/x.yaml": "a: 1\n",
        "applications/tap/values-usdfint.yaml": "a: 1\n",
        "preprod.example.org/manifest.json": "{}",
        "charts/app-config/image-tags/staging/bouncer": "image_tag: v1\n",
        "link": "components",
    },
    links=["link"],
)


@pytest.mark.parametrize(
    ("path", "app", "count"),
    [
        ("components/kueue/staging", "kueue", 2),
        ("components/kueue/staging/", "kueue", 2),
        ("applications/tap/values-usdfint.yaml", "tap", 1),
        ("charts/app-config/image-tags/staging", "app-config", 1),
        ("charts/app-config/image-tags/staging/bouncer", "bouncer", 1),
        ("preprod.example.org", "preprod.example.org", 1),
    ],
)
def test_a_folder_or_a_file(path: str, app: str, count: int):
    found = cell_from_path(TREE, path)
    assert found.app == app
    assert len(found.files) == count


def test_a_folder_that_is_built():
    assert cell_from_path(TREE, "components/kueue/staging").render_root == "components/kueue/staging"


def test_a_missing_path_names_the_nearest():
    with pytest.raises(PlanError) as error:
        cell_from_path(TREE, "components/kueu/staging")
    assert "components/kueue" in error.value.hint
    with pytest.raises(PlanError) as error:
        cell_from_path(TREE, "components/kueue/stagin")
    assert "components/kueue/staging" in error.value.hint


def test_a_link_is_refused():
    with pytest.raises(PlanError, match="link"):
        cell_from_path(TREE, "link")


def test_a_path_is_made_printable():
    with pytest.raises(PlanError) as error:
        cell_from_path(TREE, "a\x1b[31m")
    assert "\x1b" not in str(error.value) + error.value.hint
