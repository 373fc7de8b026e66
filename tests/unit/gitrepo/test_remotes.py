from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from liftlock.commands import Runner
from liftlock.errors import Cancelled, PushRejected, RepositoryError, TerminalNeeded
from liftlock.gitrepo import Repository
from liftlock.gitrepo.asking import ssh_without_asking
from liftlock.gitrepo.pushing import address
from liftlock.gitrepo.settings import Settings


@pytest.fixture
def origin(checkout):
    seed = checkout("seed")
    seed.commit({"envs/prod/app.yaml": "tag: 1\n"})
    bare = checkout("origin", "--bare")
    seed.git("push", "-q", f"file://{bare.path}", "main")
    return bare


@pytest.fixture
def mine(origin, clone):
    return clone(origin)


def promote(repository, tag=b"2", base="refs/remotes/origin/main"):
    return repository.write_commit(base, {"envs/prod/app.yaml": b"tag: " + tag + b"\n"}, "promote(prod)")


def hook(place, name, script, folder="hooks"):
    path = place.path / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


# Fetch ---------------------------------------------------------------------------------------------------------------


def test_fetch_moves_only_remote_tracking_refs(mine, origin, clone, opened):
    other = clone(origin, "other")
    old = mine.git("rev-parse", "main")
    new = other.commit({"b.yaml": "b\n"})
    other.git("push", "-q", "origin", "main", "main:feature")
    mine.git("fetch", "-q", "origin", "main")
    mine.git("update-ref", "refs/remotes/origin/main", old)
    kept = (mine.path / ".git" / "FETCH_HEAD").read_text()
    told = []
    repository = opened(mine)
    fetched = repository.fetch(progress=told.append)
    assert {name: (old_, new_) for name, old_, new_ in fetched.moved} == {
        "refs/remotes/origin/main": (old, new),
        "refs/remotes/origin/feature": ("", new),
    }
    assert (mine.path / ".git" / "FETCH_HEAD").read_text() == kept
    assert mine.git("rev-parse", "main") == old
    assert repository.fetch().moved == ()
    assert all("\x1b" not in line and "\r" not in line for line in told)


def test_what_a_fetch_brought_is_read_at_once(mine, origin, clone, opened):
    repository = opened(mine)
    repository.tree("refs/remotes/origin/main").read("envs/prod/app.yaml")
    other = clone(origin, "other")
    other.commit({"envs/prod/app.yaml": "tag: 7\n"})
    other.git("push", "-q")
    repository.fetch()
    assert repository.tree("refs/remotes/origin/main").read("envs/prod/app.yaml") == b"tag: 7\n"


def test_fetch_without_a_remote(checkout, opened):
    fleet = checkout()
    fleet.commit({"a": "1"})
    with pytest.raises(RepositoryError, match="There is no remote"):
        opened(fleet).fetch()


def test_remote_that_is_gone(mine, origin, opened):
    repository = opened(mine)
    commit = promote(repository)
    origin.path.rename(origin.path.with_name("moved"))
    for attempt in (repository.fetch, lambda: repository.push("origin", f"{commit}:refs/heads/main")):
        with pytest.raises(RepositoryError, match="There is no repository behind origin") as caught:
            attempt()
        assert "git remote get-url origin" in caught.value.hint
        assert not isinstance(caught.value, TerminalNeeded)


def test_host_that_cannot_be_reached(mine, opened):
    mine.git("remote", "set-url", "origin", "http://127.0.0.1:1/fleet.git")
    with pytest.raises(RepositoryError, match="origin cannot be reached") as caught:
        opened(mine).fetch()
    assert not isinstance(caught.value, TerminalNeeded)


def test_a_fetch_that_is_cancelled_ends(mine, opened, runner):
    hook_script = mine.path.parent / "slow"
    hook_script.write_text("#!/bin/sh\nexec sleep 60\n")
    hook_script.chmod(0o755)
    mine.git("config", "remote.origin.uploadpack", str(hook_script))
    answers = iter([False, False])
    with pytest.raises(Cancelled):
        opened(mine).fetch(cancelled=lambda: next(answers, True))
    assert not runner._running


