from __future__ import annotations

import threading

import git as gitpython
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.commands import Runner
from liftlock.errors import RepositoryError
from liftlock.gitrepo import Repository, case_conflicts

ODD = {
    "plain.yaml": b"a: 1\n",
    "with space.yaml": b"",
    "new\nline.yaml": b"a: 1\r\nb: 2\r\n",
    "esc\x1b[31m.yaml": b"no newline at the end",
    'tab\t"quoted".yaml': b"\x00\xff binary",
    "latin-\udce9.yaml": b"a: \xe9\n",
    "dir/\u00fcmlaut/\u4e2d.yaml": "ü: 中\n".encode(),
}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_every_name_and_every_byte_is_read(checkout, opened, object_format):
    fleet = checkout("fleet", f"--object-format={object_format}")
    commit = fleet.commit(ODD)
    repository = opened(fleet)
    assert repository.object_format == object_format
    tree = repository.tree("HEAD")
    assert set(tree.entries) == set(ODD)
    assert tree.commit == commit
    assert tree.id == fleet.git("rev-parse", "HEAD^{tree}")
    assert tree.read_many(ODD) == ODD
    assert {path: tree.read(path) for path in ODD} == ODD


def test_reads_objects_of_the_ref_and_not_the_files_checked_out(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "committed\n"})
    fleet.write({"a.yaml": "being edited\n"})
    assert opened(fleet).tree("HEAD").read("a.yaml") == b"committed\n"


def test_modes_links_and_packed_objects(checkout, opened):
    fleet = checkout()
    fleet.write({"run.sh": "#!/bin/sh\n", "real.yaml": "a: 1\n"})
    (fleet.path / "run.sh").chmod(0o755)
    (fleet.path / "link.yaml").symlink_to("real.yaml")
    fleet.commit({})
    fleet.git("gc", "-q")
    tree = opened(fleet).tree("HEAD")
    assert {path: entry.mode for path, entry in tree.entries.items()} == {
        "run.sh": "100755",
        "real.yaml": "100644",
        "link.yaml": "120000",
    }
    assert not tree.entries["link.yaml"].is_file
    assert tree.read("link.yaml") == b"real.yaml"


