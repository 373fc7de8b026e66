"""What a controller applies for its place: the folder, and what its own object puts on top of it."""

from liftlock.render.applied.applying import applied
from liftlock.render.applied.bench import Lookup
from liftlock.render.applied.from_git import Found, InGit, deliveries_in
from liftlock.render.applied.unresolved import is_unresolved, settled, unresolved

__all__ = ["Found", "InGit", "Lookup", "applied", "deliveries_in", "is_unresolved", "settled", "unresolved"]
