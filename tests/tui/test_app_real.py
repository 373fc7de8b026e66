"""The whole way on a real repository: the demo, the real engine, a real remote."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from driving import seen, until
from textual.pilot import Pilot

from liftlock.engine import Engine
from liftlock.model.board import Board
from liftlock_tui.app import LiftlockApp
from liftlock_tui.demo import open_demo
from liftlock_tui.screens.stage import StageScreen


def git(place: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(place), *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository() -> object:
    with open_demo() as place:
        yield place


def level(board: Board | None, app: str, environment: str) -> bool:
    """Whether a cell has nothing to take over any more."""
    behind = board.cells[app, environment].behind if board is not None else None
    return bool(behind) and all(found.level for found in behind)


@contextlib.asynccontextmanager
async def opened(place: Path) -> AsyncIterator[Pilot[int]]:
    app = LiftlockApp(lambda: Engine.open(place), place=str(place))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await seen(pilot, "▲ 1 behind", "= level", "fetched")
        yield pilot
        if app.engine is not None:
            app.engine.close()


async def committed(pilot: Pilot[int]) -> None:
    await pilot.press("2", *"jjjp")
    await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
    await seen(pilot, "newTag", "+1 -1")
    await pilot.press("c")
    await seen(pilot, "Promotion-To: staging")
    await pilot.press("ctrl+s")
    await seen(pilot, "✓ committed")


async def test_a_release_goes_to_a_branch_of_the_remote(repository: Path) -> None:
    before = git(repository, "status", "--porcelain=v2", "--branch"), git(repository, "rev-parse", "HEAD")
    async with opened(repository) as pilot:
        await committed(pilot)
        branch = pilot.app.screen.promotion.branch
        await pilot.press("P")
        await seen(pilot, "y push", "nothing changes in staging")
        await pilot.press("y")
        await seen(pilot, "✓ pushed")
    changed = git(repository, "diff", "--stat", f"origin/main..refs/heads/{branch}")
    assert "1 file changed, 1 insertion(+), 1 deletion(-)" in changed
    assert branch in git(repository, "ls-remote", "--heads", "origin")
    assert (git(repository, "status", "--porcelain=v2", "--branch"), git(repository, "rev-parse", "HEAD")) == before


async def test_a_release_goes_straight_to_main_and_the_board_is_level(repository: Path) -> None:
    async with opened(repository) as pilot:
        await committed(pilot)
        await pilot.press("P")
        await seen(pilot, "y push")
        await pilot.press("down")
        await seen(pilot, "push 1 commit to origin/main")
        await pilot.press("y")
        await seen(pilot, "✓ pushed", "converging")
        await pilot.press("escape")
        await seen(pilot, "✓ pushed", "git merge --ff-only origin/main")
        await pilot.press("escape")
        await until(pilot, lambda: level(pilot.app.board, "storefront", "staging"), "storefront is level")


async def test_a_remote_that_moved_is_planned_again(repository: Path, tmp_path: Path) -> None:
    async with opened(repository) as pilot:
        await committed(pilot)
        other = tmp_path / "other"
        url = git(repository, "remote", "get-url", "origin").strip()
        git(tmp_path, "clone", "-q", url, str(other))
        (other / "NOTES.md").write_text("a colleague was here\n")
        git(other, "add", "-A")
        git(other, "commit", "-qm", "notes")
        git(other, "push", "-q", "origin", "HEAD:main")
        await pilot.press("P")
        await seen(pilot, "y push")
        await pilot.press("down")
        await seen(pilot, "push 1 commit to origin/main")
        await pilot.press("y")
        await seen(pilot, "fetch and plan again")
        await pilot.press("f")
        await until(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, StageScreen)
                and pilot.app.screen.plan.base == git(other, "rev-parse", "HEAD").strip()
            ),
            "planned on the new base",
        )
        assert len(pilot.app.screen.plan.chosen) == 1


async def test_undo_takes_the_branch_away(repository: Path) -> None:
    async with opened(repository) as pilot:
        await committed(pilot)
        branch = pilot.app.screen.promotion.branch
        await pilot.press("u")
        await seen(pilot, "Take the commit back?")
        await pilot.press("y")
        await until(
            pilot, lambda: pilot.app.screen.promotion is None if isinstance(pilot.app.screen, StageScreen) else False
        )
    assert branch not in git(repository, "branch", "--list")
