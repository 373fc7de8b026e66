"""An opened repository with its parts: what the engine's answers are made from."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from liftlock.clock import Clock, SystemClock
from liftlock.commands import Entry, Journal, Runner
from liftlock.config import Settings, cache_dir, load_user
from liftlock.errors import ForgeError, RepositoryError
from liftlock.gitrepo import Repository
from liftlock.logbook import Logbook, entries
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading, require
from liftlock.text import printable

# What rendering, and the clusters, need is imported when it is asked for: a plan starts in half the time.
if TYPE_CHECKING:
    from liftlock.gates import Checks, Gates
    from liftlock.live import Live
    from liftlock.model.promotion import Promotion
    from liftlock.model.review import Flight, InFlight
    from liftlock.overview.cache import BoardCache
    from liftlock.overview.outside import Outside
    from liftlock.record import Records, Releases
    from liftlock.render import Renderer
    from liftlock.reviews import Reviews
    from liftlock.rollbacks import Rollbacks
    from liftlock.waves import Waves


def _hides(path: str, before: bytes | None, after: bytes | None) -> bool:
    from liftlock.diffing import tells_a_secret

    return tells_a_secret(path, before, after)


class Opened:
    """One repository, opened: Git, settings, caches, and the parts that are made when they are first asked for."""

    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        runner: Runner,
        clock: Clock,
        at: str | None,
        cache: bool,
        contexts: Mapping[str, str],
    ) -> None:
        self.runner = runner
        self.journal = runner.journal
        self.clock = clock
        self.name = printable(repository.name)
        self._user = settings.user
        self._repository = repository
        self._at = at
        self._contexts = contexts
        self._lock = threading.RLock()
        self._reading: Reading | None = None
        self._planning = Planning()
        self._cached = cache_dir() if cache else None
        self._made: list[Promotion] = []
        self._live: Live | None = None
        self._reviews: dict[str, Reviews] = {}
        self._gates: Gates | None = None
        self.logbook: Logbook | None = None
        self._closing = threading.Lock()
        self._closed = False

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        at: str | None = None,
        journal: Journal | None = None,
        clock: Clock | None = None,
        cache: bool = True,
        contexts: Mapping[str, str] | None = None,
        logged: bool = True,
    ) -> Self:
        """Open the repository that holds `start`. With `at`, Git is read as it stood at that revision.

        `contexts` are the contexts of environments by name, for this run only. What is run is written to the user's
        command log when it is `logged`.

        Raises RepositoryError, ConfigError.
        """
        runner = Runner(journal)
        user = load_user()
        try:
            place = start.absolute()  # so that a complaint names the folder
        except OSError as error:
            raise RepositoryError(
                "The folder you are in is gone", error.strerror or "", "go to a clone, or name one with --repo DIR"
            ) from error
        repository = Repository.open(place, runner, hides=_hides)
        opened = cls(repository, Settings(user=user), runner, clock or SystemClock(), at, cache, contexts or {})
        if logged:
            opened.logbook = Logbook(str(repository.common_dir))
            opened.logbook.follow(runner.journal)
        return opened

    def close(self) -> None:
        """End every connection and every process that still runs. Called again, it waits until that is done."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if self._live is not None:
                self._live.close()
            for reviews in self._reviews.values():
                reviews.close()
            if "releases" in self.__dict__:
                self.releases.close()
            self._repository.close()
            self.runner.close()
            if self.logbook is not None:
                self.logbook.close()

    def command_log(self, *, everything: bool = False) -> tuple[Entry, ...]:
        """What all runs did in this repository, the oldest first; without `everything` what changed something."""
        return entries(str(self._repository.common_dir), mutating_only=not everything)

    @property
    def settings(self) -> Settings:
        """The user's settings beside the repository's as it was last read."""
        reading = self._reading
        return Settings(reading.config, self._user) if reading is not None else Settings(user=self._user)

    @cached_property
    def _cache(self) -> BoardCache:
        from liftlock.overview.cache import BoardCache

        return BoardCache(self._cached)

    @cached_property
    def _renderer(self) -> Renderer:
        from liftlock.render import Renderer

        return Renderer(self.runner, self._cached / "rendered" if self._cached else None)

    @property
    def live(self) -> Live:
        """The live side: what runs in the clusters of the environments. Nothing is connected before it is asked."""
        with self._lock:
            if self._live is None:
                from liftlock.config import recall
                from liftlock.live import Live, World

                name = str(self._repository.common_dir)
                known = recall()
                self._live = Live(
                    World(
                        self._repository,
                        lambda: self._read(fresh=True),
                        self._planning,
                        self._renderer,
                        self.runner,
                        self.clock,
                        name,
                        set(known.contexts.get(name, ())),
                        dict(known.answers.get(name, {})),
                        self._contexts,
                    )
                )
            return self._live

    @property
    def gates(self) -> Gates:
        """What stands between a version and its next environment: evaluated here, before a push or a merge."""
        with self._lock:
            if self._gates is None:
                from liftlock.gates import Gates, Ground

                self._gates = Gates(
                    Ground(
                        self._repository,
                        lambda: self._read(fresh=True),
                        self._planning,
                        lambda: self.live,
                        lambda: self._renderer,
                        self.clock,
                        self._at,
                        self._checks_at,
                    )
                )
            return self._gates

    def _checks_at(self, clone: str) -> Checks | None:
        """What tells the checks of a repository's commits, None where no forge is known."""
        reviews = self.reviews_at(clone)
        return reviews.reported if reviews.known else None

    @property
    def reviews(self) -> Reviews:
        """Promotions as pull requests on the remote's forge. No forge is asked before something is."""
        return self.reviews_at("")

    def reviews_at(self, clone: str) -> Reviews:
        """Those of a repository that holds environments, as liftlock.toml names its clone, "" for this one.

        Raises RepositoryError.
        """
        home = self._repository.neighbour(clone) if clone else self._repository
        with self._lock:
            if clone not in self._reviews:
                from liftlock.config import remember
                from liftlock.reviews import Desk, Reviews

                self._reviews[clone] = Reviews(
                    Desk(
                        home,
                        clone,
                        lambda: self._read(fresh=True).usual(clone),
                        lambda: self._read(fresh=True),
                        self._planning,
                        lambda: self._renderer,
                        self.runner,
                        self.clock,
                        self._forges(),
                        lambda host, kind: remember("", f"forge {host}", kind),
                    )
                )
            return self._reviews[clone]

    @property
    def outside(self) -> Outside:
        """Where files and commits can be seen elsewhere: in the work tree, on the forge."""
        from liftlock.overview.outside import Outside

        return Outside(self._repository, self._forges())

    def _forges(self) -> dict[str, str]:
        """Which forge a host is: what the user says, before what was found out."""
        from liftlock.config import recall

        learned = {h.removeprefix("forge "): k for h, k in recall().answers.get("", {}).items()}
        return {**learned, **self._user.forges}

    @cached_property
    def rollbacks(self) -> Rollbacks:
        """The way back: the states that an app had, how it did in each, and the plan that returns to one."""
        from liftlock.rollbacks import Rollbacks, Yard

        return Rollbacks(
            Yard(
                self._repository,
                lambda: self._read(fresh=True),
                self._planning,
                lambda: self.live,
                lambda: self.gates,
                lambda: self._renderer,
                self.clock,
                self._at,
            )
        )

    @cached_property
    def waves(self) -> Waves:
        """Waves and trains: promotions that go on step by step, each started by a person; their state is in Git."""
        from liftlock.waves import Shore, Waves

        return Waves(Shore(lambda: self._read(fresh=True), self._planning, lambda: self.gates, self.clock))

    @cached_property
    def record(self) -> Records:
        """The record: what came to which environment when, from where, by whom."""
        from liftlock.record import Hall, Records

        return Records(Hall(self._repository, lambda: self._read(fresh=True), self._planning, self._at))

    @cached_property
    def releases(self) -> Releases:
        """What new versions contain, from the clones of apps' repositories that the user has mapped."""
        from liftlock.record import Releases

        return Releases(self.runner, lambda: self._user.repositories)

    def flights(self, *, judged: bool = True) -> InFlight:
        """The promotions in flight in every repository that holds environments; see `Reviews.flights`.

        Raises ForgeError, RepositoryError where no forge tells.
        """
        from liftlock.reviews import in_flight

        return in_flight({clone: self.reviews_at(clone) for clone in self._read(fresh=True).clones()}, judged=judged)

    def flights_if_told(self, *, judged: bool = True) -> InFlight | None:
        """The same of the forges that are known and that there is a token for; None where there are none.

        Without a token nothing is asked: a stranger's calls are soon used up.
        """
        from liftlock.reviews import in_flight

        told: dict[str, Reviews] = {}
        for clone in self._read(fresh=True).clones():
            reviews = self.reviews_at(clone)
            if reviews.known and reviews.opened.token_from:
                told[clone] = reviews
        return in_flight(told, judged=judged) if told else None

    def _others_in_flight(self) -> tuple[Flight, ...]:
        """The open pull requests that promote; none where no forge tells."""
        try:
            found = self.flights_if_told(judged=False)
        except ForgeError as error:
            self.runner.note(f"pull requests of others are not known: {error}", code=1)
            return ()
        return found.flights if found is not None else ()

    def reviews_in(self, environment: str) -> Reviews:
        """Those of the repository that holds an environment, of this one where none is named.

        Raises PlanError (no such environment), RepositoryError.
        """
        return self.reviews_at(require(self._read(), environment).repository if environment else "")

    def reviews_of(self, targets: Sequence[str]) -> Reviews:
        """Those of the repository that a promotion to these targets is pushed from. Raises RepositoryError."""
        return self.reviews_at(self._read().clone_of(targets[0]))

    def _home(self, targets: Sequence[str]) -> Repository:
        """The repository that a promotion to these environments is committed in and pushed from."""
        return self._read().home_of(targets[0]) if targets else self._repository

    def _read(self, *, fresh: bool = False) -> Reading:
        """The repository as it stands; with `fresh` its refs are looked at again, and all is kept while they stay."""
        with self._lock:
            if self._reading is None or (fresh and self._reading.stale()):
                self._reading = Reading(self._repository, self._at)
            return self._reading
