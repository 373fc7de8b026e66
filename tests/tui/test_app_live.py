"""The live side on the screen: what clusters say fills in, what is asked before it is done, and what tells the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import gone, opened, seen, text_of, until
from scripted_engine import ScriptedEngine, make_plan
from scripted_live import CRASH, EU, LIVE, LOST, SHA, cell, change, convergence, lane, tree
from textual.pilot import Pilot

from liftlock.errors import ClusterError, PlanError, Problem
from liftlock.model.environment import Target
from liftlock.model.live import Contact, Freshness, LiveBoard, LiveState
from liftlock.model.livediff import Effect, LiveDiff

STAGING = ("checkout", "staging")


def board(*cells: object, freshness: Freshness = LIVE) -> LiveBoard:
    return LiveBoard((lane("staging", freshness),), {STAGING: tuple(cells)}, 1)  # type: ignore[dict-item]


WORDS = {state: str(state) for state in LiveState}


@pytest.mark.parametrize("state", LiveState)
async def test_each_state_has_a_word_of_its_own_on_the_board(state: LiveState) -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        engine.live.say(board(cell(state)))
        await seen(pilot, WORDS[state])


async def test_git_is_painted_before_any_cluster_answers() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        assert "1.9.3" in text_of(pilot.app)
        assert "● live" not in text_of(pilot.app)
        engine.live.say(board(cell(LiveState.LEVEL)))
        await seen(pilot, "● live")


async def test_only_the_cells_that_changed_are_drawn_again() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        engine.live.say(board(cell(LiveState.LEVEL)))
        await seen(pilot, "● live")
        grid = pilot.app.screen.grid
        kept = {key: strips for key, strips in grid._cells.items() if key[0] != STAGING and not key[1]}
        engine.live.say(board(cell(LiveState.FAILING)))
        await seen(pilot, "✗ failing")
        assert all(grid._cells.get(key) is strips for key, strips in kept.items())


async def test_several_targets_show_the_worst_and_how_many() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        good = cell(LiveState.LEVEL, target=Target("us", label="us"))
        engine.live.say(board(cell(LiveState.FAILING), good))
        await seen(pilot, "✗ failing 1/2")


async def test_a_lane_says_how_fresh_it_is() -> None:
    engine = ScriptedEngine()
    async with opened(engine, size=(180, 45)) as pilot:
        engine.live.say(board(cell(LiveState.UNREACHABLE), freshness=LOST))
        await seen(pilot, "↯ lost")
        await pilot.press("2")
        await seen(pilot, "refuses the connection", "heard")


async def test_the_cell_tells_what_runs_and_why() -> None:
    engine = ScriptedEngine()
    async with opened(engine, size=(180, 45)) as pilot:
        engine.live.say(board(cell(LiveState.FAILING, "container app exits with code 1", cause=CRASH)))
        await pilot.press("2")
        await seen(pilot, "container app exits", "cannot reach database", "Kustomization checkout", "applied 5ae0846")


async def test_a_context_is_used_only_after_the_user_agreed() -> None:
    engine = ScriptedEngine()
    asked = replace(
        lane("staging", Freshness(Contact.ASK)), question="liftlock.toml names the context eu-prod. Use it?"
    )
    async with opened(engine) as pilot:
        engine.live.say(LiveBoard((asked,), {}, 1))
        await seen(pilot, "a: agree")
        await pilot.press("2", "a")
        await seen(pilot, "Use the context eu-prod?", "liftlock.toml names the context")
        await pilot.press("enter")
        await gone(pilot, "Use the context eu-prod?")
        assert engine.live.asked == []
        await pilot.press("a")
        await seen(pilot, "Use the context eu-prod?")
        await pilot.press("y")
        await until(pilot, lambda: ("agree", "staging", "eu-prod") in engine.live.asked, "agreed")


async def test_without_a_cluster_one_is_chosen_from_the_kubeconfig() -> None:
    engine = ScriptedEngine()
    engine.live.known = {"kind-one": "https://127.0.0.1:6443", "kind-two": "https://127.0.0.1:7443"}
    async with opened(engine) as pilot:
        await pilot.press("2", "a")
        await seen(pilot, "Which cluster is staging", "kind-two", "https://127.0.0.1:7443")
        await pilot.press("j", "enter")
        await until(pilot, lambda: ("agree", "staging", "kind-two") in engine.live.asked, "agreed")


async def test_no_kubeconfig_is_said_on_the_board_and_to_who_watches() -> None:
    engine = ScriptedEngine()
    engine.live.promoted = SHA
    none = Problem("kubeconfig", "You have no kubeconfig: nothing is at /none", "set KUBECONFIG")
    async with opened(engine) as pilot:
        engine.live.say(LiveBoard(problem=none))
        await seen(pilot, "no cluster: You have no kubeconfig")
        await pilot.press("2", "a")
        await seen(pilot, "nothing is at /none")
        await pilot.press("W")
        await until(pilot, lambda: engine.live.following, "it is followed")
        engine.live.following[0](())
        await seen(pilot, "· no cluster", "no cluster is known for staging", "→ set KUBECONFIG")
        assert "asking the cluster" not in text_of(pilot.app)


async def test_objects_of_a_lost_cluster_are_not_said_to_be_none() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        engine.live.say(board(cell(LiveState.UNREACHABLE), freshness=LOST))
        await pilot.press("2", "t")
        await seen(pilot, "↯ not asked", "eu was not asked: eu-prod refuses the connection", "→ r tries now")
        assert "nothing was found" not in text_of(pilot.app)


def right_pane(pilot: Pilot[int]) -> str:
    """What stands right of the plan, its lines joined."""
    return " ".join(" ".join(line.partition("│")[2] for line in text_of(pilot.app).splitlines()).split())


async def test_t_turns_to_the_live_diff() -> None:
    engine = ScriptedEngine()
    danger = "PersistentVolumeClaim data is deleted, with what is stored on it"
    engine.live.diffs = (
        LiveDiff("checkout", "staging", "", (change(Effect.CHANGED, restarts=True, dangers=(danger,)),), 3),
    )
    async with opened(engine) as pilot:
        await pilot.press("2", "p")
        await seen(pilot, "newTag")
        await pilot.press("t", "t")
        await seen(pilot, "live cluster", "1 object changes, 1 rollout restarts", "~ changed", "pods restart")
        # A danger is longer than the pane is wide here: it goes on on the next line, and is whole.
        await until(pilot, lambda: danger in right_pane(pilot), danger)
        await seen(pilot, "server-side apply, dry run", "replicas: 2", "written by kubectl (scale)")
        await pilot.press("t")
        await seen(pilot, " files ")


async def test_a_live_diff_that_cannot_be_made_says_why() -> None:
    engine = ScriptedEngine()
    engine.live.diffs = (LiveDiff("checkout", "staging", "", problem="no cluster is known for it", hint="press a"),)
    async with opened(engine) as pilot:
        await pilot.press("2", "p")
        await seen(pilot, "newTag")
        await pilot.press("t", "t")
        await seen(pilot, "no cluster is known for it", "press a")


async def converging(pilot: object, engine: ScriptedEngine) -> None:
    engine.live.promoted = SHA
    await pilot.press("2", "W")  # type: ignore[attr-defined]
    await seen(pilot, "staging", "pushed")  # type: ignore[arg-type]


async def test_the_steps_and_why_it_waits() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("waiting"),)
    async with opened(engine) as pilot:
        await converging(pilot, engine)
        # Of the events those since the push, with the end of the pod's name and all that was said.
        await seen(pilot, "Pod …", "6d8f9c7b54-x2x9p: Back-off restarting failed container")
        assert "from before the push" not in text_of(pilot.app)
        await seen(pilot, "↻ converging", "✓ pushed", "… seen", "Flux looks at this repository", "at most 26s more")


async def test_stuck_shows_the_first_cause_with_its_log_and_rings_once() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("rolling"),)
    async with opened(engine) as pilot:
        rung: list[int] = []
        pilot.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        await converging(pilot, engine)
        await seen(pilot, "55 % of what is wanted is ready")
        for _ in range(2):
            engine.live.following[0]((convergence("stuck"),))
            await seen(pilot, "✗ stuck after 1m", "exits with code 1", "cannot reach database", "CrashLoopBackOff")
        assert rung == [1]


async def test_a_lost_cluster_is_told_and_what_was_known_stays() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("lost"),)
    async with opened(engine) as pilot:
        await converging(pilot, engine)
        await seen(pilot, "unreachable", "what stands here is from then", "✓ applied")
        await pilot.press("r")
        await until(pilot, lambda: ("retry", "staging") in engine.live.asked, "tried again")


async def test_leaving_stops_nothing_and_says_how_to_come_back() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("rolling"),)
    async with opened(engine) as pilot:
        await converging(pilot, engine)
        await pilot.press("escape")
        await seen(pilot, "goes on by itself", "W on the board")
        await until(pilot, lambda: ("unfollow", "staging") in engine.live.asked, "followed no longer")


async def test_what_is_written_to_a_cluster_is_asked_first() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("waiting"),)
    async with opened(engine) as pilot:
        await converging(pilot, engine)
        await pilot.press("R")
        await seen(pilot, "reconcile Kustomization checkout", "nothing is forced", "$ kubectl --context eu-prod")
        await pilot.press("enter")
        await gone(pilot, "nothing is forced")
        assert not any(call[0] == "intervene" for call in engine.live.asked)
        await pilot.press("R")
        await seen(pilot, "nothing is forced")
        await pilot.press("y")
        await until(pilot, lambda: ("intervene", "reconcile", "") in engine.live.asked, "done")


async def test_a_protected_environment_wants_its_name() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("rolling"),)
    async with opened(engine) as pilot:
        await converging(pilot, engine)
        await pilot.press("z")
        await seen(pilot, "type staging to do it")
        await pilot.press("y", "enter")
        await seen(pilot, "That is not staging")
        assert not any(call[0] == "intervene" for call in engine.live.asked)
        await pilot.press("backspace", *"staging", "enter")
        await until(pilot, lambda: ("intervene", "suspend", "staging") in engine.live.asked, "done")


async def test_what_cannot_be_done_says_why() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("rolling"),)
    async with opened(engine) as pilot:
        await converging(pilot, engine)
        await pilot.press("s")  # nothing here can be synced, and the footer offers it not
        assert not any(call[0] == "offer" for call in engine.live.asked)
        engine.live.failure = ClusterError("Kustomization checkout has no reconcile", "it is suspended")
        await pilot.press("R")
        await seen(pilot, "has no reconcile", "it is suspended")


async def test_the_objects_worst_first_with_a_filter() -> None:
    engine = ScriptedEngine()
    engine.live.objects = tree(CRASH)
    async with opened(engine) as pilot:
        engine.live.say(board(cell(LiveState.FAILING)))
        await pilot.press("2", "t")
        await seen(pilot, "Deployment checkout", "Pod checkout-6d8f9c7b54-x2x9p", "old", "Service checkout")
        await pilot.press("j")
        await seen(pilot, "container app exits with code 1")
        await pilot.press("slash", *"service", "enter")
        await gone(pilot, "Pod checkout-6d8f9c7b54-x2x9p")
        await pilot.press("escape")
        await seen(pilot, "Pod checkout-6d8f9c7b54-x2x9p")


async def test_drift_tells_who_wrote_it_and_the_way_out() -> None:
    engine = ScriptedEngine()
    engine.live.diffs = (LiveDiff("checkout", "staging", "", (change(),), 3),)
    async with opened(engine) as pilot:
        engine.live.say(board(cell(LiveState.DRIFTED)))
        await pilot.press("2", "d")
        await seen(pilot, "Deployment checkout", "spec.replicas", "kubectl (scale)", "5m ago", "restore what Git says")
        await pilot.press("R")
        await seen(pilot, "reconcile Kustomization checkout")


async def test_what_drifted_is_staged_as_a_change_of_git() -> None:
    engine = ScriptedEngine()
    engine.live.diffs = (LiveDiff("checkout", "staging", "", (change(),), 3),)
    engine.live.adopted = make_plan("staging", ("staging",), ("checkout",))
    async with opened(engine) as pilot:
        engine.live.say(board(cell(LiveState.DRIFTED)))
        await pilot.press("2", "d")
        await seen(pilot, "stages what runs as a change of Git")
        engine.live.failure = PlanError("This cannot be adopted into Git", "no file of checkout says 5")
        await pilot.press("A")
        await seen(pilot, "This cannot be adopted into Git", "no file of checkout says 5")
        await pilot.press("escape")
        engine.live.failure = None
        await pilot.press("A")
        await seen(pilot, "what runs in staging → Git", "1 field cannot be adopted", "Git says nothing of it")
        assert engine.live.asked.count(("adopt", "staging", "checkout")) == 2


async def test_several_targets_converge_beside_each_other() -> None:
    engine = ScriptedEngine()
    engine.live.states = (convergence("converged", EU), convergence("stuck", Target("us", label="us")))
    async with opened(engine, size=(120, 60)) as pilot:
        await converging(pilot, engine)
        await seen(pilot, " eu ", " us ", "✗ stuck", "CronJob reindex runs at its own times")
