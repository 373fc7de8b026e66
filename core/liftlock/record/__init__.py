"""The record: what was promoted, when, by whom, how long it took, and what was taken back, from Git alone.

Each name is taken from its module when it is first asked for: a plan needs the releases and not the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.ondemand import on_demand

if TYPE_CHECKING:
    from liftlock.record.releases import Releases
    from liftlock.record.session import Chronicle, Hall, Records

_HOMES = {"Releases": "releases", "Chronicle": "session", "Hall": "session", "Records": "session"}

__all__ = ["Chronicle", "Hall", "Records", "Releases"]

__getattr__ = on_demand(__name__, _HOMES)
