from __future__ import annotations

import itertools
import subprocess

import pytest

from liftlock.errors import Cancelled, RepositoryError


def fast_import(fleet, commits):
    """Many commits at once: (mark-free) each a dict of files."""
    stream = []
    for number, files in enumerate(commits, 1):
        stream.append(f"commit refs/heads/main\ncommitter C <c@example.org> {1_600_000_000 + number} +0000\n")
        stream.append(f"data {len(str(number))}\n{number}\n")
        for name, text in files.items():
            stream.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=fleet.path, input="".join(stream).encode(), check=True)


def test_commits_newest_first_with_the_paths_they_touched(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "1\n", "new\nline.yaml": "1\n", "\nfirst.yaml": "1\n"}, "first\n\nbody")
    fleet.commit({"a.yaml": "2\n"}, "second \x1b[31mred")
    touched = list(opened(fleet).history("HEAD"))
    assert [set(t.paths) for t in touched] == [{"a.yaml"}, {"a.yaml", "new\nline.yaml", "\nfirst.yaml"}]
    assert [t.revision.subject for t in touched] == ["second ␛[31mred", "first"]
    assert {t.revision.author for t in touched} == {"Ann Author"}
    assert touched[0].revision.time == float(fleet.git("log", "-1", "--format=%ct"))
    assert touched[0].revision.commit == fleet.git("rev-parse", "HEAD")


def test_what_the_user_set_for_log_does_not_matter(checkout, opened):
    fleet = checkout()
    for key, value in {
        "log.showSignature": "true",
        "log.decorate": "full",
        "log.showRoot": "false",
        "diff.renames": "copies",
        "format.pretty": "fuller",
        "color.ui": "always",
        "core.quotePath": "true",
    }.items():
        fleet.git("config", key, value)
    fleet.commit({"old-ü.yaml": "same\n" * 9})
    fleet.git("mv", "old-ü.yaml", "new-ü.yaml")
    fleet.git("commit", "-q", "-m", "move")
    touched = list(opened(fleet).history("HEAD"))
    assert [sorted(t.paths) for t in touched] == [["new-ü.yaml", "old-ü.yaml"], ["old-ü.yaml"]]


def test_paths_limits_and_what_added_a_text(checkout, opened):
    fleet = checkout()
    one = fleet.commit({"envs/qa/a.yaml": "tag: 1\n", "b*.yaml": "x\n"})
    two = fleet.commit({"envs/qa/a.yaml": "tag: 2\n"})
    three = fleet.commit({"bb.yaml": "y\n", "envs/qa/a.yaml": "tag: 2 # note\n"})
    repository = opened(fleet)

    def found(**options):
        return [t.revision.commit for t in repository.history("HEAD", **options)]

    assert found(paths=("envs/qa/",)) == [three, two, one]
    assert found(paths=("envs/qa/a.yaml",), limit=2) == [three, two]
    assert found(paths=("b*.yaml",)) == [one]
    assert found(paths=("envs/qa/a.yaml",), adding="tag: 2") == [two]
    many = tuple(f"{'x' * 200}/{n}.yaml" for n in range(1000))
    assert found(paths=(*many, "bb.yaml")) == [three]
    assert found(paths=(*many, "envs/"), limit=1) == [three]


def test_last_touch_of_many_cells_stops_when_all_are_found(checkout, opened):
    fleet = checkout()
    fast_import(fleet, [{f"apps/{n % 5}/a.yaml": str(n), f"x/{n}": "x"} for n in range(1, 501)])
    repository = opened(fleet)
    wanted = {n: [f"apps/{n}/"] for n in range(5)} | {"file": ["apps/3/a.yaml"], "none": [], "far": ["x/7"]}
    answers = repository.last_touch("main", wanted)
    first = list(itertools.islice(answers, 6))
    assert {key: revision.subject for key, revision in first} == {
        0: "500",
        1: "496",
        2: "497",
        3: "498",
        "file": "498",
        4: "499",
    }
    assert [(key, revision.subject) for key, revision in answers] == [("far", "7")]


def test_last_touch_knows_what_only_a_merge_changed(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "1\n"})
    fleet.git("checkout", "-q", "-b", "side")
    fleet.commit({"b.yaml": "1\n"})
    fleet.git("checkout", "-q", "main")
    fleet.git("merge", "-q", "--no-ff", "--no-commit", "side")
    merge = fleet.commit({"evil.yaml": "1\n"}, "merge")
    answers = dict(opened(fleet).last_touch("HEAD", {"evil": ["evil.yaml"], "b": ["b.yaml"]}))
    assert answers["evil"].commit == merge
    assert answers["b"].subject == "change"


def test_history_is_streamed_and_its_process_ends_with_the_iterator(checkout, opened, runner):
    fleet = checkout()
    fast_import(fleet, [{"a": str(n)} for n in range(6_000)])
    answers = opened(fleet).history("main")
    assert next(answers).revision.subject == "6000"
    answers.close()
    assert not runner._running


def test_cancelled_history_says_so_and_leaves_no_process(checkout, opened, runner):
    fleet = checkout()
    fast_import(fleet, [{"a": str(n)} for n in range(5_000)])
    stop = iter([False] * 3)
    with pytest.raises(Cancelled):
        for _ in opened(fleet).history("main", paths=("never",), cancelled=lambda: next(stop, True)):
            pass
        for _ in opened(fleet).history("main", cancelled=lambda: next(stop, True)):
            pass
    assert not runner._running


def test_commits_between_two_revisions(checkout, opened):
    fleet = checkout()
    one = fleet.commit({"a": "1"})
    two = fleet.commit({"a": "2"})
    three = fleet.commit({"a": "3"})
    repository = opened(fleet)
    assert [r.commit for r in repository.ahead(one, "main")] == [three, two]
    assert repository.count_between(one, "main") == 2
    assert repository.ahead("main", one) == []


def test_no_such_revision(checkout, opened):
    fleet = checkout()
    fleet.commit({"a": "1"})
    with pytest.raises(RepositoryError):
        list(opened(fleet).history("0" * 40))


def test_local_promotions_are_branches_no_remote_has(checkout, clone, opened):
    origin = checkout("origin")
    base = origin.commit({"a": "1"})
    repository = opened(clone(origin))
    commit = repository.write_commit(base, {"a": b"2"}, "promote(qa): a\n\nPromotion-To: qa\n")
    repository.create_or_move_branch("promote/qa", commit, None)
    assert list(repository.local_promotions()) == [("promote/qa", commit, base, "promote(qa): a\n\nPromotion-To: qa\n")]
    assert not repository.is_published(commit) and repository.is_published(base)
