from __future__ import annotations

from driving import opened, seen, text_of, until
from scripted_engine import ScriptedEngine, make_plan
from scripted_live import convergence
from scripted_waves import wave

from liftlock.model.promotion import Rival
from liftlock.model.wave import StepState
from liftlock_tui.screens.stage import StageScreen
from liftlock_tui.screens.waves import WavesScreen

HEALTHY, SOAKING, FAILED = StepState.HEALTHY, StepState.SOAKING, StepState.FAILED
HOSTILE = "\x1b]52;c;aGk=\x07[@click=app.leave]\u202e"


async def test_a_plan_to_several_goes_to_one_after_the_other() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("3", "space", "4", "space", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
        await seen(pilot, "production-eu, production-us")
        await pilot.press("O")
        await seen(pilot, "How does it go there", "a wave: production-eu › production-us", "together, to")
        await pilot.press("j", "enter")
        await seen(pilot, "→ production-eu  wave 1/2", "then production-us")
        assert {change.environment for change in pilot.app.screen.plan.changes} == {"production-eu"}
        await pilot.press("O", "enter")
        await until(pilot, lambda: pilot.app.screen.plan.wave is None, "together again")


async def test_a_plan_to_one_goes_on_as_a_train() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("2", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
        await pilot.press("O")
        await seen(pilot, "a train: staging › production-eu", "a train: staging › production-us")
        await pilot.press("j", "enter")
        await seen(pilot, "train 1/2")


async def test_the_waves_their_steps_and_the_next_one() -> None:
    engine = ScriptedEngine()
    engine.waves.told = wave(HEALTHY, text=HOSTILE)
    engine.waves.plan = make_plan("staging", ["production-eu"], ["checkout"])
    async with opened(engine) as pilot:
        await pilot.press("O")
        await until(pilot, lambda: isinstance(pilot.app.screen, WavesScreen), "the waves")
        await seen(pilot, "3f2a1c9", "1/3 production-us", "healthy", "ready", "n opens the plan of the next step")
        assert "\x1b" not in text_of(pilot.app) and "\u202e" not in text_of(pilot.app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage of the next step")


async def test_a_step_that_failed_stops_it_and_says_the_way_back() -> None:
    engine = ScriptedEngine()
    engine.waves.told = wave(HEALTHY, FAILED)
    async with opened(engine) as pilot:
        await pilot.press("O")
        await seen(pilot, "its pods cannot pull", "failed: mend it there", "B on the board, on checkout")
        await pilot.press("X")
        await seen(pilot, "Stop the wave 3f2a1c9 for everybody?")
        await pilot.press("y")
        await until(pilot, lambda: engine.waves.stopped == [("3f2a1c9", False)], "stopped")


async def test_converged_is_not_enough_while_it_soaks() -> None:
    engine = ScriptedEngine()
    engine.waves.told = wave(SOAKING)
    engine.live.states = (convergence("converged"),)
    engine.waves.plan = make_plan("staging", ["production-eu"], ["checkout"])
    async with opened(engine) as pilot:
        pilot.app.converge("production-us", "f" * 40)
        await seen(pilot, "✓ converged", "soaking, 40m more")
        await pilot.press("n")
        assert not isinstance(pilot.app.screen, StageScreen)
        engine.waves.told = wave(HEALTHY)
        pilot.app.screen._ask_wave()
        await seen(pilot, "n next step", "n opens the plan of the next step, production-eu")
        assert not isinstance(pilot.app.screen, StageScreen)  # never by itself
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the next step's plan")


async def test_who_promotes_the_same_is_told_before_the_commit_and_at_the_push() -> None:
    engine = ScriptedEngine()
    said = "Bo Reed promotes checkout to staging too: promote/x was pushed, its commit is 2m old"
    engine.others = (Rival("remote", ("checkout",), ("staging",), "promote/x", "Bo Reed", 0.0, said=said),)
    async with opened(engine) as pilot:
        await pilot.press("2", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
        await pilot.press("c")
        await seen(pilot, "new branch", "! Bo Reed promotes checkout to staging too")
        await pilot.press("ctrl+s")
        await seen(pilot, "✓ committed")
        await pilot.press("P")
        await seen(pilot, "y push", "! Bo Reed promotes checkout to staging too")
