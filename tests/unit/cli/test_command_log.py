"""What was done stands in the command log of all runs, and its script does the same again."""

import json
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fleets import Fleet, overlay, place

from liftlock.commands import Entry
from liftlock.logbook import Logbook, entries


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIFTLOCK_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def fresh(fleet: Fleet, origin: Fleet) -> Fleet:
    """A clone from before anything was done."""
    path = fleet.path.parent / "fresh"
    fleet.git("clone", "-q", str(origin.path), str(path))
    return Fleet(path)


def replayed(script: str, place: Fleet) -> None:
    """Run the script there, after a look at its syntax."""
    assert subprocess.run(["sh", "-n"], input=script.encode(), check=False).returncode == 0
    done = subprocess.run(["sh"], input=script.encode(), cwd=place.path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + script


def test_the_script_of_a_promotion_makes_the_same_commit_in_a_fresh_clone(fleet: Fleet, fresh: Fleet) -> None:
    made = fleet.run("promote", "dev", "staging", "--app", "api", "--json").json
    script = fleet.run("log", "--script").out
    assert "newTag" in script and "git apply" in script
    replayed(script, fresh)
    assert fresh.tip(f"refs/heads/{made['branch']}") == made["commit"]
    assert fresh.git("status", "--porcelain") == ""


def test_a_push_is_done_again_too(fleet: Fleet, origin: Fleet, fresh: Fleet) -> None:
    made = fleet.run("promote", "dev", "staging", "--onto", "main", "--push", "--json").json
    origin.git("update-ref", "refs/heads/main", f"{made['commit']}^")
    log = fleet.run("log").out
    assert "push to " in log and "git push" in log
    replayed(fleet.run("log", "--script").out, fresh)
    assert origin.tip("main") == made["commit"]


def test_what_failed_is_a_remark(fleet: Fleet, origin: Fleet, fresh: Fleet) -> None:
    hook = origin.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert fleet.run("promote", "dev", "staging", "--push").code == 2
    script = fleet.run("log", "--script").out
    assert "# it failed: git push" in script
    hook.unlink()
    before = origin.refs()
    replayed(script, fresh)
    assert origin.refs() == before
    assert [e["code"] for e in fleet.run("log", "--json").json["entries"]][-1] == 1


def test_odd_names_and_bytes_are_done_again_and_do_no_harm(fleet: Fleet, fresh: Fleet, origin: Fleet) -> None:
    odd = "evil\x1b[31m\u202e"
    for tag, environment in (("1.3.0", "dev"), ("1.2.0", "staging")):
        text = overlay(odd, environment, tag).replace("# moved", "\x1b]0;owned\x07 # moved")
        fleet.write({f"envs/{environment}/{odd}/kustomization.yaml": text.replace("\n", "\r\n")})
        latin = overlay("web", environment, tag).encode() + b"# caf\xe9, no newline"
        fleet.write({place("web", environment): latin})
    fleet.commit({}, "odd")
    fleet.git("push", "-q")
    fresh.git("pull", "-q")
    made = fleet.run("promote", "dev", "staging", "--json").json
    replayed(fleet.run("log", "--script").out, fresh)  # `run` has looked for control characters
    assert fresh.tip(f"refs/heads/{made['branch']}") == made["commit"]


def test_a_signed_commit_is_the_same(fleet: Fleet, fresh: Fleet, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    for name, value in {"gpg.format": "ssh", "user.signingkey": str(key), "commit.gpgsign": "true"}.items():
        fleet.git("config", name, value)
    made = fleet.run("promote", "dev", "staging", "--json").json
    replayed(fleet.run("log", "--script").out, fresh)
    assert fresh.tip(f"refs/heads/{made['branch']}") == made["commit"]


def test_what_reads_is_shown_when_asked(fleet: Fleet) -> None:
    fleet.run("plan", "dev", "staging")
    assert fleet.run("log").out == ""
    assert "git" in fleet.run("log", "--all").out
    told = fleet.run("log", "--all", "--json").json
    assert told["schema"] == "liftlock.log/1"
    assert not any(entry["mutates"] for entry in told["entries"])


def test_a_line_that_holds_a_secret_is_not_told(fleet: Fleet, fresh: Fleet, own_state: Path) -> None:
    canary = "hunter2canaryhunter2"
    for environment, value in (("dev", canary), ("staging", "old")):
        fleet.write({f"envs/{environment}/api/values.yaml": f"image: {{tag: '1'}}\ndatabase:\n  password: {value}\n"})
    fleet.commit({}, "a password")
    fleet.git("push", "-q")
    plan = fleet.run("plan", "dev", "staging", "--json").json["changes"]
    ids = [c["id"] for c in plan if c["file"].endswith("values.yaml")]
    assert ids
    made = fleet.run("promote", "dev", "staging", *(word for one in ids for word in ("--only", one)), "--json").json
    assert canary in fleet.git("show", made["commit"])  # it is what moved
    assert canary.encode() not in b"".join(path.read_bytes() for path in own_state.rglob("*") if path.is_file())
    script = fleet.run("log", "--script").out
    assert "reads as a secret" in script
    fleet.git("update-ref", "-d", f"refs/heads/{made['branch']}")
    replayed(script, fleet)
    assert fleet.tip(f"refs/heads/{made['branch']}") == made["commit"]


def test_the_file_is_the_users_alone_and_no_larger_than_it_may_be(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "commands.jsonl"
    book = Logbook("one", file)
    for number in range(60):
        script = f"{number} " + "x" * 200_000
        book.keep(Entry("act", f"git {number}", number, 0.1, 0, number % 2 == 0, script))
        assert file.stat().st_size < (4 << 20) + 250_000 if file.exists() else number == 1
    book.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not [path for path in file.parent.iterdir() if path.name.startswith(".")]
    kept = entries("one", mutating_only=False, place=file)
    assert [entry.text for entry in kept][-2:] == ["git 58", "git 59"]
    assert len(entries("one", place=file)) > 8  # reading never pushes out what changed something
    assert entries("two", place=file) == ()


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "commands.jsonl"

    def write(number: int) -> None:
        book = Logbook("one", file)
        for line in range(50):
            book.keep(Entry(f"act {number}", f"git {number} {line}", 1.0, 0.0, 0, True, "x" * 500))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len({entry.text for entry in entries("one", place=file)}) == 400


@pytest.mark.parametrize("damage", [b"{", b"[1]\n", b'{"repository": "one", "mutates": true}\n', b"\xff\0\n"])
def test_a_damaged_line_is_passed_over(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "commands.jsonl"
    Logbook("one", file).keep(Entry("act", "git 1", 1.0, 0.0, 0, True))
    with file.open("ab") as more:
        more.write(damage + b"\n")
    Logbook("one", file).keep(Entry("act", "git 2", 2.0, 0.0, 0, True))
    assert [entry.text for entry in entries("one", place=file)] == ["git 1", "git 2"]


def test_a_text_in_the_file_is_shown_clean(fleet: Fleet, own_state: Path) -> None:
    fleet.run("promote", "dev", "staging")
    line = json.loads((own_state / "commands.jsonl").read_bytes().splitlines()[-1])
    line |= {"text": "git \x1b[31m", "action": "a\x07", "script": "git \x1b[31m"}
    with (own_state / "commands.jsonl").open("a") as more:
        more.write(json.dumps(line) + "\n")
    for options in ((), ("--script",), ("--json",)):
        assert "git" in fleet.run("log", *options).out


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "commands.jsonl").symlink_to(tmp_path / "theirs")
    Logbook("one", tmp_path / "commands.jsonl").keep(Entry("act", "git", 1.0, 0.0, 0, True))
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_where_nothing_can_be_kept_nothing_is(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIFTLOCK_STATE_DIR", str(tmp_path / "file" / "below"))
    assert fleet.run("promote", "dev", "staging").code == 0
    assert fleet.run("log").out == ""


def test_the_log_of_another_repository_is_another(fleet: Fleet, elsewhere: Fleet) -> None:
    fleet.run("promote", "dev", "staging")
    assert fleet.run("log").out
    assert elsewhere.run("log").out == ""
    assert os.environ["LIFTLOCK_STATE_DIR"]
