"""The user's identity, hooks and signing apply as with git itself."""

import subprocess
from pathlib import Path

from fleets import Fleet

PUSH = ("--push", "--confirm", "production-eu")


def hook(fleet: Fleet, name: str, script: str) -> None:
    file = fleet.path / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_message_hooks_have_their_say(fleet: Fleet):
    hook(fleet, "prepare-commit-msg", 'printf "%s\\n" "OPS-1 $(cat "$1")" > "$1"')
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert made["message"].startswith("OPS-1 promote(staging)")
    assert fleet.git("log", "-1", "--format=%s", made["commit"]).startswith("OPS-1 promote(staging)")


def test_a_hook_that_refuses_the_message(fleet: Fleet):
    hook(fleet, "commit-msg", "echo 'a ticket is missing' >&2; exit 1")
    error = fleet.refused("promote", "dev", "staging")
    assert "commit-msg" in error["title"]
    assert "a ticket is missing" in error["detail"]


def test_a_pre_push_hook_that_refuses_leaves_the_commit_and_says_so(fleet: Fleet, origin: Fleet):
    hook(fleet, "pre-push", "printf 'not on \\033[31mFridays\\n' >&2; exit 1")
    there = origin.refs()
    error = fleet.run("promote", "dev", "staging", "--push", "--json").error
    assert "pre-push" in error["title"]
    assert "Fridays" in error["detail"]
    assert origin.refs() == there
    branch = next(ref for ref in fleet.refs() if ref.startswith("refs/heads/promote/"))
    assert branch.removeprefix("refs/heads/") in error["detail"] + error["hint"]


def test_a_hook_of_the_server_that_declines(fleet: Fleet, origin: Fleet):
    script = origin.path / "hooks" / "pre-receive"
    script.write_text("#!/bin/sh\necho 'production is frozen'\nexit 1\n")
    script.chmod(0o755)
    error = fleet.run("promote", "staging", "production-eu", *PUSH, "--json").error
    assert "production is frozen" in error["detail"]


def test_nobody_known_to_git(fleet: Fleet, nobody: None):
    error = fleet.refused("promote", "dev", "staging")
    assert error["title"] == "Git does not know who you are"
    assert "user.name" in error["hint"]
    assert fleet.run("plan", "dev", "staging").code == 1


def test_signed_with_ssh(fleet: Fleet, tmp_path: Path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"carl@example.org {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingkey": str(key),
        "commit.gpgsign": "true",
        "gpg.ssh.allowedSignersFile": str(signers),
    }.items():
        fleet.git("config", name, value)
    made = fleet.run("promote", "dev", "staging", "--json").json
    fleet.git("verify-commit", made["commit"])


def test_a_key_with_a_passphrase_is_a_sentence(fleet: Fleet, tmp_path: Path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "words", "-f", key], check=True)
    for name, value in {"gpg.format": "ssh", "user.signingkey": str(key), "commit.gpgsign": "true"}.items():
        fleet.git("config", name, value)
    error = fleet.refused("promote", "dev", "staging")
    assert "sign" in error["title"]
