"""The promotions in flight: merged past a gate with a reason, in several repositories, with a forge that is silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from driving import opened, seen, text_of, until
from scripted_engine import ScriptedEngine
from scripted_gates import closed
from scripted_reviews import flights

from liftlock.errors import Problem
from liftlock_tui.screens.reviews import ReviewsScreen


def engine(environment: str = "staging") -> ScriptedEngine:
    made = ScriptedEngine()
    made.reviews.put(flights("checkout", environment))
    return made


async def to_reviews(pilot: Any) -> None:
    await seen(pilot, "2 in flight")
    await pilot.press("i")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewsScreen), "the reviews")
    await seen(pilot, "Checks")


async def test_a_closed_gate_holds_a_merge_until_a_reason_is_given() -> None:
    made = engine()
    made.gates.told = (closed(),)
    async with opened(made) as pilot:
        await to_reviews(pilot)
        await pilot.press("M")
        await seen(pilot, "Merge #12", "soak (checkout to staging)", "o override with a reason")
        await pilot.press("y")
        assert not made.named("merge")
        await pilot.press("o")
        await seen(pilot, "why go past soak")
        await pilot.press("enter")
        await seen(pilot, "An override needs a reason.")
        await pilot.press(*"hotfix", "enter")
        await seen(pilot, "⇢ overridden: soak", "reason: hotfix", "y merge")
        await pilot.press("down", "y")
        await until(pilot, lambda: bool(made.named("merge")), "merged")
    assert made.named("merge") == [(12, "merge", (), {"soak": "hotfix"})]


async def test_a_reason_does_not_stand_for_the_name_of_a_protected_environment() -> None:
    made = engine("production-us")
    made.gates.told = (replace(closed(), environment="production-us"),)
    async with opened(made) as pilot:
        await to_reviews(pilot)
        await pilot.press("M", *"o")
        await seen(pilot, "why go past soak")
        await pilot.press(*"hotfix", "enter")
        await seen(pilot, "type production-us, then Enter")
        await pilot.press(*"production", "enter")
        await seen(pilot, "That is not production-us: nothing was merged.")
        assert not made.named("merge")
        await pilot.press(*"-us", "enter")
        await until(pilot, lambda: bool(made.named("merge")), "merged")


async def test_what_it_changes_and_does_not_name_wants_its_name_typed() -> None:
    made = engine()
    made.reviews.unnamed = ("production-eu",)
    async with opened(made) as pilot:
        await to_reviews(pilot)
        await pilot.press("M")
        await seen(pilot, "! it changes production-eu too, and does not say so", "type production-eu, then Enter")
        await pilot.press(*"production-eu", "enter")
        await until(pilot, lambda: bool(made.named("merge")), "merged")
    assert made.named("merge") == [(12, "squash", ("production-eu",), {})]


async def test_those_of_several_repositories_stand_in_one_list() -> None:
    made = engine()
    first, second = made.reviews.there
    twin = replace(second, repository="../us", request=replace(second.request, number=first.number))
    made.reviews.put((first, twin))
    made.reviews.silent = (Problem("../asia", "git.acme.io does not answer: timed out", "try again later"),)
    async with opened(made) as pilot:
        await to_reviews(pilot)
        await seen(pilot, "in ../us", "! ../asia: git.acme.io does not answer", "try again later")
        await pilot.press("j")
        await until(pilot, lambda: pilot.app.screen.flight == twin, "the other one of that number")
        assert "nothing is in flight" not in text_of(pilot.app)
