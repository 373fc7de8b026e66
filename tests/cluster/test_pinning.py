"""What moves by itself in the source is promoted as the build that its cluster runs."""

from __future__ import annotations

import re

from worlds import World


def test_a_tag_that_moves_is_promoted_as_the_build_that_runs(world: World) -> None:
    world.build("latest")
    world.until("dev", lambda live: live["state"] == "live" and [r["value"] for r in live["running"]] == ["latest"])
    answer = world.promote("dev", "staging", "--pin")
    assert answer.code == 0, answer.err
    assert "pinned to what 2 pods of dev run" in answer.err
    assert re.fullmatch(r"latest@sha256:[0-9a-f]+", world.version("staging"))
    assert world.images("staging") == {f"registry.example.org/shop:{world.version('staging')}"}
    assert world.version("dev") == "latest"


def test_a_pinned_version_has_nothing_to_pin(world: World) -> None:
    world.build("1.6.0")
    answer = world.liftlock("promote", "dev", "staging", "--pin", "--json")
    assert answer.code == 0, answer.err
    assert "nothing to pin" in answer.err
