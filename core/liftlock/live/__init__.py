"""The live side of a repository: which cluster an environment is on, what runs there, and what is going on."""

from liftlock.live.session import Live
from liftlock.live.world import World

__all__ = ["Live", "World"]