def test_missing_paths_are_left_out_of_many_and_an_error_alone(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    tree = opened(fleet).tree("HEAD")
    assert tree.read_many(["a.yaml", "no.yaml"]) == {"a.yaml": b"a: 1\n"}
    with pytest.raises(RepositoryError, match=r"no file no\\?.yaml|no file no"):
        tree.read("no.yaml")


def test_more_requests_than_a_pipe_holds_and_answers_beyond_every_buffer(checkout, opened):
    fleet = checkout()
    files = {f"apps/{n:04}.yaml": f"number: {n}\n" for n in range(3000)} | {"big.yaml": "x: 1\n" * 400_000}
    fleet.commit(files)
    tree = opened(fleet).tree("HEAD")
    assert tree.read_many(files) == {path: text.encode() for path, text in files.items()}


def test_many_threads_read_at_once(checkout, opened):
    fleet = checkout()
    files = {f"{n}.yaml": f"number: {n}\n" * (n + 1) for n in range(200)}
    fleet.commit(files)
    repository = opened(fleet)
    tree = repository.tree("HEAD")
    failures = []

    def read(start: int) -> None:
        for n in range(start, 200, 7):
            if tree.read(f"{n}.yaml") != files[f"{n}.yaml"].encode():
                failures.append(n)
        if tree.read_many(files) != {path: text.encode() for path, text in files.items()}:
            failures.append(-1)

    threads = [threading.Thread(target=read, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_reading_goes_on_after_the_process_was_ended(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    repository = opened(fleet)
    tree = repository.tree("HEAD")
    assert tree.read("a.yaml") == b"a: 1\n"
    repository.close()
    assert tree.read("a.yaml") == b"a: 1\n"


def test_an_object_that_is_gone_is_named(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    tree = opened(fleet).tree("HEAD")
    oid = tree.entries["a.yaml"].oid
    (fleet.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(RepositoryError, match="is missing from this clone") as caught:
        tree.read_many(["a.yaml"])
    assert oid in caught.value.detail


def test_a_name_that_is_no_revision_has_the_nearest_ones_as_hint(checkout, opened):
    fleet = checkout()
    commit = fleet.commit({"a.yaml": "a: 1\n"})
    fleet.git("branch", "staging")
    repository = opened(fleet)
    with pytest.raises(RepositoryError) as caught:
        repository.resolve("stagin")
    assert caught.value.title == "There is no revision stagin"
    assert "staging" in caught.value.hint
    for bad in ("", "-q", "--all", "a\nb", "main:a.yaml", "x" * 5000, "\x1b[2J"):
        with pytest.raises(RepositoryError) as caught:
            repository.resolve(bad)
        assert "\x1b" not in caught.value.title
    assert repository.resolve(commit[:8]) == repository.resolve("HEAD") == commit


def test_an_unborn_branch_says_to_commit_first(checkout, opened):
    repository = opened(checkout())
    for ask in (lambda: repository.resolve("HEAD"), lambda: repository.tree("HEAD"), repository.default_source):
        with pytest.raises(RepositoryError, match="Nothing is committed here yet"):
            ask()


def test_case_only_differences_are_found_in_files_and_folders():
    paths = ["Apps/a.yaml", "apps/b.yaml", "apps/c.yaml", "apps/C.yaml", "x.yaml", "e\u0301.yaml", "\u00e9.yaml"]
    assert case_conflicts(paths) == (
        ("Apps", "apps"),
        ("apps/c.yaml", "apps/C.yaml"),
        ("e\u0301.yaml", "\u00e9.yaml"),
    )
    assert case_conflicts(["a/b.yaml", "b/a.yaml"]) == ()


def test_an_independent_reader_sees_the_same_tree(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n", "envs/b.yaml": "b: 1\n"})
    base = opened(fleet)
    made = base.write_commit("HEAD", {"a.yaml": b"a: 2\n", "envs/c/d.yaml": b"d\n", "envs/b.yaml": None}, "promote\n")
    with gitpython.Repo(fleet.path) as judge:
        blobs = {b.path: b.data_stream.read() for b in judge.commit(made).tree.traverse() if b.type == "blob"}
        assert blobs == {"a.yaml": b"a: 2\n", "envs/c/d.yaml": b"d\n"}
        assert judge.commit(made).message == "promote\n"
        judge.git.clear_cache()


_NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6).filter(
    lambda n: n not in (".", "..") and n.casefold() != ".git"
)
_PATH = st.lists(_NAME, min_size=1, max_size=3).map("/".join)


@pytest.fixture(scope="module")
def empty_base(tmp_path_factory):
    import subprocess

    path = tmp_path_factory.mktemp("property") / "fleet"
    subprocess.run(["git", "init", "-q", path], check=True)
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "base"], cwd=path, check=True)
    with Repository.open(path, Runner()) as repository:
        yield repository


@settings(max_examples=25, deadline=None)
@given(files=st.dictionaries(_PATH, st.binary(max_size=40), min_size=1, max_size=6), data=st.data())
def test_what_is_written_is_what_is_read_and_all_else_stays(empty_base, files, data):
    folders = {path.rsplit("/", n)[0] for path in files for n in range(1, path.count("/") + 1)}
    if case_conflicts(files) or folders & set(files):
        return
    first = empty_base.write_commit("HEAD", files, "add")
    assert empty_base.tree(first).read_many(files) == files
    chosen = data.draw(st.sampled_from(sorted(files)))
    content = data.draw(st.one_of(st.none(), st.binary(max_size=40).filter(lambda b: b != files[chosen])))
    second = empty_base.write_commit(first, {chosen: content}, "change")
    expected = {path: text for path, text in files.items() if path != chosen}
    if content is not None:
        expected[chosen] = content
    tree = empty_base.tree(second)
    assert tree.read_many(tree.entries) == expected
