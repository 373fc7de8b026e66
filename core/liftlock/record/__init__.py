"""The record: what was promoted, when, by whom, how long it took, and what was taken back, from Git alone.

Each name is taken from its module when it is first asked for: a plan needs the releases and not the record.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock.record.releases import Releases
    from liftlock.record.session import Chronicle, Hall, Records

_HOME = {"Releases": "releases", "Chronicle": "session", "Hall": "session", "Records": "session"}

__all__ = ["Chronicle", "Hall", "Records", "Releases"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found
