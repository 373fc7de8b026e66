"""Commands that only ask: status, plan, diff, where, doctor, init, completion; their answers, shapes and exit codes."""

import os
import re
import subprocess
import tomllib

import pytest
from fleets import APPS, ENVIRONMENTS, Fleet, liftlock, liftlock_process, overlay, place


def test_status_shows_apps_by_environments_with_version_and_distance(fleet: Fleet):
    answer = fleet.run("status", "--no-live")
    assert answer.code == 0
    assert answer.err == ""
    head, api, web, *rest = answer.out.splitlines()
    assert head.split() == ["app", "dev", "staging", "production-eu", "(protected)", "production-us", "(protected)"]
    assert re.findall(r"\d\.\d\.\d", api) == ["1.3.0", "1.2.0", "1.1.0", "1.1.0"]
    assert api.startswith("api")
    assert web.startswith("web")
    assert api.count("▲1") == 3
    assert any("read from" in line and "origin/main" in line for line in rest)


def test_status_as_json(fleet: Fleet):
    found = fleet.run("status", "--no-live", "--json").json
    assert found["schema"] == "liftlock.status/1"
    assert [e["name"] for e in found["environments"]] == list(ENVIRONMENTS)
    after = {e["name"]: e["after"] for e in found["environments"]}
    assert after == {"dev": [], "staging": ["dev"], "production-eu": ["staging"], "production-us": ["staging"]}
    assert found["apps"] == list(APPS)
    tip = fleet.tip("origin/main")
    assert {e["source"]["commit"] for e in found["environments"]} == {tip}
    cells = {(c["app"], c["environment"]): c for c in found["cells"]}
    assert len(cells) == len(APPS) * len(ENVIRONMENTS)
    cell = cells["api", "staging"]
    assert cell["versions"] == [
        {
            "name": "registry.example.org/api",
            "value": "1.2.0",
            "kind": cell["versions"][0]["kind"],
            "file": place("api", "staging"),
            "path": cell["versions"][0]["path"],
        }
    ]
    assert cell["revision"]["commit"] == tip
    assert cell["revision"]["subject"] == "start"
    assert cell["behind"] == [{"of": "dev", "changes": 1, "versions": 1, "unlike": False, "commits": None}]
    assert cell["since"] == cell["revision"]
    assert cell["problems"] == []


def test_status_of_some_environments_only(fleet: Fleet):
    found = fleet.run("status", "staging", "--json").json
    assert [e["name"] for e in found["environments"]] == ["staging"]
    assert {c["environment"] for c in found["cells"]} == {"staging"}
    assert "production" not in fleet.run("status", "dev", "staging").out


def test_a_second_status_is_read_from_the_cache_and_says_the_same(fleet: Fleet):
    cold = fleet.run("status", "--json").json
    assert fleet.run("status", "--json").json == cold
    fleet.commit({place("web", "dev"): overlay("web", "dev", "1.4.0")})
    fleet.git("push", "-q")
    changed = fleet.run("status", "--json").json
    values = {(c["app"], c["environment"]): c["versions"][0]["value"] for c in changed["cells"]}
    assert values["web", "dev"] == "1.4.0"
    assert values["api", "dev"] == "1.3.0"


@pytest.mark.parametrize("command", [("status", "stagin"), ("plan", "dev", "stagin"), ("diff", "stagin", "dev")])
def test_an_unknown_environment_is_told_with_those_there_are(fleet: Fleet, command: tuple[str, ...]):
    error = fleet.refused(*command)
    assert "'stagin'" in error["title"]
    for name in ENVIRONMENTS:
        assert name in error["detail"]


def test_plan_and_its_exit_codes(fleet: Fleet):
    answer = fleet.run("plan", "staging", "production-eu")
    assert answer.code == 1
    assert answer.out.count("1.1.0 → 1.2.0") == 2
    assert "[x] version" in answer.out
    fleet.commit({place(app, "production-eu"): overlay(app, "production-eu", "1.2.0") for app in APPS})
    fleet.git("push", "-q")
    same = fleet.run("plan", "staging", "production-eu")
    assert same.code == 0
    assert "[x]" not in same.out


