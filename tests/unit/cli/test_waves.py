"""Waves and trains as commands: each step a commit of its own, their whole state in Git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fleets import Fleet, overlay, place

EU = ("--onto", "main", "--push", "--confirm", "production-eu")
US = ("--onto", "main", "--push", "--confirm", "production-us")
ANYWAY = ("--override", "wave=no cluster here")
"""The cluster of the step before is not known in these repositories."""


@pytest.fixture
def begun(fleet: Fleet, origin: Fleet) -> Any:
    """A wave whose first step is in Git."""
    answer = fleet.run("promote", "staging", "production-eu", "production-us", "--app", "api", "--wave", *EU, "--json")
    assert answer.code == 0, answer.err
    return answer.json


def test_each_step_is_a_commit_of_its_own_that_says_which_it_is(fleet: Fleet, origin: Fleet, begun: Any):
    assert begun["wave"]["step"] == 1 and begun["to"] == ["production-eu"]
    identity = begun["wave"]["id"]
    line = f"Promotion-Wave: {identity} 1/2 production-eu > production-us"
    assert line in begun["message"].splitlines()
    # What the source has by now does not matter: the wave goes on with what it began with.
    staging = place("api", "staging")
    fleet.git("pull", "-q", "--ff-only", "origin", "main")
    fleet.commit({staging: overlay("api", "staging", "1.9.9")}, "newer in staging")
    fleet.git("push", "-q", "origin", "main")
    shown = fleet.run("wave", "show", "--json")
    assert shown.code == 1
    assert [step["state"] for step in shown.json["steps"]] == ["not known", "to come"]
    error = fleet.refused("wave", "next", *US)
    assert "does not go on" in error["title"] and "--override wave" in error["hint"]
    assert "step 1 of 2, production-eu, is not known: no cluster is known" in error["detail"]

    went = fleet.run("wave", "next", *US, *ANYWAY, "--json")
    assert went.code == 0, went.err
    assert went.json["wave"] == {**begun["wave"], "step": 2}
    assert "Promotion-Override: wave: no cluster here" in went.json["message"]
    assert b'newTag: "1.2.0"' in origin.show("main", place("api", "production-us"))
    (gate,) = [gate for gate in went.json["gates"] if gate["name"] == "wave"]
    assert gate["state"] == "overridden"
    assert fleet.run("wave", "show", identity[:4]).code == 0
    assert "is done" in fleet.refused("wave", "next", *US, *ANYWAY)["title"]


def test_the_next_step_moves_what_the_step_before_moved(fleet: Fleet, origin: Fleet):
    plan = fleet.run("plan", "staging", "production-eu", "--app", "api", "--json").json
    host = next(change["id"] for change in plan["changes"] if "patch" in str(change["path"]))
    words = ("promote", "staging", "production-eu", "production-us", "--app", "api", "--wave")
    whole = fleet.run(*words, "--only", host, *EU)
    assert whole.code == 2 and "nothing is staged for production-us" in whole.err
    both = [c["id"] for c in _plan(fleet) if "patch" in str(c["path"])]
    answer = fleet.run(*words, "--only", both[0], "--only", both[1], *EU, "--json")
    assert answer.code == 0, answer.err
    made = fleet.run("wave", "next", *ANYWAY, "--dry-run", "--json").json
    assert {change["selected"]: str(change["path"]) for change in made["changes"]}[True].count("patch")
    assert sum(change["selected"] for change in made["changes"]) == 1


def _plan(fleet: Fleet) -> Any:
    found = []
    for target in ("production-eu", "production-us"):
        found += fleet.run("plan", "staging", target, "--app", "api", "--json").json["changes"]
    return found


def test_a_step_that_was_committed_and_not_pushed_is_made_anew(fleet: Fleet, origin: Fleet, begun: Any):
    assert fleet.run("wave", "next", *ANYWAY, "--reason", "before the crash").code == 0
    state = fleet.run("wave", "show", "--json").json
    assert (state["state"], state["steps"][1]["state"]) == ("waiting", "committed here")
    answer = fleet.run("wave", "next", *US, *ANYWAY)
    assert answer.code == 0 and "of an earlier run was not pushed" in answer.err, answer.err
    assert fleet.git("branch", "--list", "promote/*production-us*").count("promote/") == 1
    assert b'newTag: "1.2.0"' in origin.show("main", place("api", "production-us"))


def test_a_first_step_that_was_not_pushed_is_still_there_to_go_on_with(fleet: Fleet, origin: Fleet):
    words = ("promote", "staging", "production-eu", "production-us", "--app", "api", "--wave")
    identity = fleet.run(*words, "--json").json["wave"]["id"]
    assert fleet.run("wave", "next", "--dry-run").code == 0
    assert fleet.run("wave", "show", "--json").json["steps"][0]["state"] == "committed here"
    went = fleet.run("wave", "next", *EU, "--json").json
    assert (went["wave"]["id"], went["wave"]["step"], went["to"]) == (identity, 1, ["production-eu"])


def test_a_wave_is_stopped_for_everybody_and_let_go_on(fleet: Fleet, origin: Fleet, begun: Any, tmp_path: Path):
    assert fleet.run("wave", "stop", "--reason", "carts are lost", "--push").code == 0
    other = Fleet(tmp_path / "other")
    fleet.git("clone", "-q", origin.path, other.path)
    error = other.refused("wave", "next", *US, *ANYWAY)
    assert "was stopped" in error["title"] and "carts are lost" in error["detail"]
    assert "stopped already" in fleet.refused("wave", "stop", "--push")["title"]
    assert fleet.run("wave", "stop", "--undo", "--push").code == 0
    assert fleet.run("wave", "list", "--json").json["waves"][0]["stopped"] is None
    assert fleet.run("wave", "next", *US, *ANYWAY).code == 0


def test_what_was_taken_back_ends_the_wave(fleet: Fleet, origin: Fleet, begun: Any):
    back = fleet.run("rollback", "production-eu", "--app", "api", "--to", f"{begun['commit']}^", *EU)
    assert back.code == 0, back.err
    shown = fleet.run("wave", "show", "--json")
    assert (shown.code, shown.json["state"], shown.json["steps"][0]["state"]) == (1, "failed", "taken back")
    assert "begin a new one" in fleet.refused("wave", "next", *US)["hint"]


def test_a_train_takes_several_apps_from_hop_to_hop(fleet: Fleet, origin: Fleet):
    answer = fleet.run("promote", "dev", "staging", "production-eu", "--train", "--onto", "main", "--push", "--json")
    assert answer.code == 0, answer.err
    assert (answer.json["to"], answer.json["wave"]["kind"]) == (["staging"], "train")
    went = fleet.run("wave", "next", *EU, *ANYWAY, "--json")
    assert went.code == 0, went.err
    assert (went.json["from"], went.json["to"]) == ("staging", ["production-eu"])
    for app in ("api", "web"):
        assert b'newTag: "1.3.0"' in origin.show("main", place(app, "production-eu"))


def test_what_cannot_begin_says_why(fleet: Fleet):
    assert "nothing to go on to" in fleet.refused("promote", "dev", "staging", "--wave")["title"]
    assert "no wave in the last months" in fleet.refused("wave", "show")["title"]
