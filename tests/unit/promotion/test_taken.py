"""A file taken in all in which it differs has the source's bytes; what comes takes the place of what goes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.engine import Engine
from liftlock.model.change import Change

BOTH = "a: 1\nlist:\n    - one\n"
MORE = "a: 1\n\nnew: {}\nlist:\n  - one\n  - two\n"


def written(place: Path, source: str, target: str, taken: object = lambda change: True) -> str:
    """What production's file holds after the changes that `taken` says were taken of it."""
    assert callable(taken)
    subprocess.run(["git", "init", "-q", "-b", "main", place], check=True)
    for environment, text in (("staging", source), ("production", target)):
        path = place / "apps" / "shop" / environment / "values.yaml"
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode())
    subprocess.run(["git", "-C", place, "-c", "core.autocrlf=false", "add", "-A"], check=True)
    subprocess.run(["git", "-C", place, "commit", "-qm", "files"], check=True)
    engine = Engine.open(place, cache=False)
    try:
        plan = engine.plan("staging", ["production"])
        plan = replace(plan, selected=frozenset(c.id for c in plan.changes if taken(c)))
        (diff,) = engine.file_diffs(plan)
        made = engine._planning.files(engine._read(), plan)[diff.path]
        assert made is not None
        return made.decode()
    finally:
        engine.close()


def test_all_taken_is_the_sources_own_text(tmp_path: Path):
    assert written(tmp_path, MORE, BOTH) == MORE


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (MORE, f"{BOTH}# ours\n"),  # a comment of the target's own
        (f"# of staging\n{MORE}", BOTH),  # a comment that speaks of the source
        (MORE, BOTH.replace("\n", "\r\n")),  # other ends of lines
        ("a:   2\n", "a: 1\n"),  # values alone
    ],
)
def test_but_not_where_the_target_has_something_of_its_own(tmp_path: Path, source: str, target: str):
    assert written(tmp_path, source, target) != source


def test_nor_where_something_is_left(tmp_path: Path):
    def but_new(change: Change) -> bool:
        return change.path != ("new",)

    assert written(tmp_path, MORE, BOTH, but_new) == f"{BOTH}    - two\n"


OLD = "list:\n- first\n- mine\n- old\n- last\n# ours\n"
NEW = "list:\n- first\n- new\n- newer\n- last\n"


def test_what_comes_stands_where_what_goes_stood(tmp_path: Path):
    def but_mine(change: Change) -> bool:
        return change.old != "mine"

    assert written(tmp_path, NEW, OLD, but_mine) == "list:\n- first\n- mine\n- new\n- newer\n- last\n# ours\n"


def test_and_behind_its_neighbour_where_nothing_goes(tmp_path: Path):
    def coming(change: Change) -> bool:
        return change.new is not None

    assert written(tmp_path, NEW, OLD, coming) == "list:\n- first\n- new\n- newer\n- mine\n- old\n- last\n# ours\n"


def test_keys_too(tmp_path: Path):
    def but_mine(change: Change) -> bool:
        return change.path != ("m", "mine")

    source, target = "m:\n  a: 1\n  new: 1\n  z: 1\n", "m:\n  a: 1\n  mine: 1\n  old: 1\n  z: 1\n# ours\n"
    assert written(tmp_path, source, target, but_mine) == "m:\n  a: 1\n  mine: 1\n  new: 1\n  z: 1\n# ours\n"