def test_plan_as_json(fleet: Fleet):
    answer = fleet.run("plan", "staging", "production-eu", "--app", "api", "--json")
    assert answer.code == 1
    found = answer.json
    assert {k: found[k] for k in ("schema", "from", "to", "base", "warnings")} == {
        "schema": "liftlock.plan/1",
        "from": "staging",
        "to": "production-eu",
        "base": fleet.tip("origin/main"),
        "warnings": [],
    }
    moving = [c for c in found["changes"] if c["selected"]]
    assert len(moving) == 1
    wanted = {"app", "file", "path", "op", "old", "new", "class", "selected"}
    assert {k: v for k, v in moving[0].items() if k in wanted} == {
        "app": "api",
        "file": place("api", "production-eu"),
        "path": ["images", {"name": "registry.example.org/api"}, "newTag"],
        "op": "set",
        "old": "1.1.0",
        "new": "1.2.0",
        "class": "version",
        "selected": True,
    }
    assert moving[0]["why"]
    assert {c["class"] for c in found["changes"] if not c["selected"]} <= {"identity", "sizing"}
    assert fleet.run("plan", "staging", "production-eu", "--app", "api", "--json").json == found


def test_plan_between_two_paths(fleet: Fleet):
    found = fleet.run("plan", "envs/dev/web", "envs/staging/web", "--json")
    assert found.code == 1
    assert [(c["old"], c["new"]) for c in found.json["changes"] if c["selected"]] == [("1.2.0", "1.3.0")]
    one = fleet.run("plan", place("web", "dev"), place("web", "staging"), "--json")
    assert [(c["old"], c["new"]) for c in one.json["changes"] if c["selected"]] == [("1.2.0", "1.3.0")]
    error = fleet.refused("plan", "envs/dev/web", "envs/nowhere/web")
    assert "envs/nowhere/web" in error["title"]
    error = fleet.refused("plan", "dev", "envs/staging/web")
    assert "path" in error["detail"]


def test_plan_of_an_unknown_app_names_the_nearest(fleet: Fleet):
    error = fleet.refused("plan", "dev", "staging", "--app", "wep")
    assert "'wep'" in error["title"]
    assert "web" in error["detail"]


def test_at_reads_git_as_it_stood(fleet: Fleet):
    first = fleet.tip("main")
    fleet.commit({place("api", "dev"): overlay("api", "dev", "2.0.0")})
    fleet.git("push", "-q")
    assert "2.0.0" in fleet.run("status").out
    assert "2.0.0" not in fleet.run("status", "--at", first).out
    found = fleet.run("plan", "dev", "staging", "--at", first, "--json").json
    assert found["base"] == first
    assert {c["new"] for c in found["changes"] if c["selected"]} == {"1.3.0"}
    assert "2.0.0" not in fleet.run("--at", first, "diff", "dev", "staging").out
    error = fleet.refused("status", "--at", "release/9")
    assert error["title"] == "There is no revision release/9"


