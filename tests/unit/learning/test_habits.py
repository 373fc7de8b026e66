"""`liftlock learn` and what `liftlock init` writes of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from tests.unit.learning.conftest import Fleet

from liftlock.engine import Engine
from liftlock.model.habits import Habits
from liftlock_tui.cli import cli

Values = Callable[..., str]


def learned(fleet: Fleet) -> list[Habits]:
    engine = Engine.open(fleet.place, cache=False)
    try:
        return list(engine.learn())
    finally:
        engine.close()


@pytest.fixture
def released(fleet: Fleet, values: Values) -> Fleet:
    """Six releases from staging to production: the tag and a cycle move, the greeting stays."""
    fleet.commit(
        "begin", staging=values("1.0.0", cycle=1, greeting="hi"), production=values("1.0.0", cycle=1, greeting="hello")
    )
    for number in range(2, 8):
        fleet.commit(f"staging {number}", staging=values(f"1.{number}.0", cycle=number, greeting="hi"))
        fleet.commit(f"production {number}", production=values(f"1.{number}.0", cycle=number, greeting="hello"))
    return fleet


def test_what_moves_what_stays_and_what_goes_together_with_the_commits(released: Fleet):
    (told,) = learned(released)
    newest = released.git("rev-parse", "HEAD")
    assert (told.source, told.target, told.promotions, told.back) == ("staging", "production", 6, 0)
    assert {(h.path, h.moved, h.left) for h in told.moves} == {("image.tag", 6, 0), ("cycle", 6, 0)}
    assert all(h.evidence[0].commit == newest for h in told.moves)
    assert [(h.path, h.left) for h in told.stays] == [("greeting", 6)]
    assert [(t.first, t.second, t.times, t.of) for t in told.together] == [
        ("values.yaml: cycle", "values.yaml: image.tag", 6, 6)
    ]


def test_a_version_that_skipped_the_source_is_counted(fleet: Fleet, values: Values):
    for environment in ("dev", "staging", "production"):
        fleet.commit(f"begin {environment}", **{environment: values("1.0.0")})
    fleet.commit("dev", dev=values("1.1.0"))
    fleet.commit("staging", staging=values("1.1.0"))
    fleet.commit("production", production=values("1.1.0"))
    fleet.commit("dev", dev=values("1.2.0"))
    fleet.commit("in a hurry", production=values("1.2.0"))
    last = learned(fleet)[-1]
    assert (last.source, last.target) == ("staging", "production")
    assert (last.stepped, last.skipped) == (1, 1)


def test_versions_that_went_the_other_way_are_counted(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0"), production=values("1.0.0"))
    fleet.commit("hotfix", production=values("1.0.1"))
    fleet.commit("back", staging=values("1.0.1"))
    (told,) = learned(fleet)
    assert (told.promotions, told.back) == (0, 1)


def test_the_command_says_it_for_people_and_for_programs(released: Fleet):
    run = CliRunner().invoke(cli, ["learn", "staging", "production", "--repo", str(released.place)])
    assert run.exit_code == 0
    assert "staging → production  6 promotions in 1 pair of files" in run.output.replace("->", "→")
    assert "6 of 6  image.tag" in run.output
    told = json.loads(CliRunner().invoke(cli, ["learn", "--repo", str(released.place), "--json"]).output)
    assert told["schema"] == "liftlock.learn/1"
    assert told["between"][0]["moves"][0]["moved"] == 6


def test_init_writes_what_contradicts_the_rules_and_it_is_read_again(released: Fleet, values: Values):
    engine = Engine.open(released.place, cache=False)
    text = engine.init_text()
    engine.close()
    assert "# history: 6 promotions from staging; moved: " in text
    assert 'path = "cycle"\nclass = "version"\nreason = "moved in 6 of 6 promotions from staging to production' in text
    released.write("liftlock.toml", text)
    released.save("describe the environments")
    released.commit("next", staging=values("1.8.0", cycle=8, greeting="hi"))
    change = released.changes(learning=False)["cycle"]
    assert (change.cls, change.proposed) == ("version", True)


def test_what_was_seen_once_stands_aside_and_long_paths_keep_their_last_keys(fleet: Fleet):
    def text(number: int, extra: str = "") -> str:
        return f"application:\n  configuration:\n    environment:\n      SOMETHING_{'X' * 20}: {number}\n{extra}"

    fleet.commit("begin", staging=text(1), production=text(1))
    for number in (2, 3):
        extra = "once: 1\n" if number == 3 else ""
        fleet.commit(f"staging {number}", staging=text(number, extra))
        fleet.commit(f"production {number}", production=text(number, extra))
    told = CliRunner().invoke(cli, ["learn", "--repo", str(fleet.place)]).output
    assert f"    2 of 2  ….environment.SOMETHING_{'X' * 20}  1 file" in told
    assert " once " not in told
    assert "and 1 more, seen less often (--json)" in told
