"""Where nothing is a version, and a person named few files, the likeliest is staged; and what that must not reach."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from liftlock.engine import Engine
from liftlock.model.change import path_text
from liftlock.model.plan import Plan

Plans = Callable[..., Plan]
MORE = "cache: on\ntrace: full\nretention: week\n"
MUCH = "".join(f"key{n}: {{}}\n" for n in range(12))


@pytest.fixture
def plans(tmp_path: Path) -> Plans:
    """The plan between two folders whose files are given by their names; `a__staging` is `a.yaml` of staging."""

    def planned(*asked: str, **texts: str) -> Plan:
        subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
        for name, text in texts.items():
            file, environment = name.split("__")
            path = tmp_path / "apps" / "shop" / environment / f"{file}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        subprocess.run(["git", "-C", tmp_path, "add", "-A"], check=True)
        subprocess.run(["git", "-C", tmp_path, "commit", "-qm", "files"], check=True)
        engine = Engine.open(tmp_path, cache=False)
        try:
            return engine.plan(*(asked or ("apps/shop/staging",)), ["apps/shop/production"])
        finally:
            engine.close()

    return planned


def staged(plan: Plan) -> set[str]:
    return {f"{c.file.rpartition('/')[2][:-5]}:{path_text(c.path)}" for c in plan.chosen}


def test_a_file_that_lacks_several_things_and_nothing_else_gets_them(plans: Plans):
    plan = plans(a__staging=f"mode: fast\n{MORE}", a__production="mode: fast\n")
    assert staged(plan) == {"a:cache", "a:trace", "a:retention"}
    assert plan.chosen[0].why == "new in the target; the source has 3 things more here and nothing else differs"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("mode: fast\ncache: on\ntrace: full\n", "mode: fast\n"),  # two are few
        (f"mode: fast\n{MORE}", "mode: slow\n"),  # something is otherwise too
        (f"mode: fast\n{MORE}host: a.staging.io\n", "mode: fast\n"),  # one speaks of the source
        (f"mode: fast\n{MORE}replicas: 3\n", "mode: fast\n"),  # one is shaped to the place
    ],
)
def test_and_no_other_file(plans: Plans, source: str, target: str):
    assert staged(plans(a__staging=source, a__production=target)) == set()


def test_a_version_that_moves_is_what_was_asked_for(plans: Plans):
    plan = plans(
        a__staging=f"mode: fast\n{MORE}",
        a__production="mode: fast\n",
        b__staging="image: {tag: 1.5.0}\n",
        b__production="image: {tag: 1.4.0}\n",
    )
    assert staged(plan) == {"b:image.tag"}


def test_a_plan_of_whole_environments_is_left_alone(plans: Plans, tmp_path: Path):
    plans(a__staging=f"mode: fast\n{MORE}", a__production="mode: fast\n")
    engine = Engine.open(tmp_path, cache=False)
    try:
        assert not engine.plan("staging", ["production"]).chosen
        assert len(engine.plan("staging", ["production"], ["shop"]).chosen) == 3
    finally:
        engine.close()


def test_what_names_what_comes_goes_with_it(plans: Plans):
    rules = "".join(f"- record: node:cpu:sum{n}\n  expr: sum(cpu{n})\n" for n in range(3))
    plan = plans(
        rules__staging=f"rules:\n- record: old:sum\n{rules}",
        rules__production="rules:\n- record: old:sum\n",
        match__staging="match:\n- '{name=\"node:cpu:sum1\"}'\n- '{name=\"other:sum1\"}'\n- a\n",
        match__production="match:\n- a\n- b\n",
    )
    assert 'match:match[={name="node:cpu:sum1"}]' in staged(plan)
    assert 'match:match[={name="other:sum1"}]' not in staged(plan)
    (named,) = (c for c in plan.chosen if c.file.endswith("match.yaml"))
    assert named.why.endswith("names node:cpu:sum1, which comes with rules.yaml")


def test_the_one_file_that_differs_in_much_and_in_nothing_of_its_own_follows(plans: Plans):
    host = {"b__staging": "host: a.staging.io\n", "b__production": "host: a.production.io\n"}
    plan = plans(a__staging=f"mode: fast\n{MUCH}", a__production="mode: slow\nold: yes\n", **host)
    assert len(plan.chosen) == 14
    assert all("the one file here that differs" in c.why for c in plan.chosen)