def test_diff_is_what_would_be_committed(fleet: Fleet):
    answer = fleet.run("diff", "staging", "production-us", "--app", "web")
    assert answer.code == 0
    changed = [line for line in answer.out.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ['-    newTag: "1.1.0"  # moved by promotions', '+    newTag: "1.2.0"  # moved by promotions']
    found = fleet.run("diff", "staging", "production-us", "--app", "web", "--json").json
    assert found["schema"] == "liftlock.diff/1"
    assert [f["path"] for f in found["files"]] == [place("web", "production-us")]
    assert [line["kind"] for line in found["files"][0]["lines"]].count("add") == 1


def test_diff_of_rendered_manifests(fleet: Fleet):
    answer = fleet.run("diff", "dev", "staging", "--app", "api", "--rendered")
    assert answer.code == 0
    assert "Ingress" in answer.out
    found = fleet.run("diff", "dev", "staging", "--app", "api", "--rendered", "--json").json
    assert {c["app"] for c in found["compared"]} == {"api"}
    assert all(c["explanation"] and c["object"] for c in found["compared"])


def test_where_finds_a_version_everywhere_and_since_when(fleet: Fleet):
    answer = fleet.run("where", "1.1.0")
    assert answer.code == 0
    assert "Ann Author" in answer.out
    found = fleet.run("where", "1.1.0", "--json").json
    assert found["schema"] == "liftlock.where/1"
    assert {(s["app"], s["environment"]) for s in found["found"]} == {
        (app, e) for app in APPS for e in ("production-eu", "production-us")
    }
    assert {s["since"]["commit"] for s in found["found"]} == {fleet.tip("main")}


def test_where_finds_the_cells_that_a_commit_touched(fleet: Fleet):
    made = fleet.commit({place("web", "staging"): overlay("web", "staging", "1.2.1")}, "fix the web")
    fleet.git("push", "-q")
    found = fleet.run("where", made[:10], "--json").json["found"]
    assert [(s["app"], s["environment"], s["since"]["subject"]) for s in found] == [("web", "staging", "fix the web")]


def test_where_says_when_nothing_has_it(fleet: Fleet):
    answer = fleet.run("where", "9.9.9")
    assert answer.code == 0
    assert "9.9.9" in answer.out
    assert fleet.run("where", "9.9.9", "--json").json["found"] == []
    for word in ("", "-x", "--", "[", "a\0b", "\x1b[31m", "…", "HEAD^{/start}"):
        assert fleet.run("where", "--json", "--", word).json["found"] == []


def test_doctor_tells_what_was_found_and_why(fleet: Fleet):
    answer = fleet.run("doctor")
    assert answer.code == 0
    for word in ("git", "envs", "liftlock.toml", "origin", *ENVIRONMENTS):
        assert word in answer.out
    found = fleet.run("doctor", "--json").json
    assert found["schema"] == "liftlock.doctor/1"
    assert {c["verdict"] for c in found["checks"]} <= {"good", "note"}


def test_doctor_ends_with_1_when_something_is_wrong(fleet: Fleet, nobody: None):
    answer = fleet.run("doctor", "--json")
    assert answer.code == 1
    bad = [c for c in answer.json["checks"] if c["verdict"] == "bad"]
    assert [c["subject"] for c in bad] == ["identity"]
    assert "user.name" in bad[0]["hint"]


def test_init_writes_what_was_found_and_it_changes_nothing_once_committed(fleet: Fleet):
    shown = fleet.run("init", "--print")
    before = fleet.run("status", "--json").json
    answer = liftlock("init", "--repo", fleet.path)
    assert answer.code == 0
    file = fleet.path / "liftlock.toml"
    assert str(file) in answer.out
    assert file.read_text() == shown.out
    assert [e["name"] for e in tomllib.loads(shown.out)["environment"]] == list(ENVIRONMENTS)
    again = fleet.refused("init")
    assert again["title"] == "There is a liftlock.toml already"
    assert file.read_text() == shown.out
    fleet.commit({})
    fleet.git("push", "-q")
    after = fleet.run("status", "--json").json
    for found in (before, after):
        for environment in found["environments"]:
            del environment["source"]
        for cell in found["cells"]:
            del cell["why"]
    assert after["environments"] == before["environments"]
    assert after["cells"] == before["cells"]


def test_init_in_a_bare_repository_prints(origin: Fleet):
    answer = origin.run("init")
    assert answer.code == 0
    assert "[[environment]]" in answer.out
    found = origin.run("init", "--json").json
    assert found["path"] is None
    assert found["text"] == answer.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str):
    answer = liftlock("completion", shell)
    assert answer.code == 0
    assert "_LIFTLOCK_COMPLETE" in answer.out


def test_completion_script_of_bash_is_taken_by_bash(tmp_path):
    script = tmp_path / "completion"
    script.write_text(liftlock("completion", "bash").out)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("stauts",),
        ("plan", "dev"),
        ("plan", "dev", "staging", "--nothing"),
        ("completion", "tcsh"),
        ("promote", "dev"),
        ("promote", "dev", "staging", "--onto", "a", "--branch", "b"),
        ("where",),
    ],
)
def test_a_wrong_command_line_is_one_sentence(arguments: tuple[str, ...]):
    answer = liftlock(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert len(answer.err.splitlines()) <= 3
    assert liftlock(*arguments, "--json").error["hint"].startswith("liftlock")


def test_help_and_version(tmp_path):
    assert "Promote releases" in liftlock("--help").out
    assert liftlock("--version").out.startswith("liftlock")
    answer = liftlock_process("--help", cwd=tmp_path)
    assert answer.code == 0
    for command in ("status", "plan", "diff", "promote", "where", "doctor", "init", "completion", "demo"):
        assert re.search(rf"^  {command}\b", answer.out, re.MULTILINE)
        assert liftlock(command, "--help").code == 0


def test_the_app_needs_a_terminal(fleet: Fleet):
    answer = liftlock("--repo", fleet.path)
    assert answer.code == 2
    assert "needs a terminal" in answer.err


def test_output_that_cannot_show_signs_is_ascii(fleet: Fleet):
    answer = liftlock_process("plan", "dev", "staging", cwd=fleet.path, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert answer.code == 1
    assert answer.out.isascii()
    assert "1.2.0 -> 1.3.0" in answer.out
