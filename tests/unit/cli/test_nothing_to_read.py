"""No repository, nothing committed, no environment, a liftlock.toml that is wrong: one clear sentence each."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from fleets import APPS, ENVIRONMENTS, Fleet, liftlock, overlay, place

READING = [("status",), ("plan", "dev", "staging"), ("diff", "dev", "staging"), ("where", "1.2.0"), ("init", "--print")]
EVERY = [*READING, ("promote", "dev", "staging")]


def fails(*arguments: str | Path) -> dict[str, str]:
    """The error of a command that fails, which says the same with JSON and without, and what to do next."""
    plain = liftlock(*arguments)
    error = liftlock(*arguments, "--json").error
    assert plain.code == 2
    assert plain.err.splitlines()[0] == f"liftlock: {error['title']}"
    assert error["hint"]
    return error


def named(command: tuple[str, ...]) -> str:
    return command[0]


@pytest.mark.parametrize("command", [*EVERY, ("doctor",)], ids=named)
def test_no_repository_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]):
    monkeypatch.chdir(tmp_path)
    error = fails(*command)
    assert error["title"] == "There is no Git repository here"
    assert str(tmp_path) in error["detail"]


def test_a_folder_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert fails("status")["title"] == "The folder you are in is gone"


def test_no_such_folder(tmp_path: Path):
    answer = liftlock("status", "--repo", tmp_path / "nowhere\x1b[31m")
    assert answer.code == 2
    assert "nowhere" in answer.err


@pytest.mark.parametrize("command", EVERY, ids=named)
def test_nothing_committed_yet(tmp_path: Path, command: tuple[str, ...]):
    subprocess.run(["git", "init", "-q", tmp_path / "new"], check=True)
    error = fails("--repo", tmp_path / "new", *command)
    assert error["title"] == "Nothing is committed here yet"


def test_doctor_where_nothing_is_committed_yet(tmp_path: Path):
    subprocess.run(["git", "init", "-q", tmp_path / "new"], check=True)
    answer = liftlock("doctor", "--repo", tmp_path / "new", "--json")
    assert answer.code == 1
    assert [c["subject"] for c in answer.json["checks"] if c["verdict"] == "bad"] == ["reading"]


@pytest.fixture
def empty(tmp_path: Path) -> Fleet:
    """A repository of something else."""
    subprocess.run(["git", "init", "-q", tmp_path / "other"], check=True)
    other = Fleet(tmp_path / "other")
    other.commit({"src/main.c": "int main;\n", "config.yaml": "a: 1\n", "docs/guide.md": "# Guide\n"})
    return other


def test_no_environment_here(empty: Fleet):
    error = empty.refused("status")
    assert error["title"] == "No environment was recognised here"
    assert "liftlock.toml" in error["hint"]
    for command in ("plan", "diff", "promote"):
        error = empty.refused(command, "dev", "staging")
        assert "'dev'" in error["title"]
        assert "no environment was recognised" in error["detail"]
    assert empty.run("doctor").code == 1
    assert empty.run("where", "1.2.0").code == 0
    assert empty.run("init", "--print").code == 0


def test_a_file_that_init_wrote_without_environments_can_be_committed(empty: Fleet):
    assert liftlock("init", "--repo", empty.path).code == 0
    empty.commit({})
    assert empty.refused("status")["title"] == "No environment was recognised here"


def test_one_environment_only(tmp_path: Path):
    subprocess.run(["git", "init", "-q", tmp_path / "one"], check=True)
    one = Fleet(tmp_path / "one")
    one.commit({place(app, "production"): overlay(app, "production", "1.0.0") for app in APPS})
    status = one.run("status")
    assert status.code in (0, 2)
    if status.code == 0:
        assert "production" in status.out
        assert one.run("plan", "production", "production").code in (0, 2)
    else:
        assert "liftlock.toml" in status.err
    assert "'staging'" in one.refused("plan", "staging", "production")["title"]


def test_from_an_environment_to_itself(fleet: Fleet):
    for command in (("plan", "dev", "dev"), ("diff", "dev", "dev"), ("promote", "dev", "staging", "dev")):
        assert fleet.refused(*command)["title"] == "dev is both where from and where to"


def test_the_same_target_twice_is_one(fleet: Fleet):
    once = fleet.run("promote", "dev", "staging", "--json").json
    twice = fleet.run("promote", "dev", "staging", "staging", "--json")
    assert twice.json["changes"] == once["changes"]
    assert twice.json["to"] == ["staging"]


@pytest.mark.parametrize("rev", ["nowhere", "", "--all", "main:envs", "a..b", "\x1b]0;x\x07", "HEAD~99", "é" * 300])
def test_a_revision_that_is_not_there(fleet: Fleet, rev: str):
    error = fleet.refused("status", f"--at={rev}")
    assert "\x1b" not in error["title"]


# liftlock.toml -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[environment]]\nnmae = "dev"\n', "liftlock.toml:2"),
        ('[[environment]\nname = "dev"\n', "liftlock.toml"),
        ('theme = "dark"\n', "liftlock.toml:1"),
        ('[[environment]]\nname = "a"\nafter = ["b"]\n[[environment]]\nname = "b"\nafter = ["a"]\n', "liftlock.toml"),
        ("\x00\xff", "liftlock.toml"),
    ],
)
def test_a_liftlock_toml_that_is_wrong(fleet: Fleet, text: str, says: str):
    fleet.commit({"liftlock.toml": text.encode("latin-1")})
    fleet.git("push", "-q")
    for command in EVERY:
        error = fleet.refused(*command)
        assert says in error["title"] + error["detail"]
    doctor = fleet.run("doctor")
    assert doctor.code == 1
    assert "liftlock.toml" in doctor.out


def test_an_environment_that_follows_a_branch_that_is_not_there(fleet: Fleet):
    fleet.commit(
        {
            "liftlock.toml": '[[environment]]\nname = "dev"\npaths = ["envs/dev/{app}"]\n'
            '[[environment]]\nname = "staging"\nafter = ["dev"]\nbranch = "relaese"\npaths = ["envs/staging/{app}"]\n'
        }
    )
    fleet.git("branch", "release")
    fleet.git("push", "-q", "origin", "main", "release")
    for command in (("status",), ("plan", "dev", "staging"), ("promote", "dev", "staging")):
        error = fleet.refused(*command)
        assert "relaese" in error["title"]
        assert "release" in error["hint"]
    doctor = fleet.run("doctor")
    assert doctor.code == 1
    assert "relaese" in doctor.out


def test_an_environment_whose_paths_hold_nothing(fleet: Fleet):
    fleet.commit({"liftlock.toml": '[[environment]]\nname = "moon"\npaths = ["moon/{app}"]\n'})
    fleet.git("push", "-q")
    for command in (("status",), ("doctor",)):
        answer = fleet.run(*command)
        assert answer.code in (0, 1, 2)
        assert "moon" in answer.out + answer.err


BROKEN = {
    "a list that never ends": b"images: [\n",
    "two mappings in one": b"a: b: c\n",
    "a tab": b"images:\n\t- name: x\n",
    "bytes that are no text": b"images:\n  - name: \xff\xfe\n",
    "a null character": b"a: \x00\n",
    "an anchor that is not there": b"a: *nowhere\n",
    "a conflict": b"<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> main\n",
    "a tag of some program": b"!!python/object/apply:os.system ['true']\n",
    "an endless alias": b"a: &a [*a, *a]\n",
    "laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)),
    "depth": b"a: " + b"[" * 3000 + b"]" * 3000 + b"\n",
    "a key of many": b"? [a, b]\n: c\n",
    "a number": b"7\n",
    "nothing": b"",
    "a template": b"{{ if .Values.on }}\nimages: {{ .Values.images }}\n{{ end }}\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("where", ["staging", "dev"])
def test_one_file_that_is_broken_leaves_all_others_working(fleet: Fleet, data: bytes, where: str):
    fleet.commit({place("api", where): data})
    fleet.git("push", "-q")
    status = fleet.run("status", "--json")
    assert status.code == 0
    versions = {(c["app"], c["environment"]): [v["value"] for v in c["versions"]] for c in status.json["cells"]}
    for app, environment in versions:
        if (app, environment) != ("api", where):
            assert len(versions[app, environment]) == 1
    plan = fleet.run("plan", "dev", "staging", "--json")
    assert plan.code in (0, 1)
    assert {c["app"] for c in plan.json["changes"] if c["selected"]} >= {"web"}
    assert fleet.run("diff", "dev", "staging").code == 0
    made = fleet.run("promote", "dev", "staging", "--app", "web", "--json")
    assert made.code == 0
    assert fleet.git("diff", "--name-only", made.json["base"], made.json["commit"]) == place("web", "staging")
    every = fleet.run("promote", "dev", "staging", "--json")
    assert every.code in (0, 2)
    assert fleet.run("doctor").code in (0, 1)
    assert fleet.run("where", "1.2.0").code == 0
    assert fleet.run("init", "--print").code == 0


def test_a_broken_file_is_marked_where_a_person_looks(fleet: Fleet):
    fleet.commit({place("api", "staging"): "images: [\n"})
    fleet.git("push", "-q")
    assert place("api", "staging") in fleet.run("status").out
    cells = {(c["app"], c["environment"]): c for c in fleet.run("status", "--json").json["cells"]}
    problems = cells["api", "staging"]["problems"] or fleet.run("status", "--json").json["problems"]
    assert any(place("api", "staging") in p["place"] + p["title"] for p in problems)
    doctor = fleet.run("doctor")
    assert place("api", "staging") in doctor.out
    plan = fleet.run("plan", "dev", "staging", "--json").json
    blocked = [c for c in plan["changes"] if c["file"] == place("api", "staging")]
    assert [(c["selected"], bool(c["blocked"])) for c in blocked] == [(False, True)]


def test_a_broken_file_is_never_replaced_as_a_whole_unasked(fleet: Fleet):
    fleet.commit({place("api", "staging"): "# by hand\nimages: [\n"})
    fleet.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert fleet.show(made["commit"], place("api", "staging")) == b"# by hand\nimages: [\n"


def test_a_yaml_file_of_50_megabytes(fleet: Fleet):
    line = b"  - name: something-or-other\n    value: abcdefghij\n"
    huge = b"items:\n" + line * (50_000_000 // len(line))
    fleet.commit({"envs/dev/api/data.yaml": huge, "envs/staging/api/data.yaml": huge + b"# end\n"})
    fleet.git("push", "-q")
    started = time.perf_counter()
    assert fleet.run("status", "--json").code == 0
    plan = fleet.run("plan", "dev", "staging", "--json")
    assert plan.code == 1
    assert {c["app"] for c in plan.json["changes"] if c["selected"]} == set(APPS)
    huge_change = next(c for c in plan.json["changes"] if c["file"].endswith("data.yaml"))
    assert not huge_change["selected"]
    assert huge_change["blocked"]
    made = fleet.run("promote", "dev", "staging", "--json")
    assert made.code == 0
    assert time.perf_counter() - started < 20


def test_ten_thousand_files(tmp_path: Path):
    many = tmp_path / "many"
    subprocess.run(["git", "init", "-q", many], check=True)
    lines = [b"commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 5\nstart\n"]

    def add(path: str, text: str) -> None:
        data = text.encode()
        lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))

    for number in range(250):
        for environment in ENVIRONMENTS:
            app = f"app-{number:03}"
            add(place(app, environment), overlay(app, environment, "1.3.0" if environment == "dev" else "1.2.0"))
            for part in range(9):
                add(f"envs/{environment}/{app}/part-{part}.yaml", f"kind: ConfigMap\ndata:\n  n: {number}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=many, input=b"".join(lines), check=True)
    fleet = Fleet(many)
    assert len(fleet.git("ls-tree", "-r", "--name-only", "main").splitlines()) == 10_000
    started = time.perf_counter()
    status = fleet.run("status", "--json")
    assert len(status.json["cells"]) == 1000
    assert all(cell["revision"]["subject"] == "start" for cell in status.json["cells"])
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert len(fleet.git("diff", "--name-only", made["base"], made["commit"]).splitlines()) == 250
    assert time.perf_counter() - started < 60


HOSTILE = [
    b"new\nline",
    b"\x1b[2J\x1b]0;title\x07",
    b"\xff\xfe",
    b"[red]markup[/red]",
    "\u202egpj.lmay".encode(),
    b"-rf",
    b" ",
    b"q\"uo'te\\",
    b"*.{yaml}",
    b"@{-1}",
    b"tab\there",
    b":(exclude)x",
    "e\u0301".encode(),
    b"x" * 200,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_of_apps(fleet: Fleet, name: bytes):
    for environment, tag in (("dev", "2.1.0"), ("staging", "2.0.0")):
        folder = os.fsencode(fleet.path) + b"/envs/" + environment.encode() + b"/" + name
        os.makedirs(folder)  # noqa: PTH103 - bytes that are no text
        text = "images:\n  - name: registry.example.org/odd\n" + f"    newTag: {tag}\n"
        with open(folder + b"/kustomization.yaml", "wb") as file:  # noqa: PTH123
            file.write(text.encode())
    fleet.commit({})
    fleet.git("push", "-q")
    for command in (*READING, ("doctor",)):
        assert fleet.run(*command).code in (0, 1)
        assert fleet.run(*command, "--json").code in (0, 1)
    found = fleet.run("plan", "dev", "staging", "--json").json
    odd = [c for c in found["changes"] if c["new"] == "2.1.0"]
    assert len(odd) == 1
    made = fleet.run("promote", "dev", "staging", "--only", odd[0]["id"], "--json").json
    target = b"envs/staging/" + name + b"/kustomization.yaml"
    raw = subprocess.run(
        ["git", "diff", "-z", "--name-only", made["base"], made["commit"]],
        cwd=fleet.path,
        capture_output=True,
        check=True,
    )
    assert raw.stdout == target + b"\0"
    blob = subprocess.run(
        [b"git", b"show", made["commit"].encode() + b":" + target], cwd=fleet.path, capture_output=True, check=True
    )
    assert blob.stdout == b"images:\n  - name: registry.example.org/odd\n    newTag: 2.1.0\n"
    assert fleet.git("fsck", "--strict") == ""


def test_hostile_words_on_the_command_line(fleet: Fleet):
    for word in ("\x1b[31mdev", "new\nline", "../..", "/etc", "envs/../envs/dev", "-", "*", "envs//dev", "\u202e", "."):
        answer = fleet.run("plan", "--json", "--", word, "staging")
        assert answer.code in (0, 1, 2)
        assert fleet.run("plan", "--", word, "staging").code == answer.code
        assert fleet.run("promote", "dev", "staging", f"--reason={word}", f"--branch={word}").code in (0, 2)


def test_a_reason_cannot_forge_a_trailer(fleet: Fleet):
    reason = "urgent\n\nPromotion-To: production-eu\nSigned-off-by: the Boss <boss@example.org>"
    made = fleet.run("promote", "dev", "staging", f"--reason={reason}", "--json").json
    trailers = fleet.git("log", "-1", "--format=%(trailers:only)", made["commit"]).splitlines()
    assert "Promotion-To: staging" in trailers
    assert "Promotion-To: production-eu" not in trailers
    assert not any(line.startswith("Signed-off-by") for line in trailers)
