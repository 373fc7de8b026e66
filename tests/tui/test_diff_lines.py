"""What is said of a rendering beside its objects."""

from __future__ import annotations

import pytest

from liftlock.model.diff import Rendering
from liftlock_tui.render.diff import remark_lines, renderings

NOTE = "values.yaml cannot be read: tabs"


@pytest.mark.parametrize("problem", ["", "kustomize is not there"])
def test_the_notes_of_a_rendering_are_shown(problem: str) -> None:
    found = Rendering("api", "dev", "plain", (), 2, (), problem, "", (NOTE,))
    shown = [drawn.text for drawn in renderings([found], 3, 80, side=False, whole=True, progress="")]
    assert sum(NOTE in text for text in shown) == 1
    assert any(NOTE in drawn.text for drawn in remark_lines([found], 80))
