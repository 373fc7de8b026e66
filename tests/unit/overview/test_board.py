"""The board: names first, then all the rest, from the cache just as from Git."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fleets import APPS, ENVIRONMENTS, Fleet, overlay, place

from liftlock.engine import Engine
from liftlock.model.board import Board

Opened = Callable[..., Engine]


def whole(engine: Engine) -> tuple[Board, list[Board]]:
    """The outline and every board that it fills into."""
    outline = engine.board()
    return outline, list(engine.fill(outline))


def test_names_first_then_versions_then_the_rest(fleet: Fleet, opened: Opened):
    outline, boards = whole(opened(fleet))
    assert set(outline.cells) == {(app, e) for app in APPS for e in ENVIRONMENTS}
    assert all(state.versions is None and state.revision is None for state in outline.cells.values())
    assert all(state.versions for state in boards[0].cells.values())
    for before, after in zip((outline, *boards), boards, strict=False):
        for key, state in before.cells.items():
            now = after.cells[key]
            assert state.versions in (None, now.versions)
            assert state.revision in (None, now.revision)
            assert state.behind in (None, now.behind)
    last = boards[-1]
    tip = fleet.tip("origin/main")
    for (app, environment), state in last.cells.items():
        assert state.revision is not None
        assert state.revision.commit == tip
        assert state.behind is not None
        assert [(b.changes, b.versions) for b in state.behind] == ([] if environment == "dev" else [(1, 1)])
        assert state.versions is not None
        assert state.versions[0].name == f"registry.example.org/{app}"


def test_the_revision_is_the_newest_commit_that_touched_the_cell(fleet: Fleet, opened: Opened):
    first = fleet.tip("main")
    second = fleet.commit({place("web", "staging"): overlay("web", "staging", "1.2.1")})
    third = fleet.commit({"README.md": "nothing of this\n"})
    fleet.git("push", "-q")
    _, boards = whole(opened(fleet))
    found = {k: s.revision.commit for k, s in boards[-1].cells.items() if s.revision}
    assert found.pop(("web", "staging")) == second
    assert set(found.values()) == {first}
    assert {s.commit for s in boards[-1].sources.values()} == {third}


def test_warm_is_the_same_as_cold(fleet: Fleet, opened: Opened):
    fleet.commit({place("api", "dev"): "images: [\n"}, "broken")
    fleet.git("push", "-q")
    _, cold = whole(opened(fleet))
    warm, nothing = whole(opened(fleet))
    assert nothing == []
    assert warm == cold[-1]
    assert warm.cells["api", "dev"].problems
    assert warm == whole(opened(fleet, cache=False))[1][-1]


def test_the_cache_is_of_one_commit_and_one_repository(fleet: Fleet, opened: Opened, tmp_path: Path):
    whole(opened(fleet))
    fleet.commit({place("api", "dev"): overlay("api", "dev", "1.4.0")})
    fleet.git("push", "-q")
    board, filled = whole(opened(fleet))
    assert filled
    assert board.cells["api", "dev"].versions is None
    other = tmp_path / "other"
    fleet.git("clone", "-q", "origin", str(other), ok=False)
    fleet.git("clone", "-q", str(fleet.path), str(other))
    board, filled = whole(opened(Fleet(other)))
    assert filled
    assert board.repository == "other"


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"environments": [{}]}', "\x00", '{"cells": 7}'])
def test_a_cache_that_was_damaged_is_made_again(fleet: Fleet, opened: Opened, tmp_path: Path, content: str):
    _, cold = whole(opened(fleet))
    (file,) = (tmp_path / "cache").rglob("boards/*.json")
    file.write_text(content)
    _, again = whole(opened(fleet))
    assert again[-1] == cold[-1]
    warm, nothing = whole(opened(fleet))
    assert (warm, nothing) == (cold[-1], [])


def test_a_cache_that_ends_early_is_made_again(fleet: Fleet, opened: Opened, tmp_path: Path):
    _, cold = whole(opened(fleet))
    (file,) = (tmp_path / "cache").rglob("boards/*.json")
    data = file.read_bytes()
    for end in range(0, len(data), 997):
        file.write_bytes(data[:end])
        assert opened(fleet).board().cells.keys() == cold[-1].cells.keys()


def test_a_fill_that_is_cancelled_is_not_kept(fleet: Fleet, opened: Opened, tmp_path: Path):
    engine = opened(fleet)
    for count in range(4):
        asked = iter(range(count))
        list(engine.fill(engine.board(), cancelled=lambda asked=asked: next(asked, None) is None))  # type: ignore[misc]
    assert not list((tmp_path / "cache").rglob("boards/*.json"))
    assert all(s.revision for s in whole(opened(fleet))[1][-1].cells.values())


def test_a_board_knows_when_its_refs_have_moved(fleet: Fleet, opened: Opened):
    engine = opened(fleet)
    board = engine.board()
    assert not engine.changed_since(board)
    fleet.commit({"README.md": "more\n"})
    assert not engine.changed_since(board)  # nobody else has it yet
    fleet.git("push", "-q")
    assert engine.changed_since(board)
    assert not engine.changed_since(engine.board())


def test_a_plan_follows_what_was_fetched(fleet: Fleet, opened: Opened, tmp_path: Path):
    engine = opened(fleet)
    plan = engine.plan("dev", ["staging"])
    other = tmp_path / "elsewhere"
    fleet.git("clone", "-q", str(tmp_path / "origin.git"), str(other))
    theirs = Fleet(other).commit({place("api", "dev"): overlay("api", "dev", "1.4.0")})
    Fleet(other).git("push", "-q")
    fetched = engine.fetch()
    assert fetched is not None
    fresh, said = engine.replan(plan)
    assert fresh.base == theirs
    assert len(said) == 1
    assert "1.4.0" in said[0]
    assert "1.3.0" in said[0]
    assert fresh.selected == plan.selected


def test_protection_and_where_each_is_read_from(fleet: Fleet, opened: Opened):
    fleet.git("branch", "release")
    fleet.commit(
        {
            "liftlock.toml": '[[environment]]\nname = "dev"\npaths = ["envs/dev/{app}"]\n'
            '[[environment]]\nname = "production-eu"\nafter = ["dev"]\nbranch = "release"\n'
            'paths = ["envs/production-eu/{app}"]\n'
        }
    )
    fleet.commit({place("api", "production-eu"): overlay("api", "production-eu", "9.9.9")})
    fleet.git("push", "-q", "origin", "main", "release")
    engine = opened(fleet)
    board = whole(engine)[1][-1]
    assert [e.name for e in board.environments] == ["dev", "production-eu"]
    assert board.sources["production-eu"].commit == fleet.tip("release")
    state = board.cells["api", "production-eu"]
    assert state.versions is not None
    assert state.versions[0].value == "1.1.0"
    plan = engine.plan("dev", ["production-eu"])
    assert plan.base == fleet.tip("release")
    assert plan.source_commit == fleet.tip("main")
    made = engine.commit(plan)
    assert fleet.tip(f"{made.commit}^") == fleet.tip("release")
    publication = engine.publication(made, direct=True)
    assert publication.refspec == f"{made.commit}:refs/heads/release"
    assert [c.commit for c in publication.commits] == [made.commit]
    assert publication.confirm == ("production-eu",)


def test_a_block_that_moved_in_its_file_counts_as_the_plan_does(fleet: Fleet, opened: Opened):
    one, two = "api:\n  auth:\n    mode: oidc\n", "auth:\n  mode: oidc\n"
    values = {f"envs/{e}/api/values.yaml": one if e == "staging" else two for e in ENVIRONMENTS}
    fleet.commit({**values, place("api", "production-eu"): overlay("api", "production-eu", "1.2.0")})
    fleet.git("push", "-q")
    engine = opened(fleet)
    _, boards = whole(engine)
    behind = boards[-1].cells[("api", "production-eu")].behind
    assert behind is not None
    plan = engine.plan("staging", ("production-eu",), ("api",), learning=False)
    assert [b.changes for b in behind] == [len(plan.chosen)] == [2]
    # What a person reads as "behind" is versions, as many as the plan stages of that class; what else where none is.
    assert [b.versions for b in behind] == [sum(c.cls == "version" for c in plan.chosen)] == [0]
    assert [b.count for b in behind] == [2]


def test_versions_that_differ_are_not_level_though_nothing_would_move(fleet: Fleet, opened: Opened):
    fleet.commit(
        {
            place("web", "dev"): overlay("web", "dev", "latest"),
            place("api", "dev"): overlay("api", "dev", "1.2.0"),
            place("api", "staging"): overlay("api", "staging", "1.2.0"),
        }
    )
    fleet.git("push", "-q")
    cells = whole(opened(fleet))[1][-1].cells
    (web,), (api,) = (cells[app, "staging"].behind or () for app in ("web", "api"))
    assert (web.level, web.unlike) == (True, True)
    assert (api.level, api.unlike) == (True, False)


def test_a_version_is_there_since_the_commit_that_brought_it_not_since_the_last_change(fleet: Fleet, opened: Opened):
    brought = fleet.commit({place("web", "staging"): overlay("web", "staging", "1.2.1")})
    later = fleet.commit({place("web", "staging"): overlay("web", "staging", "1.2.1") + "# a remark\n"})
    fleet.git("push", "-q")
    engine = opened(fleet)
    _, boards = whole(engine)
    state = boards[-1].cells["web", "staging"]
    assert state.revision is not None and state.revision.commit == later
    assert state.since is not None and state.since.commit == brought
    assert state.versions is not None
    past = engine.past(state.cell, state.versions)
    assert past.since[state.versions[0]].commit == brought
    assert [commit.commit for commit in past.commits[:2]] == [later, brought]
