from __future__ import annotations

import os

import pytest

from liftlock.errors import RepositoryError


@pytest.fixture
def origin(checkout):
    made = checkout("origin")
    made.commit({"a.yaml": "a: 1\n"})
    made.git("branch", "staging")
    made.git("branch", "release/1")
    return made


def test_default_branch_of_the_remote_whatever_is_checked_out(origin, clone, opened):
    mine = clone(origin)
    mine.git("checkout", "-q", "-b", "topic")
    mine.commit({"b.yaml": "b: 1\n"})
    source = opened(mine).default_source()
    assert source.ref == "refs/remotes/origin/main"
    assert source.commit == origin.git("rev-parse", "main")
    assert "default branch of origin" in source.why
    assert source.unpushed == 0


def test_local_commits_of_the_same_branch_are_counted_and_not_read(origin, clone, opened):
    mine = clone(origin)
    mine.commit({"b.yaml": "b: 1\n"})
    mine.commit({"b.yaml": "b: 2\n"})
    source = opened(mine).default_source()
    assert (source.unpushed, source.commit) == (2, origin.git("rev-parse", "main"))


def test_usual_names_where_the_remote_does_not_say(origin, clone, opened):
    mine = clone(origin)
    mine.git("remote", "set-head", "origin", "--delete")
    source = opened(mine).default_source()
    assert source.ref == "refs/remotes/origin/main"
    assert "does not say" in source.why


def test_upstream_of_the_checked_out_branch_where_no_name_is_usual(checkout, clone, opened):
    origin = checkout("origin", "--initial-branch=live")
    origin.commit({"a.yaml": "a: 1\n"})
    mine = clone(origin)
    mine.git("remote", "set-head", "origin", "--delete")
    assert opened(mine).default_source().ref == "refs/remotes/origin/live"


def test_remote_of_the_tracked_branch_counts_before_origin(origin, checkout, clone, opened):
    fork = checkout("fork")
    fork.commit({"f.yaml": "f: 1\n"})
    mine = clone(origin)
    mine.git("remote", "add", "upstream", f"file://{fork.path}")
    mine.git("fetch", "-q", "upstream")
    mine.git("branch", "-q", "--set-upstream-to=upstream/main")
    assert opened(mine).default_source().ref == "refs/remotes/upstream/main"


def test_no_remote_reads_the_branch_head_is_on(origin, opened):
    source = opened(origin).default_source()
    assert (source.ref, source.fetched, source.unpushed) == ("refs/heads/main", None, 0)
    assert "no remote" in source.why


def test_detached_head_without_a_remote_reads_its_commit(origin, opened):
    origin.git("checkout", "-q", "--detach")
    source = opened(origin).default_source()
    assert (source.ref, source.commit) == ("HEAD", origin.git("rev-parse", "main"))


def test_bare_clone_reads_its_branch_and_after_a_fetch_the_remote(origin, clone, opened):
    bare = clone(origin, "bare.git", "--bare")
    repository = opened(bare)
    assert repository.default_source().ref == "refs/heads/main"
    new = origin.commit({"a.yaml": "a: 2\n"})
    repository.fetch()
    source = repository.default_source()
    assert (source.ref, source.commit) == ("refs/remotes/origin/main", new)
    assert bare.git("rev-parse", "main") != new


def test_age_of_the_fetch(origin, clone, opened):
    mine = clone(origin)
    repository = opened(mine)
    cloned = repository.default_source().fetched
    assert cloned is not None
    assert abs(cloned - (mine.path / ".git" / "config").stat().st_mtime) < 5
    mine.git("fetch", "-q")
    os.utime(mine.path / ".git" / "FETCH_HEAD", (1_000_000, 1_000_000))
    assert repository.default_source().fetched == 1_000_000
    (mine.path / ".git" / "FETCH_HEAD").write_text("")  # as a fetch that failed leaves it
    assert repository.default_source().fetched == cloned
    fetched = repository.fetch()
    assert abs((repository.default_source().fetched or 0) - fetched.at) < 2


def test_environment_branches_are_read_from_the_remote_first(origin, clone, opened):
    mine = clone(origin)
    mine.git("branch", "staging")
    mine.commit({"b.yaml": "b: 1\n"})
    mine.git("branch", "-f", "staging", "main")
    mine.git("branch", "local-only")
    mine.git("tag", "-a", "v1", "-m", "tag", "main")
    repository = opened(mine)
    source = repository.source_of("staging")
    assert (source.ref, source.unpushed) == ("refs/remotes/origin/staging", 1)
    assert repository.source_of("release/1").ref == "refs/remotes/origin/release/1"
    assert repository.source_of("origin/release/1").ref == "refs/remotes/origin/release/1"
    assert repository.source_of("refs/heads/staging").ref == "refs/heads/staging"
    assert repository.source_of("local-only").why == "the local branch local-only"
    tagged = repository.source_of("v1")
    assert (tagged.ref, tagged.commit) == ("refs/tags/v1", mine.git("rev-parse", "main"))
    sha = mine.git("rev-parse", "--short", "main")
    assert repository.source_of(sha).commit == mine.git("rev-parse", "main")
    with pytest.raises(RepositoryError, match="There is no revision stagin") as caught:
        repository.source_of("stagin")
    assert "staging" in caught.value.hint
    mine.git("update-ref", "refs/stash", "main")
    assert repository.source_of("refs/stash").commit == mine.git("rev-parse", "main")
    mine.git("update-ref", "-d", "refs/stash")
    with pytest.raises(RepositoryError):
        repository.source_of("*")


def test_branches_are_local_and_remote_each_once(origin, clone, opened):
    mine = clone(origin)
    mine.git("branch", "topic")
    assert opened(mine).branches() == ("main", "topic", "release/1", "staging")


def test_packed_refs_and_a_remote_with_a_slash_in_its_name(origin, clone, opened):
    mine = clone(origin, "clone", "--origin", "team/fleet")
    mine.git("pack-refs", "--all")
    repository = opened(mine)
    assert repository.default_source().ref == "refs/remotes/team/fleet/main"
    assert repository.remote_for("refs/remotes/team/fleet/release/1") == ("team/fleet", "release/1")
    assert "release/1" in repository.branches()
