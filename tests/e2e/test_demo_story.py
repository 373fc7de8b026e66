"""The demo's stories without the app: real pushes to its own remote, followed until the clusters have converged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
COMMAND = "import sys; from liftlock_tui.cli import main; main()"
STORIES = {
    "kustomize": ("≠ drifted", "kubectl-scale", "production converged after", "SMTP_RELAY is not set", "staging stuck"),
    "flux": ("through flux", "production converged after", "soundings 2026a are older", "production stuck"),
    "argocd": ("through argocd", "≠ drifted", "production-eu converged after", "VOUCHERS_KEY is not set"),
    "jenkinsx": ("through jenkinsx", "production converged after", "the boot job", "grade fine is unknown"),
    "plain": ("≠ drifted", "somebody runs kubectl apply", "prod converged after", "has no column seats"),
}


@pytest.mark.parametrize("example", STORIES)
def test_the_story_is_played_to_its_end(example: str, tmp_path: Path) -> None:
    own = {"KUBECONFIG": "/nowhere", "TMPDIR": str(tmp_path)}  # what the user has is neither needed nor touched
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, "demo", "--headless", "--example", example],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [text for text in STORIES[example] if text not in ended.stdout] == []
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_name_lists_the_examples() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, "demo", "--headless", "--example", "fluxx"], capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert "liftlock demo --example flux" in ended.stderr
