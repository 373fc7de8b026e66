"""What gates need of the engine that owns them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from liftlock.clock import Clock
from liftlock.gates.checks import Checks
from liftlock.gitrepo import Repository
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading
from liftlock.values import dataclass

if TYPE_CHECKING:
    from liftlock.live import Live
    from liftlock.render import Renderer


@dataclass(frozen=True, slots=True)
class Ground:
    """The repository as the engine has it open. `at` is the revision that it is read at, None for now.

    `live` and `renderer` are made when they are asked for: most gates need neither. `checks` gives what asks the forge
    of a repository, as liftlock.toml names its clone; None where none is known.
    """

    repository: Repository
    reading: Callable[[], Reading]
    planning: Planning
    live: Callable[[], Live]
    renderer: Callable[[], Renderer]
    clock: Clock
    at: str | None = None
    checks: Callable[[str], Checks | None] = lambda clone: None
