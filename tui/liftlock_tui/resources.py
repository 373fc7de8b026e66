"""The files that liftlock brings along: themes and examples."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `themes` or `examples`: beside the modules where installed, at the top of the source tree else."""
    installed = _HERE / name
    return installed if installed.is_dir() else _HERE.parents[1] / name
