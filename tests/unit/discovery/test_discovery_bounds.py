"""Whatever names a tree holds, discovery answers, the same every time, and soon."""

import time

from discovery_trees import TextTree, kustomization, names
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.discovery import discover, is_environment_word, versions_of
from liftlock.discovery.words import listed, read_name

_WORDS = st.sampled_from(
    sorted(
        listed(
            "apps base envs overlays staging prod dev stg production qa us eu values kustomization.yaml Chart.yaml "
            "values.yaml values-staging.yaml values-prod.yaml prod.yaml x--stg.config.yaml helmfiles ring-1 ring-2 "
            "templates api web"
        )
    )
)
_SEGMENT = st.one_of(_WORDS, st.text(min_size=1, max_size=8).filter(lambda s: "/" not in s and s not in (".", "..")))
_PATHS = st.lists(_SEGMENT, min_size=1, max_size=5).map("/".join)
_TEXTS = st.one_of(
    st.sampled_from(["a: 1\n", "{{ x }}\n", "kind: Deployment\n", "- [\n", kustomization("../base", "../../base"), ""]),
    st.binary(max_size=40),
)


def _no_folder_is_a_file(files: dict[str, object]) -> bool:
    return not any(other.startswith(f"{path}/") for path in files for other in files)


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(_PATHS, _TEXTS, max_size=25).filter(_no_folder_is_a_file))
def test_any_tree_is_answered_and_always_alike(files: dict[str, str | bytes]):
    tree = TextTree(files)
    found = discover(tree)
    assert discover(TextTree(dict(reversed(files.items())))) == found
    known = set(names(found))
    assert len(known) == len(found.environments)
    assert all(set(environment.after) <= known for environment in found.environments)
    keys = [(cell.app, cell.environment) for cell in found.cells]
    assert len(keys) == len(set(keys))
    for cell in found.cells:
        assert cell.environment in known
        assert cell.files
        assert set(cell.files) <= tree.entries.keys()
        assert set(cell.shared) <= tree.entries.keys()
        assert not set(cell.files) & set(cell.shared)
    assert set(versions_of(tree, found.cells)) == set(keys)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_PATHS, _TEXTS, max_size=25).filter(_no_folder_is_a_file))
def test_nothing_comes_after_itself(files: dict[str, str | bytes]):
    seen: set[str] = set()
    for environment in discover(TextTree(files)).environments:
        assert set(environment.after) <= seen
        seen.add(environment.name)


@given(st.text(max_size=80))
def test_any_name_is_read(name: str):
    read_name(name)
    is_environment_word(name)


def test_names_that_are_not_text_are_shown_safely():
    files = {}
    for level in ("staging", "prod"):
        files[f"apps/a\x1b[31m\udcff/{level}/kustomization.yaml"] = kustomization()
        files[f"apps/b\n/{level}/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    assert names(found) == ["staging", "prod"]
    shown = "".join(c.app + c.why for c in found.cells) + "".join(f.subject + f.reason for f in found.findings)
    assert not any(c in shown for c in "\x1b\n\udcff")


def test_ten_thousand_files_take_no_long_time():
    crowded = {
        f"apps/app{n}/{level}/kustomization.yaml": kustomization() for n in range(1500) for level in ("dev", "prod")
    }
    crowded |= {f"values/values-name{n}.yaml": "a: 1\n" for n in range(3000)}
    crowded |= {f"values/values-team{n}-prod.yaml": "a: 1\n" for n in range(2000)}
    crowded |= {f"envs/env{n}-dev/x.yaml": "a: 1\n" for n in range(2000)}
    start = time.process_time()
    discover(TextTree(crowded))
    assert time.process_time() - start < 5
