from __future__ import annotations

import subprocess

import pytest

from liftlock.commands import Journal, Runner, action
from liftlock.errors import RefMoved, RepositoryError, TerminalNeeded
from liftlock.gitrepo import Repository


@pytest.fixture
def fleet(checkout):
    made = checkout()
    made.write({"run.sh": "#!/bin/sh\n", "envs/prod/app.yaml": "tag: 1\r\nother: x", "envs/qa/app.yaml": "tag: 2\n"})
    (made.path / "run.sh").chmod(0o755)
    (made.path / "link.yaml").symlink_to("envs/qa/app.yaml")
    made.commit({})
    return made


def test_commit_carries_these_bytes_and_nothing_else(fleet, opened):
    base = fleet.git("rev-parse", "HEAD")
    repository = opened(fleet)
    commit = repository.write_commit(base, {"envs/prod/app.yaml": b"tag: 2\r\nother: x"}, "promote(prod): app 1 -> 2")
    assert fleet.git("diff", "--name-status", base, commit) == "M\tenvs/prod/app.yaml"
    assert fleet.show(commit, "envs/prod/app.yaml") == b"tag: 2\r\nother: x"
    assert fleet.git("log", "-1", "--format=%an|%cn|%P|%B", commit).split("\n")[0] == (
        f"Ann Author|Carl Committer|{base}|promote(prod): app 1 -> 2"
    )
    assert fleet.git("fsck", "--strict") == f"dangling commit {commit}"


def test_modes_are_kept_new_files_are_regular_and_empty_folders_go(fleet, opened):
    repository = opened(fleet)
    changes = {"run.sh": b"#!/bin/sh\nexit\n", "new/deep/a.yaml": b"a\n", "envs/qa/app.yaml": None}
    tree = repository.tree(repository.write_commit("HEAD", changes, "m"))
    assert {path: entry.mode for path, entry in tree.entries.items()} == {
        "envs/prod/app.yaml": "100644",
        "link.yaml": "120000",
        "new/deep/a.yaml": "100644",
        "run.sh": "100755",
    }


def test_attributes_and_autocrlf_do_not_touch_the_bytes(fleet, opened):
    fleet.git("config", "core.autocrlf", "input")
    fleet.commit({".gitattributes": "*.yaml text eol=lf\n"})
    repository = opened(fleet)
    commit = repository.write_commit("HEAD", {"envs/prod/app.yaml": b"a: 1\r\nb: 2\r\n"}, "m")
    assert repository.tree(commit).read("envs/prod/app.yaml") == b"a: 1\r\nb: 2\r\n"


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("link.yaml", b"x", "link.yaml is a symbolic link"),
        ("link.yaml", None, "link.yaml is a symbolic link"),
        ("link.yaml/a.yaml", b"x", "link.yaml is a symbolic link"),
        ("envs/qa", b"x", "envs/qa is a folder"),
        ("run.sh/a", b"x", "run.sh is a file"),
        ("envs/QA/app.yaml", b"x", "in case only"),
        ("envs/qa/App.yaml", b"x", "in case only"),
        ("gone.yaml", None, "no file gone.yaml"),
        ("gone/a.yaml", None, "no file gone/a.yaml"),
        ("../out.yaml", b"x", "cannot be a path"),
        ("/abs.yaml", b"x", "cannot be a path"),
        ("a/.GIT/config", b"x", "cannot be a path"),
        ("a//b", b"x", "cannot be a path"),
        ("envs/qa/app.yaml", b"tag: 2\n", "would change nothing"),
    ],
)
def test_what_is_never_written(fleet, opened, path, data, said):
    with pytest.raises(RepositoryError, match=said):
        opened(fleet).write_commit("HEAD", {path: data}, "m")


def test_submodule_is_never_replaced(fleet, checkout, opened):
    inner = checkout("inner")
    inner.commit({"i.yaml": "i\n"})
    fleet.git("submodule", "add", "-q", f"file://{inner.path}", "sub")
    fleet.git("commit", "-q", "-m", "sub")
    repository = opened(fleet)
    for path in ("sub", "sub/i.yaml"):
        with pytest.raises(RepositoryError, match="sub is a submodule"):
            repository.write_commit("HEAD", {path: b"x"}, "m")
    commit = repository.write_commit("HEAD", {"run.sh": b"x"}, "m")
    assert repository.tree(commit).entries["sub"] == repository.tree("HEAD").entries["sub"]


def test_a_file_can_change_its_case_and_a_folder_become_a_file(fleet, opened):
    repository = opened(fleet)
    commit = repository.write_commit("HEAD", {"envs/qa/app.yaml": None, "envs/qa/App.yaml": b"x"}, "m")
    assert "envs/qa/App.yaml" in repository.tree(commit).entries


def test_odd_names_are_written(fleet, opened):
    names = {"a\nb.yaml": b"1", "\x1b[2J.yaml": b"2", "latin-\udce9.yaml": b"3", '"q"\\\t.yaml': b"4"}
    repository = opened(fleet)
    commit = repository.write_commit("HEAD", names, "m")
    assert repository.tree(commit).read_many(names) == names