@pytest.mark.parametrize(
    ("environment", "configured", "expected"),
    [
        ({}, "", "ssh -oBatchMode=yes"),
        ({}, "ssh -i ~/.ssh/deploy", "ssh -i ~/.ssh/deploy -oBatchMode=yes"),
        ({"GIT_SSH_COMMAND": "/usr/bin/ssh -v"}, "ssh -i x", "/usr/bin/ssh -v -oBatchMode=yes"),
        ({}, "plink -batch", None),
        ({"GIT_SSH": "/opt/tunnel"}, "", None),
    ],
)
def test_ssh_does_not_ask_and_stays_the_one_of_the_user(monkeypatch, environment, configured, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings({"core.sshcommand": (configured,)} if configured else {})
    assert ssh_without_asking(settings).get("GIT_SSH_COMMAND") == expected


def test_ssh_that_would_have_to_ask_needs_the_terminal(mine, opened, tmp_path):
    fake = tmp_path / "ssh"
    fake.write_text("#!/bin/sh\necho \"$@\" >&2; echo 'git@forge: Permission denied (publickey).' >&2; exit 255\n")
    fake.chmod(0o755)
    mine.git("config", "core.sshCommand", str(fake))
    mine.git("remote", "set-url", "origin", "git@forge.invalid:acme/fleet.git")
    with pytest.raises(TerminalNeeded) as caught:
        opened(mine).fetch()
    assert "-oBatchMode=yes" in caught.value.detail


# Push ----------------------------------------------------------------------------------------------------------------


def test_push_of_a_commit_to_a_branch_that_is_checked_out_here(mine, origin, opened):
    repository = opened(mine)
    base = repository.resolve("main")
    commit = promote(repository)
    assert [r.commit for r in repository.would_push("origin", commit, "main")] == [commit]
    pushed = repository.push("origin", f"{commit}:refs/heads/main", expected_remote=base)
    assert (pushed.remote, pushed.destination, pushed.commit) == ("origin", "refs/heads/main", commit)
    assert origin.git("rev-parse", "main") == commit
    # The tracking ref moved, as with any push; the branch did not.
    assert mine.git("rev-parse", "origin/main") == commit
    assert mine.git("rev-parse", "main") == base


def test_remote_that_moved_is_rejected_and_nothing_lost(mine, origin, clone, opened):
    repository = opened(mine)
    base = repository.resolve("main")
    commit = promote(repository)
    other = clone(origin, "other")
    theirs = other.commit({"envs/prod/app.yaml": "tag: 9\n"})
    other.git("push", "-q")
    with pytest.raises(PushRejected, match="main of origin has moved on") as caught:
        repository.push("origin", f"{commit}:refs/heads/main", expected_remote=base)
    assert "plan again" in caught.value.hint
    assert origin.git("rev-parse", "main") == theirs
    repository.fetch()
    requests = len(repository._git.runner.journal.entries(mutating_only=True))
    with pytest.raises(PushRejected, match="has moved on"):
        repository.push("origin", f"{commit}:refs/heads/main", expected_remote=base)
    assert len(repository._git.runner.journal.entries(mutating_only=True)) == requests  # known before it was tried
    again = promote(repository, b"3")
    repository.push("origin", f"{again}:refs/heads/main", expected_remote=theirs)
    assert origin.git("log", "--format=%H", "main").split("\n")[:2] == [again, theirs]


@pytest.mark.parametrize("refspec", ["+main:refs/heads/main", ":refs/heads/main", "main", "main:main"])
def test_force_delete_and_loose_refspecs_are_never_pushed(mine, origin, opened, refspec):
    before = origin.git("for-each-ref")
    with pytest.raises(RepositoryError, match="is not pushed"):
        opened(mine).push("origin", refspec)
    assert origin.git("for-each-ref") == before


def test_hook_of_the_server_that_declines(mine, origin, opened):
    hook(origin, "pre-receive", "echo 'GH006: Protected branch update failed. \033[2J' >&2; exit 1")
    repository = opened(mine)
    with pytest.raises(RepositoryError, match="origin refuses this push to main") as caught:
        repository.push("origin", f"{promote(repository)}:refs/heads/main")
    assert not isinstance(caught.value, PushRejected)
    assert "GH006" in caught.value.detail and "\x1b" not in caught.value.detail
    assert "pull request" in caught.value.hint


def test_pre_push_hook_of_the_user_is_run_and_heard(mine, origin, opened):
    hook(mine, "pre-push", "cat; echo 'tests fail' >&2; exit 1", ".git/hooks")
    repository = opened(mine)
    commit = promote(repository)
    with pytest.raises(RepositoryError, match="The pre-push hook refused") as caught:
        repository.push("origin", f"{commit}:refs/heads/promote/app")
    assert "tests fail" in caught.value.detail
    assert "promote/app" not in origin.git("for-each-ref")
    hook(mine, "pre-push", 'pwd > "$HOME/pre-push"; echo "$GIT_DIR" >> "$HOME/pre-push"', ".git/hooks")
    repository.push("origin", f"{commit}:refs/heads/promote/app")
    assert Path(os.environ["HOME"], "pre-push").read_text().split("\n")[0] == str(mine.path)


def test_push_instead_of_and_options_of_the_user_apply(mine, origin, opened):
    mine.git("remote", "set-url", "origin", "https://forge.invalid/fleet.git")
    mine.git("config", f"url.file://{origin.path}.pushInsteadOf", "https://forge.invalid/fleet.git")
    origin.git("config", "receive.advertisePushOptions", "true")
    hook(origin, "post-receive", 'echo "$GIT_PUSH_OPTION_0" > options')
    repository = opened(mine)
    repository.push("origin", f"{promote(repository)}:refs/heads/promote/a", options=("ci.skip",))
    assert (origin.path / "options").read_text() == "ci.skip\n"


def test_tags_of_the_user_are_not_pushed_along(mine, origin, opened):
    mine.git("config", "push.followTags", "true")
    mine.git("tag", "-a", "v1", "-m", "v1")
    repository = opened(mine)
    repository.push("origin", f"{promote(repository)}:refs/heads/promote/a")
    assert origin.git("tag") == ""


def test_offer_of_a_pull_request_is_picked_up(mine, origin, opened):
    hook(
        origin,
        "post-receive",
        "echo 'See https://status.example.org' >&2\n"
        "echo \"Create a pull request for 'x' by visiting:\" >&2\n"
        "echo '     https://github.com/acme/fleet/pull/new/promote/x' >&2",
    )
    repository = opened(mine)
    pushed = repository.push("origin", f"{promote(repository)}:refs/heads/promote/x")
    assert pushed.address == "https://github.com/acme/fleet/pull/new/promote/x"
    assert "Create a pull request for 'x' by visiting:" in pushed.said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "To create a merge request for x, visit:\n  https://gl.org/a/b/-/merge_requests/new?x=1",
            "https://gl.org/a/b/-/merge_requests/new?x=1",
        ),
        (
            "Create pull request for x:\n https://bb.org/a/b/pull-requests/new?source=x",
            "https://bb.org/a/b/pull-requests/new?source=x",
        ),
        (
            "Create a new pull request for 'x':\n https://gitea.org/a/b/compare/main...x",
            "https://gitea.org/a/b/compare/main...x",
        ),
        ("Visit https://example.org", ""),
        ("", ""),
    ],
)
def test_addresses_of_forges(said, expected):
    assert address(said) == expected


