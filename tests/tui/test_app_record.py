"""History on the screen, and the way back from wherever something is wrong."""

from __future__ import annotations

import pytest
from driving import gone, opened, seen, text_of, until
from scripted_engine import ScriptedEngine
from scripted_live import CRASH, SHA, cell, convergence, lane
from scripted_record import MAPPED, arrivals, release

from liftlock.errors import PlanError, RepositoryError
from liftlock.model.live import LiveBoard, LiveState

STAGING = ("2", "H")


async def test_the_history_of_a_cell_then_of_its_app_then_of_everything() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press(*STAGING)
        await seen(pilot, "checkout in staging", "4 arrivals", "said by trailers", "dev → staging")
        await seen(
            pilot, "release 42 of the shop", "Cy Moss, Di Nord", "soak: the outage", "4d since dev had it", "#118"
        )
        await seen(pilot, "200 were asked for")
        await pilot.press("j")
        await seen(pilot, "rollback, concluded from the values", "4f2a91c")
        await pilot.press("a")
        await seen(pilot, "checkout in all environments")
        await pilot.press("a", "d")
        await seen(pilot, "all apps in all environments", "3 promotions")
        assert [(q.environment, q.apps, q.direct) for q in engine.record.asked] == [
            ("staging", ("checkout",), True),
            ("", ("checkout",), True),
            ("", (), True),
            ("", (), False),
        ]
        await pilot.press("escape")
        await gone(pilot, "3 promotions")


async def test_what_a_version_contains_stands_beside_it() -> None:
    engine = ScriptedEngine()
    engine.settings.user.repositories.update(MAPPED)
    engine.releases.known["checkout", "1.9.3"] = release()
    async with opened(engine) as pilot:
        await pilot.press(*STAGING)
        await seen(pilot, "What is new in checkout", "Answer twice as fast", "without 1 commit that the old one has")


async def test_what_the_staged_versions_contain_is_shown_on_the_stage() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("2", "p")
        await seen(pilot, "newTag")
        await pilot.press("i")
        await seen(pilot, "no app's repository is mapped")
        engine.settings.user.repositories.update(MAPPED)
        engine.releases.known["checkout", "1.9.3"] = release()
        await pilot.press("i")
        await seen(pilot, "What is new", "Fix the rounding of prices")


@pytest.mark.parametrize("way", ["board", "history", "converge"])
async def test_from_alarm_to_the_plan_that_goes_back(way: str) -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        if way == "board":
            engine.live.say(
                LiveBoard((lane("staging"),), {("checkout", "staging"): (cell(LiveState.FAILING, cause=CRASH),)}, 1)
            )
            await pilot.press("2")
            await seen(pilot, "takes it back to a state that it had before")
        elif way == "history":
            await pilot.press(*STAGING)
            await seen(pilot, "4 arrivals")
        else:
            engine.live.converging = (convergence("stuck"),)
            pilot.app.converge("staging", SHA)  # type: ignore[attr-defined]
            await seen(pilot, "roll back")
        await pilot.press("B")
        await seen(pilot, "Take checkout in staging back to (3 states)", "the way back: ✓ healthy", "✗ failed")
        await pilot.press("enter")
        await seen(pilot, "checkout in staging ↶")
        commit = engine.rollbacks.ways("staging", "checkout").formers[1].revision.commit
        assert engine.rollbacks.planned == [("staging", "checkout", commit)]
        await pilot.press("c")
        await seen(pilot, "commit")


async def test_several_apps_of_one_commit_are_asked_for() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press(*STAGING)
        await seen(pilot, "4 arrivals")
        await pilot.press("a")
        await seen(pilot, "all environments")
        await pilot.press("j", "j", "B")
        await seen(pilot, "Take back in staging")
        await pilot.press("j", "enter")
        await seen(pilot, "Take ledger in staging back to")


async def test_what_cannot_be_read_or_taken_back_is_told() -> None:
    engine = ScriptedEngine()
    engine.record.error = RepositoryError("The history cannot be read", "it is broken", "git fsck")
    engine.rollbacks.error = PlanError("checkout has no history in staging", "no commit touched its files")
    async with opened(engine) as pilot:
        await pilot.press(*STAGING)
        await seen(pilot, "The history cannot be read", "git fsck")
        await pilot.press("B")
        await seen(pilot, "checkout has no history in staging")


async def test_nothing_came_there() -> None:
    engine = ScriptedEngine()
    engine.record.arrivals = ()
    async with opened(engine, size=(80, 24)) as pilot:
        await pilot.press(*STAGING)
        await seen(pilot, "nothing came here that is known")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_hostile_text_stays_text(size: tuple[int, int]) -> None:
    engine = ScriptedEngine()
    engine.record.arrivals = arrivals("[red]\u4f60\u597d[/] [@click=app.leave]x[/]")
    async with opened(engine, size=size) as pilot:
        await pilot.press(*STAGING)
        await seen(pilot, "History")
        await until(pilot, lambda: "[" in text_of(pilot.app), "the text as it stands")
