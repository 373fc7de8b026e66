"""Waves and trains: one step after the other, each started by a person, their whole state in Git."""

from __future__ import annotations

from liftlock.waves.session import Shore, Waves

__all__ = ["Shore", "Waves"]