def test_every_commit_that_a_push_carries_is_listed(mine, opened):
    first = mine.commit({"x": "1\n"})
    second = mine.commit({"x": "2\n"})
    repository = opened(mine)
    commit = promote(repository, base="main")
    assert [r.commit for r in repository.would_push("origin", commit, "main")] == [commit, second, first]
    assert [r.commit for r in repository.would_push("origin", commit, "refs/heads/new")] == [commit, second, first]
    clean = promote(repository)
    assert [r.commit for r in repository.would_push("origin", clean, "new")] == [clean]


def test_bare_clone_asks_the_remote_what_it_has(origin, clone, opened):
    bare = clone(origin, "bare.git", "--bare")
    repository = opened(bare)
    commit = promote(repository, base="main")
    assert [r.commit for r in repository.would_push("origin", commit, "main")] == [commit]
    assert [r.commit for r in repository.would_push("origin", commit, "new")] == [commit]
    repository.push("origin", f"{commit}:refs/heads/new")
    assert origin.git("rev-parse", "new") == commit
    assert repository.is_published(commit) and repository.has_remote_branch("origin", "new")


def test_mirror_pushes_one_branch_only(origin, clone, opened):
    mirror = clone(origin, "mirror.git", "--mirror")
    repository = opened(mirror)
    commit = promote(repository, base="main")
    mirror.git("update-ref", "refs/heads/private", commit)
    repository.push("origin", f"{commit}:refs/heads/promote/x")
    assert origin.git("for-each-ref", "--format=%(refname)", "refs/heads").split("\n") == [
        "refs/heads/main",
        "refs/heads/promote/x",
    ]