def test_no_identity_names_the_two_settings(fleet, opened, nobody):
    repository = opened(fleet)
    assert repository.missing_identity() == "Git does not know who you are"
    with pytest.raises(RepositoryError, match="does not know who you are") as caught:
        repository.write_commit("HEAD", {"run.sh": b"x"}, "m")
    assert "user.name" in caught.value.hint and "user.email" in caught.value.hint
    fleet.git("config", "user.name", "Ida")
    fleet.git("config", "user.email", "ida@example.org")
    assert repository.missing_identity() == ""
    commit = repository.write_commit("HEAD", {"run.sh": b"x"}, "m")
    assert fleet.git("log", "-1", "--format=%an <%ae>", commit) == "Ida <ida@example.org>"


def _key(path, passphrase=""):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", path], check=True)
    return path


def test_ssh_signing_applies_as_configured(fleet, opened, tmp_path):
    key = _key(tmp_path / "key")
    for name, value in {"commit.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": str(key)}.items():
        fleet.git("config", name, value)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"carl@example.org {key.with_suffix('.pub').read_text()}")
    fleet.git("config", "gpg.ssh.allowedSignersFile", str(allowed))
    repository = opened(fleet)
    commit = repository.write_commit("HEAD", {"run.sh": b"x"}, "m")
    assert "gpgsig -----BEGIN SSH SIGNATURE-----" in fleet.git("cat-file", "commit", commit)
    fleet.git("verify-commit", commit)
    plain = repository.write_commit("HEAD", {"run.sh": b"x"}, "m", sign=False)
    assert "gpgsig" not in fleet.git("cat-file", "commit", plain)


def test_a_key_with_a_passphrase_needs_the_terminal(fleet, opened, tmp_path):
    key = _key(tmp_path / "key", "secret")
    for name, value in {"commit.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": str(key)}.items():
        fleet.git("config", name, value)
    with pytest.raises(TerminalNeeded, match="could not be signed without asking"):
        opened(fleet).write_commit("HEAD", {"run.sh": b"x"}, "m")


def test_signing_in_the_terminal_gives_the_same_commit(fleet, opened, tmp_path):
    key = _key(tmp_path / "key")
    fleet.git("config", "gpg.format", "ssh")
    fleet.git("config", "user.signingKey", str(key))
    commit = opened(fleet).write_commit("HEAD", {"run.sh": b"x"}, "grüße\n\nbody", sign=True, interactive=True)
    assert "gpgsig" in fleet.git("cat-file", "commit", commit)
    assert fleet.git("log", "-1", "--format=%B", commit) == "grüße\n\nbody\n"


def test_a_signing_key_that_is_gone_is_named(fleet, opened, tmp_path):
    for name, value in {"commit.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": "/nowhere/key"}.items():
        fleet.git("config", name, value)
    with pytest.raises(RepositoryError, match="could not be made") as caught:
        opened(fleet).write_commit("HEAD", {"run.sh": b"x"}, "m")
    assert not isinstance(caught.value, TerminalNeeded)
    assert "/nowhere/key" in caught.value.detail


def test_gpg_that_fails_without_a_word_is_tried_in_the_terminal_and_there_it_is_final(fleet, opened):
    fleet.git("config", "commit.gpgSign", "true")
    fleet.git("config", "gpg.program", "/bin/false")
    repository = opened(fleet)
    with pytest.raises(TerminalNeeded):
        repository.write_commit("HEAD", {"run.sh": b"x"}, "m")
    with pytest.raises(RepositoryError, match="could not be signed") as caught:
        repository.write_commit("HEAD", {"run.sh": b"x"}, "m", interactive=True)
    assert not isinstance(caught.value, TerminalNeeded)


@pytest.mark.parametrize("packed", [False, True])
def test_branch_moves_by_compare_and_swap(fleet, opened, packed):
    repository = opened(fleet)
    one = repository.write_commit("HEAD", {"run.sh": b"1"}, "m")
    two = repository.write_commit("HEAD", {"run.sh": b"2"}, "m")
    repository.create_or_move_branch("promote/app", one, None)
    if packed:
        fleet.git("pack-refs", "--all")
    with pytest.raises(RefMoved):
        repository.create_or_move_branch("promote/app", two, None)
    with pytest.raises(RefMoved):
        repository.create_or_move_branch("promote/app", two, two)
    assert fleet.git("rev-parse", "promote/app") == one
    repository.create_or_move_branch("promote/app", two, one)
    assert fleet.git("rev-parse", "promote/app") == two
    assert "liftlock: move branch" in fleet.git("reflog", "promote/app")
    with pytest.raises(RefMoved):
        repository.delete_branch("promote/app", one)
    repository.delete_branch("promote/app", two)
    assert not repository.exists("refs/heads/promote/app")
    with pytest.raises(RefMoved):
        repository.create_or_move_branch("promote/app", one, two)


