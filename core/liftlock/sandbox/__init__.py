"""An embedded cluster with a GitOps controller, for the demo and for tests of faults and clocks."""

from liftlock.sandbox.embedding import Starting, starting
from liftlock.sandbox.story import Line, Story, read_story

__all__ = ["Line", "Starting", "Story", "read_story", "starting"]