def test_remote_for_follows_the_configuration(mine, opened):
    mine.git("remote", "add", "fork", "file:///nowhere")
    repository = opened(mine)
    assert repository.remote_for("refs/remotes/origin/main") == ("origin", "main")
    assert repository.remote_for("refs/heads/promote/x") == ("origin", "promote/x")
    mine.git("config", "remote.pushDefault", "fork")
    assert repository.remote_for("promote/x") == ("fork", "promote/x")
    mine.git("config", "branch.promote/x.pushRemote", "origin")
    assert repository.remote_for("refs/heads/promote/x") == ("origin", "promote/x")
    mine.git("config", "branch.live.remote", "origin")
    mine.git("config", "branch.live.merge", "refs/heads/production")
    mine.git("config", "--unset", "remote.pushDefault")
    assert repository.remote_for("refs/heads/live") == ("origin", "live")
    mine.git("config", "push.default", "upstream")
    assert repository.remote_for("refs/heads/live") == ("origin", "production")


def test_no_remote_to_push_to(checkout, opened):
    fleet = checkout()
    fleet.commit({"a": "1"})
    with pytest.raises(RepositoryError, match="no remote to push to"):
        opened(fleet).remote_for("refs/heads/main")


# Over HTTP -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(git_server, checkout):
    url = git_server.create()
    seed = checkout("seed-http")
    seed.commit({"envs/prod/app.yaml": "tag: 1\n"})
    seed.git("push", "-q", url, "main")
    return url


def test_clone_fetch_and_push_over_http(served, git_server, clone, opened, checkout):
    mine = clone(served)
    repository = opened(mine)
    base = repository.resolve("main")
    commit = promote(repository)
    repository.push("origin", f"{commit}:refs/heads/promote/app", expected_remote=None)
    bare = git_server.root / "fleet.git"
    with Repository.open(bare, Runner()) as there:
        assert there.resolve("promote/app") == commit
    assert repository.fetch().moved == ()
    assert repository.resolve("refs/remotes/origin/main") == base
    assert any("git-receive-pack" in request for request in git_server.requests)


def test_server_that_moves_between_plan_and_push(served, git_server, clone, opened):
    mine, other = clone(served), clone(served, "other")
    repository = opened(mine)
    base = repository.resolve("main")
    commit = promote(repository)
    theirs = other.commit({"envs/prod/app.yaml": "tag: 9\n"})
    # After the client has seen where the branch stands and before the server takes the push.
    git_server.before_push = lambda: other.git("push", "-q", str(git_server.root / "fleet.git"), "main")
    with pytest.raises(PushRejected, match="main of origin has moved on"):
        repository.push("origin", f"{commit}:refs/heads/main", expected_remote=base)
    fetched = repository.fetch()
    assert fetched.moved == (("refs/remotes/origin/main", base, theirs),)
    again = promote(repository, b"3")
    repository.push("origin", f"{again}:refs/heads/main", expected_remote=theirs)
    assert [r.commit for r in repository.ahead(base, "refs/remotes/origin/main")] == [again, theirs]


def test_server_that_asks_for_a_password_needs_the_terminal(served, git_server, clone, opened, tmp_path):
    mine = clone(served)
    repository = opened(mine)
    commit = promote(repository)
    git_server.password = "hunter2"
    for attempt in (repository.fetch, lambda: repository.push("origin", f"{commit}:refs/heads/x")):
        with pytest.raises(TerminalNeeded, match="origin wants to know who you are"):
            attempt()
    # A credential helper of the user answers instead of a person.
    store = tmp_path / "credentials"
    store.write_text(re.sub("http://", "http://ann:hunter2@", served.rsplit("/", 1)[0]) + "\n")
    mine.git("config", "credential.helper", f"store --file={store}")
    repository.push("origin", f"{commit}:refs/heads/x")
    store.write_text(re.sub("http://", "http://ann:wrong@", served.rsplit("/", 1)[0]) + "\n")
    with pytest.raises(RepositoryError):
        repository.fetch()


def test_with_the_terminal_git_may_ask(served, git_server, clone, opened, tmp_path, monkeypatch):
    mine = clone(served)
    repository = opened(mine)
    commit = promote(repository)
    git_server.password = "hunter2"
    helper = tmp_path / "askpass"
    helper.write_text("#!/bin/sh\necho hunter2\n")
    helper.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(helper))
    pushed = repository.push("origin", f"{commit}:refs/heads/x", interactive=True)
    assert pushed.commit == commit
    assert repository.fetch(interactive=True).moved == ()


def test_terminal_push_that_is_rejected_is_still_told_apart(mine, origin, clone, opened):
    repository = opened(mine)
    commit = promote(repository)
    other = clone(origin, "other")
    other.commit({"envs/prod/app.yaml": "tag: 9\n"})
    other.git("push", "-q")
    with pytest.raises(PushRejected):
        repository.push("origin", f"{commit}:refs/heads/main", interactive=True)
