"""Which file plays the part of which."""

from discovery_trees import TextTree, cell, kustomization
from hypothesis import given
from hypothesis import strategies as st

from liftlock.discovery import cell_from_path, discover, pair_files
from liftlock.model.app import Cell
from liftlock.model.environment import Environment

STAGING = Environment("staging", words=("staging", "stg"))
PRODUCTION = Environment("production", after=("staging",), words=("production", "prod"))


def _cell(environment: str, *files: str, roots: tuple[str, ...] = ()) -> Cell:
    return Cell("app", environment, roots or files, files)


def _pairs(left: Cell, right: Cell) -> set[tuple[str | None, str | None, str]]:
    tree = TextTree(dict.fromkeys((*left.files, *right.files), "a: 1\n"))
    return {(p.source, p.target, p.path) for p in pair_files(left, right, tree, tree, STAGING, PRODUCTION)}


def test_the_same_path_below_the_environments_folder():
    left = _cell("staging", "a/staging/k.yaml", "a/staging/x/y.yaml", roots=("a/staging/",))
    right = _cell("production", "a/production/k.yaml", "a/production/x/y.yaml", roots=("a/production/",))
    assert _pairs(left, right) == {
        ("a/staging/k.yaml", "a/production/k.yaml", "a/production/k.yaml"),
        ("a/staging/x/y.yaml", "a/production/x/y.yaml", "a/production/x/y.yaml"),
    }


def test_the_word_twice_and_in_another_spelling():
    left = _cell(
        "staging", "apps/staging/w/values-staging.yaml", "apps/staging/w/x--stg.yaml", roots=("apps/staging/w/",)
    )
    right = _cell(
        "production",
        "apps/production/w/values-production.yaml",
        "apps/production/w/x--prod.yaml",
        roots=("apps/production/w/",),
    )
    assert {(s, t) for s, t, _ in _pairs(left, right)} == {
        ("apps/staging/w/values-staging.yaml", "apps/production/w/values-production.yaml"),
        ("apps/staging/w/x--stg.yaml", "apps/production/w/x--prod.yaml"),
    }


def test_several_file_roots_pair_by_what_is_around_the_word():
    left = _cell("staging", "c/values-staging.yaml", "c/tempo-values-staging.yaml", "c/versions/staging")
    right = _cell("production", "c/values-production.yaml", "c/tempo-values-production.yaml", "c/versions/production")
    assert (
        "c/tempo-values-staging.yaml",
        "c/tempo-values-production.yaml",
        "c/tempo-values-production.yaml",
    ) in _pairs(left, right)
    assert all(s and t for s, t, _ in _pairs(left, right))


def test_what_stands_on_one_side_only_says_where_it_would_be():
    left = _cell("staging", "a/staging/k.yaml", "a/staging/new-staging.yaml", roots=("a/staging/",))
    right = _cell("production", "a/production/k.yaml", "a/production/old.yaml", roots=("a/production/",))
    assert {p for p in _pairs(left, right) if None in p} == {
        ("a/staging/new-staging.yaml", None, "a/production/new-production.yaml"),
        (None, "a/production/old.yaml", "a/staging/old.yaml"),
    }


def test_a_cell_that_is_not_there_yet():
    left = _cell("staging", "a/staging/values-staging.yaml", roots=("a/staging/",))
    right = Cell("app", "production", (), ())
    assert _pairs(left, right) == {("a/staging/values-staging.yaml", None, "a/production/values-production.yaml")}


def test_single_files_are_counterparts_whatever_their_names():
    left = _cell("staging", "hosts/preprod.example.org/manifest.json")
    right = _cell("production", "hosts/example.org/manifest.json")
    assert {(s, t) for s, t, _ in _pairs(left, right)} == {(left.files[0], right.files[0])}


def test_clusters_of_one_side_are_not_promoted_but_take_what_the_other_sides_clusters_hold():
    def files(level: str, *clusters: str) -> list[str]:
        base = [f"a/{level}/base/kustomization.yaml"]
        return base + [f"a/{level}/{c}/{n}" for c in clusters for n in ("kustomization.yaml", "deploy.yaml")]

    left = _cell("staging", *files("staging", "stone-stg-1"), "a/staging/stone-stg-1/only.yaml", roots=("a/staging/",))
    right = _cell("production", *files("production", "kflux-1", "kflux-2"), roots=("a/production/",))
    found = _pairs(left, right)
    assert (
        "a/staging/stone-stg-1/deploy.yaml",
        "a/production/kflux-2/deploy.yaml",
        "a/production/kflux-2/deploy.yaml",
    ) in found
    assert not any("only.yaml" in path for _, _, path in found)


def test_pairs_of_discovered_cells():
    files = {f"apps/web/{level}/kustomization.yaml": kustomization() for level in ("staging", "production")}
    files |= {f"apps/web/{level}/{level}-patch.yaml": "a: 1\n" for level in ("staging", "production")}
    tree = TextTree(files)
    found = discover(tree)
    staging, production = found.environments
    pairs = pair_files(cell(found, "web", "staging"), cell(found, "web", "production"), tree, tree, staging, production)
    assert [(p.source, p.target) for p in pairs] == [
        ("apps/web/staging/kustomization.yaml", "apps/web/production/kustomization.yaml"),
        ("apps/web/staging/staging-patch.yaml", "apps/web/production/production-patch.yaml"),
    ]


def test_folders_named_by_path():
    files = {f"image-tags/{level}/{app}": "image_tag: v1\n" for level in ("staging", "production") for app in "abc"}
    tree = TextTree(files)
    left, right = cell_from_path(tree, "image-tags/staging"), cell_from_path(tree, "image-tags/production/")
    pairs = pair_files(left, right, tree, tree, STAGING, PRODUCTION)
    assert [(p.source, p.target) for p in pairs] == [
        (f"image-tags/staging/{a}", f"image-tags/production/{a}") for a in "abc"
    ]


_NAMES = st.text(alphabet="ab-staging.prod/", min_size=1, max_size=12)


@given(st.sets(_NAMES, max_size=8), st.sets(_NAMES, max_size=8))
def test_every_file_is_in_at_most_one_pairing_as_a_target_and_none_is_lost(mine: set[str], theirs: set[str]):
    left = _cell("staging", *(f"a/staging/{n}" for n in sorted(mine)), roots=("a/staging/",))
    right = _cell("production", *(f"a/production/{n}" for n in sorted(theirs)), roots=("a/production/",))
    found = _pairs(left, right)
    targets = [t for _, t, _ in found if t]
    assert len(targets) == len(set(targets))
    assert {s for s, _, _ in found if s} == set(left.files)
    assert set(targets) == set(right.files)
