from __future__ import annotations

from collections.abc import Callable

import pytest
from fleets import Fleet

from liftlock.engine import Engine
from liftlock.errors import ForgeError, RepositoryError


def _first(engine: Engine) -> tuple[str, str, str]:
    """A file of the board, and the commit and ref it is read from."""
    board = engine.board()
    (_, environment), state = next((key, state) for key, state in board.cells.items() if state.cell.files)
    source = board.sources[environment]
    return state.cell.files[0], source.commit, source.ref


def test_a_file_is_told_apart_from_the_work_trees(fleet: Fleet, opened: Callable[..., Engine]) -> None:
    engine = opened(fleet)
    path, commit, _ = _first(engine)
    place = fleet.path / path
    shelved = engine.outside.shelved(path, commit)
    assert (shelved.place, shelved.same) == (place, True)
    place.write_bytes(b"mine: yes\n")
    again = engine.outside.shelved(path, commit)
    assert (again.place, again.same, again.data) == (place, False, shelved.data)
    place.unlink()
    assert engine.outside.shelved(path, commit).place is None
    with pytest.raises(RepositoryError):
        engine.outside.shelved("no/such.yaml", commit)


def test_a_link_out_of_the_work_tree_is_not_followed(fleet: Fleet, opened: Callable[..., Engine]) -> None:
    engine = opened(fleet)
    path, commit, _ = _first(engine)
    secret = fleet.path.parent / "secret.txt"
    secret.write_text("mine")
    (fleet.path / path).unlink()
    (fleet.path / path).symlink_to(secret)
    assert engine.outside.shelved(path, commit).place is None


def test_pages_need_a_forge_that_is_known(fleet: Fleet, opened: Callable[..., Engine]) -> None:
    engine = opened(fleet)
    path, commit, ref = _first(engine)
    with pytest.raises(ForgeError, match="a folder"):
        engine.outside.pages(ref, commit)
    fleet.git("remote", "set-url", "origin", "git@git.example.org:acme/deploy.git")
    with pytest.raises(ForgeError) as told:
        engine.outside.pages(ref, commit)
    assert "git.example.org" in told.value.hint
    fleet.git("remote", "set-url", "origin", "https://me:word@github.com/acme/deploy.git")
    pages = engine.outside.pages(ref, commit, ((path, 3),))
    assert [page.kind for page in pages] == ["commit", "file", "branch"]
    assert pages[1].url == f"https://github.com/acme/deploy/blob/{commit}/{path}#L3"
    assert not [page for page in pages if "word" in page.url]
