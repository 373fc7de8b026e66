"""What the live side needs of the engine that owns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from liftlock.clock import Clock
from liftlock.commands import Runner
from liftlock.gitrepo import Repository
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading
from liftlock.render import Renderer
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class World:
    """The repository as the engine has it open, and what was agreed to before.

    `name` is what the repository is remembered by. `trusted` and `answers` grow as the user agrees; `given` are
    contexts that hold for this run only, by environment. `protected` is asked for by name.
    """

    repository: Repository
    reading: Callable[[], Reading]
    planning: Planning
    renderer: Renderer
    runner: Runner
    clock: Clock
    name: str
    trusted: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