def test_checked_out_branch_is_never_moved(fleet, opened):
    fleet.git("worktree", "add", "-q", "-b", "side", "../side")
    repository = opened(fleet)
    commit = repository.write_commit("HEAD", {"run.sh": b"1"}, "m")
    for branch, place in (("main", fleet.path), ("side", fleet.path.parent / "side")):
        assert repository.checked_out(branch) == place
        with pytest.raises(RepositoryError, match=f"{branch} is checked out in") as caught:
            repository.create_or_move_branch(branch, commit, fleet.git("rev-parse", branch))
        assert "--branch" in caught.value.hint and f"refs/heads/{branch}" in caught.value.hint
        with pytest.raises(RepositoryError, match="is checked out in"):
            repository.delete_branch(branch, fleet.git("rev-parse", branch))
    assert repository.checked_out("other") is None


def test_branch_that_a_rebase_will_move_counts_as_checked_out(checkout, opened):
    fleet = checkout()
    fleet.commit({"a": "1\n"})
    fleet.git("checkout", "-q", "-b", "topic")
    fleet.commit({"a": "2\n"})
    fleet.git("checkout", "-q", "main")
    fleet.commit({"a": "3\n"})
    fleet.git("checkout", "-q", "topic")
    fleet.git("rebase", "main", ok=False)
    repository = opened(fleet)
    assert repository.facts().in_progress == "rebase"
    assert repository.facts().detached
    assert repository.checked_out("topic") == fleet.path


def test_head_branch_of_a_bare_repository_can_be_moved(fleet, clone, opened):
    bare = clone(fleet, "bare.git", "--bare")
    repository = Repository.open(bare.path, Runner())
    base = bare.git("rev-parse", "main")
    commit = repository.write_commit(base, {"run.sh": b"1"}, "m")
    repository.create_or_move_branch("main", commit, base)
    assert bare.git("rev-parse", "main") == commit
    repository.close()


@pytest.mark.parametrize("name", ["", "a..b", "-x", "a b", "x.lock", "a\nb", "a/", "@{-1}", "HEAD", "x~1"])
def test_names_git_does_not_take(fleet, opened, name):
    repository = opened(fleet)
    with pytest.raises(RepositoryError, match="cannot be the name of a branch"):
        repository.create_or_move_branch(name, repository.resolve("HEAD"), None)


@pytest.mark.parametrize(("there", "wanted"), [("promote", "promote/app"), ("promote/app", "promote")])
def test_a_branch_in_the_way_of_another_is_explained(fleet, opened, there, wanted):
    fleet.git("branch", there)
    repository = opened(fleet)
    with pytest.raises(RepositoryError, match="does not fit beside"):
        repository.create_or_move_branch(wanted, repository.resolve("HEAD"), None)


def test_a_lock_left_behind_is_named(fleet):
    lock = fleet.path / ".git" / "refs" / "heads" / "promote.lock"
    lock.touch()
    head = fleet.git("rev-parse", "HEAD")
    with (
        Repository.open(fleet.path, Runner()) as repository,
        pytest.raises(RepositoryError, match="holds a lock") as caught,
    ):
        repository.create_or_move_branch("promote", head, None)
    assert str(lock) in caught.value.detail


def test_objects_that_cannot_be_written_are_one_sentence(fleet, opened):
    base = fleet.git("rev-parse", "HEAD")
    repository = opened(fleet)
    fleet.git("gc", "-q")
    objects = fleet.path / ".git" / "objects"
    # A file where the folder of the new object would be: nobody can write there, not even root.
    for number in range(256):
        place = objects / f"{number:02x}"
        if not place.exists():
            place.touch()
    with pytest.raises(RepositoryError, match="cannot be written to"):
        repository.write_commit(base, {"run.sh": b"1"}, "m")
    for number in range(256):
        place = objects / f"{number:02x}"
        if place.is_file():
            place.unlink()
    assert fleet.git("fsck") == ""


def test_full_disk_is_one_sentence(fleet, tmp_path, monkeypatch, opened):
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\n[ "$1" = hash-object ] && echo "error: write: No space left on device" >&2 && exit 128\n'
        f'exec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    with pytest.raises(RepositoryError, match="The disk is full"):
        opened(fleet).write_commit("HEAD", {"run.sh": b"1"}, "m")


def test_the_journal_gives_a_script_that_makes_the_same_commit(fleet, clone, opened):
    other = clone(fleet, "other")
    journal = Journal()
    repository = Repository.open(fleet.path, Runner(journal))
    base = repository.resolve("HEAD")
    with action("promote"):
        changes = {
            "run.sh": b"it's\n$HOME \xe2\x82\xac\n\n",
            "new 'q'.yaml": b"\xff\xfe no newline",
            "envs/qa/app.yaml": None,
        }
        commit = repository.write_commit(base, changes, "subject\n\nit's a body\n")
        repository.create_or_move_branch("promote/app", commit, None)
    repository.close()
    subprocess.run(["sh"], input=journal.as_script().encode(), cwd=other.path, check=True)
    assert other.git("rev-parse", "promote/app") == commit
    assert other.git("status", "--porcelain") == ""
