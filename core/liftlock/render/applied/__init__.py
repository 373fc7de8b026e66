"""What a controller applies for its place: the folder, and what its own object puts on top of it."""

from liftlock.render.applied.applying import Lookup, applied

__all__ = ["Lookup", "applied"]
