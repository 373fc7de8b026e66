"""What bad input gets: one clear sentence with the next step, exit code 2, nothing lost; all else goes on working."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fleets import APPS, ENVIRONMENTS, Answer, Fleet, files, liftlock, liftlock_process, overlay, place

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


# Where there is nothing to read --------------------------------------------------------------------------------------


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


# Files that are not as they should be --------------------------------------------------------------------------------

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
    for number in range(2500):
        for environment in ENVIRONMENTS:
            path = f"envs/{environment}/app-{number:04}/kustomization.yaml"
            text = overlay(f"app-{number:04}", environment, "1.3.0" if environment == "dev" else "1.2.0").encode()
            lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=many, input=b"".join(lines), check=True)
    fleet = Fleet(many)
    started = time.perf_counter()
    status = fleet.run("status", "--json")
    assert len(status.json["cells"]) == 10_000
    assert status.json["cells"][-1]["revision"]["subject"] == "start"
    plan = fleet.run("plan", "dev", "staging", "--app", "app-0007", "--json")
    assert len([c for c in plan.json["changes"] if c["selected"]]) == 1
    assert fleet.run("promote", "dev", "staging", "--app", "app-0007").code == 0
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
        assert fleet.run("promote", "dev", "staging", f"--reason={word}", "--json").code == 0
        assert fleet.run("promote", "dev", "staging", f"--branch={word}").code in (0, 2)


def test_a_reason_cannot_forge_a_trailer(fleet: Fleet):
    reason = "urgent\n\nPromotion-To: production-eu\nSigned-off-by: the Boss <boss@example.org>"
    made = fleet.run("promote", "dev", "staging", f"--reason={reason}", "--json").json
    trailers = fleet.git("log", "-1", "--format=%(trailers:only)", made["commit"]).splitlines()
    assert "Promotion-To: staging" in trailers
    assert "Promotion-To: production-eu" not in trailers
    assert not any(line.startswith("Signed-off-by") for line in trailers)


# Repositories in unusual states --------------------------------------------------------------------------------------


def promotes(fleet: Fleet) -> Answer:
    """Read everything, then promote on a branch."""
    for command in READING:
        assert fleet.run(*command).code in (0, 1)
    answer = fleet.run("promote", "dev", "staging", "--json")
    assert answer.code == 0
    made = answer.json
    assert fleet.changed(made["base"], made["commit"]) == [
        '-    newTag: "1.2.0"  # moved by promotions',
        '+    newTag: "1.3.0"  # moved by promotions',
    ] * len(APPS)
    return answer


def test_a_dirty_work_tree_with_a_stash(fleet: Fleet):
    fleet.write({place("api", "dev"): "stashed\n"})
    fleet.git("stash")
    fleet.write({place("api", "staging"): "being edited\n", "new.yaml": "untracked\n", "staged.yaml": "staged\n"})
    fleet.git("add", "staged.yaml")
    promotes(fleet)


def test_a_merge_in_progress(fleet: Fleet):
    fleet.git("checkout", "-q", "-b", "topic")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "7.0.0")})
    fleet.git("checkout", "-q", "main")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "8.0.0")})
    fleet.git("merge", "topic", ok=False)
    promotes(fleet)
    assert "merge is in progress" in fleet.run("status").out


def test_a_rebase_in_progress(fleet: Fleet):
    fleet.git("checkout", "-q", "-b", "topic")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "7.0.0")})
    fleet.git("checkout", "-q", "main")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "8.0.0")})
    fleet.git("checkout", "-q", "topic")
    fleet.git("rebase", "main", ok=False)
    promotes(fleet)
    assert "checked out" in fleet.refused("promote", "dev", "staging", "--onto", "topic")["title"]


def test_a_detached_head(fleet: Fleet):
    fleet.git("checkout", "-q", "--detach")
    promotes(fleet)
    fleet.git("remote", "remove", "origin")
    assert fleet.run("promote", "dev", "staging").code == 0


def test_a_shallow_clone(fleet: Fleet, origin: Fleet, tmp_path: Path):
    fleet.commit({"README.md": "later\n"})
    fleet.git("push", "-q")
    path = tmp_path / "shallow"
    fleet.git("clone", "-q", "--depth=1", f"file://{origin.path}", str(path))
    shallow = Fleet(path)
    promotes(shallow)
    assert "shallow" in shallow.run("status").out
    assert shallow.run("promote", "dev", "staging", "--push").code == 0


def test_a_bare_repository(origin: Fleet):
    made = promotes(origin).json
    assert origin.tip(made["branch"]) == made["commit"]
    made = origin.run("promote", "dev", "staging", "--onto", "main", "--json")
    assert made.code == 0
    assert origin.tip("main") == made.json["commit"]


def test_a_linked_work_tree(fleet: Fleet, tmp_path: Path):
    path = tmp_path / "linked"
    fleet.git("worktree", "add", "-q", str(path), "-b", "side")
    linked = Fleet(path)
    promotes(linked)
    for checkout in (fleet, linked):
        for branch in ("main", "side"):
            assert "checked out" in checkout.refused("promote", "dev", "staging", "--onto", branch)["title"]


def test_a_sparse_checkout(fleet: Fleet):
    fleet.git("sparse-checkout", "set", "base")
    assert not (fleet.path / "envs").exists()
    promotes(fleet)


def test_a_submodule_is_left_alone(fleet: Fleet, origin: Fleet):
    fleet.git("submodule", "add", "-q", str(origin.path), "envs/dev/sub")
    fleet.commit({})
    fleet.git("push", "-q")
    promotes(fleet)
    assert "submodule" in fleet.run("doctor").out
    inside = Fleet(fleet.path / "envs/dev/sub")
    assert inside.run("plan", "dev", "staging").code == 1


def test_a_repository_of_sha256(tmp_path: Path):
    path = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", path], check=True)
    fleet = Fleet(path)
    fleet.commit(files())
    made = promotes(fleet).json
    assert len(made["commit"]) == 64
    assert fleet.run("promote", "dev", "staging", "--base", made["base"]).code == 0


def test_names_that_differ_only_in_case(fleet: Fleet):
    both = {place("API", e): overlay("API", e, t) for e, t in (("dev", "5.1.0"), ("staging", "5.0.0"))}
    fleet.commit(both)
    fleet.git("push", "-q")
    found = fleet.run("plan", "dev", "staging", "--json").json
    moves = {(c["app"], c["new"]) for c in found["changes"] if c["selected"]}
    assert moves == {("api", "1.3.0"), ("API", "5.1.0"), ("web", "1.3.0")}
    made = fleet.run("promote", "dev", "staging", "--app", "API", "--json").json
    assert fleet.git("diff", "--name-only", made["base"], made["commit"]) == place("API", "staging")


def test_a_symbolic_link_is_never_replaced_by_a_file(fleet: Fleet):
    link = fleet.path / place("api", "staging")
    link.unlink()
    link.symlink_to("../../dev/api/kustomization.yaml")
    fleet.commit({})
    fleet.git("push", "-q")
    answer = fleet.run("promote", "dev", "staging", "--json")
    assert answer.code == 0
    assert fleet.git("diff", "--name-only", answer.json["base"], answer.json["commit"]) == place("web", "staging")
    tree = fleet.git("ls-tree", answer.json["commit"], place("api", "staging"))
    assert tree.startswith("120000")


def test_file_modes_stay(fleet: Fleet):
    file = fleet.path / place("api", "staging")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    fleet.commit({})
    fleet.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert fleet.git("ls-tree", made["commit"], place("api", "staging")).startswith("100755")


def test_a_clone_that_was_not_fetched_for_days(fleet: Fleet):
    told = fleet.path / ".git" / "FETCH_HEAD"
    fleet.git("fetch", "-q")
    then = time.time() - 3 * 86400
    os.utime(told, (then, then))
    for log in (fleet.path / ".git/logs/refs/remotes").rglob("*"):
        os.utime(log, (then, then))
    assert "fetched 3d ago" in fleet.run("status").out


# A machine that does not play along ----------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that stands first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_no_git_on_path(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    monkeypatch.setenv("PATH", str(nothing))
    for command in (*EVERY, ("doctor",)):
        error = fails("--repo", fleet.path, *command)
        assert error["title"] == "There is no git on PATH"
        assert error["hint"] == "install git"
    answer = liftlock_process("status", "--json", cwd=fleet.path)
    assert answer.error["title"] == "There is no git on PATH"


def test_a_git_that_is_too_old(fleet: Fleet, programs: Path):
    program(programs, "git", "echo git version 2.20.1")
    error = fails("--repo", fleet.path, "status")
    assert "2.20.1" in error["title"]
    assert "2.30" in error["detail"]


@pytest.mark.parametrize(
    "step", ["hash-object", "mktree", "commit-tree", "update-ref", "unpack-objects", "fast-import"]
)
def test_a_disk_that_is_full(fleet: Fleet, programs: Path, step: str):
    git = shutil.which("git")
    program(
        programs,
        "git",
        f'for word in "$@"; do if [ "$word" = {step} ]; then touch "{programs}/hit"\n'
        'echo "fatal: write error: No space left on device" >&2; exit 128; fi; done\n'
        f'exec "{git}" "$@"',
    )
    os.environ["PATH"], path = os.environ["PATH"], os.environ["PATH"]
    before = fleet.refs()
    answer = liftlock("promote", "dev", "staging", "--json", "--repo", fleet.path)
    os.environ["PATH"] = path
    if not (programs / "hit").exists():
        assert answer.code == 0  # a promotion does not go through this
        return
    assert answer.error["title"] == "The disk is full"
    assert answer.error["hint"]
    assert fleet.refs() == before


def _alone(script: str, *arguments: str | Path) -> tuple[str, ...]:
    """Words that start a program in a mount namespace of its own, after a script."""
    return ("unshare", "--mount", "sh", "-c", f'{script}; exec "$0" "$@"', *map(str, arguments))


@pytest.fixture(scope="session")
def namespaces() -> None:
    try:
        tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount namespaces here")
    if tried.returncode != 0:
        pytest.skip("no mount namespaces here")


@pytest.mark.usefixtures("namespaces")
def test_a_read_only_file_system(fleet: Fleet):
    before = _alone(f'mount --bind "{fleet.path}" "{fleet.path}" && mount -o remount,ro,bind "{fleet.path}"')
    state = fleet.state() | fleet.refs()
    for command, code in ((("status",), 0), (("plan", "dev", "staging"), 1), (("diff", "dev", "staging"), 0)):
        answer = liftlock_process(*command, "--repo", fleet.path, before=before)
        assert (answer.code, answer.err) == (code, "")
    for command in (("promote", "dev", "staging"), ("promote", "dev", "staging", "--push"), ("init",)):
        answer = liftlock_process(*command, "--json", "--repo", fleet.path, before=before)
        told = answer.error
        assert "read-only" in (told["title"] + told["detail"]).lower(), told
        assert told["hint"]
    assert fleet.state() | fleet.refs() == state


@pytest.mark.usefixtures("namespaces")
def test_a_disk_that_is_really_full(fleet: Fleet, tmp_path: Path):
    size = sum(f.stat().st_size for f in fleet.path.rglob("*") if f.is_file()) // 1024
    small = tmp_path / "small"
    small.mkdir()
    before = _alone(
        f'mount -t tmpfs -o size={max(4 * size, 2048)}k none "{small}" && cp -r "{fleet.path}" "{small}/clone"'
        f' && (cat /dev/zero > "{small}/ballast" 2>/dev/null || true) && cd "{small}/clone"'
    )
    told = liftlock_process("promote", "dev", "staging", "--json", before=before).error
    assert told["title"] == "The disk is full"
    answer = liftlock_process("status", before=before)
    assert answer.code == 0


def test_a_home_that_is_not_there(fleet: Fleet):
    env = {**os.environ, "HOME": "/nowhere"}
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        env[name] = "/proc/nowhere"
    assert liftlock_process("status", cwd=fleet.path, env=env).code == 0
    assert liftlock_process("promote", "dev", "staging", cwd=fleet.path, env=env).code == 0


def test_output_that_cannot_be_written(fleet: Fleet):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no such device here")
    for arguments in (["status"], ["status", "--json"], ["plan", "dev", "staging"]):
        with full.open("wb") as out:
            done = subprocess.run(
                [sys.executable, "-m", "liftlock_tui", *arguments],
                cwd=fleet.path,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=out,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert b"No space left" in done.stderr


def test_interrupted(fleet: Fleet, programs: Path):
    """Ctrl-C goes to the whole group, as a terminal sends it."""
    git = shutil.which("git")
    program(programs, "git", f'case "$*" in *ls-tree*) touch "{programs}/there"; sleep 30;; esac\nexec "{git}" "$@"')
    process = subprocess.Popen(
        [sys.executable, "-m", "liftlock_tui", "status", "--json"],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 20
    while not (programs / "there").exists() and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert out == b""
