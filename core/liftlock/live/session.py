"""The live side of one repository, while it is open: connections, the board that fills in, and what is followed.

Clusters are heard on a loop of their own; one thread puts together what they say, at most ten times a second and
never with more than a small share of a core. Front ends call from any thread and are told from this one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from liftlock.cluster.health import happenings, tree
from liftlock.cluster.livediff import consequence, dangers
from liftlock.commands import action
from liftlock.config import context_question, remember, trust
from liftlock.errors import ClusterError, LiftlockError, PlanError
from liftlock.live.adopting import adopt
from liftlock.live.clusters import Clusters
from liftlock.live.comparing import Comparing
from liftlock.live.desired import Desired
from liftlock.live.digest import Digest, Seen, Whole, tree_or_none
from liftlock.live.following import Follower
from liftlock.live.gitside import GitSide
from liftlock.live.holding import closings
from liftlock.live.intervening import interventions
from liftlock.live.pending import newest, pending
from liftlock.live.places import Place
from liftlock.live.signs import told
from liftlock.live.world import World
from liftlock.model.convergence import Convergence
from liftlock.model.diff import ObjectKey
from liftlock.model.gates import Closing
from liftlock.model.health import Happening, LiveObject
from liftlock.model.live import Act, Contact, Controller, Intervention, Lane, LiveBoard
from liftlock.model.livediff import LiveDiff
from liftlock.model.plan import Pin, Plan
from liftlock.model.rollback import Sign
from liftlock.overview.reading import Reading, require
from liftlock.promotion.pinning import floating, pinned, pins
from liftlock.render.overlay import Overlay

_EAGER = 0.02
"""Seconds between two passes until all is known for the first time: somebody waits for the first live cells."""
_SAMPLE = 0.1
"""A screen is told at most so often, in seconds."""
_SHARE = 8
"""After a pass that took t seconds of work the next one waits so many t: it never takes more than a ninth."""
_REREAD = 2.0
"""The repository's refs are looked at again after so many seconds."""
_LONGEST = 2.0
"""But no longer than so many seconds."""
_TICK = 1.0
"""Seconds after which it is looked again though nothing was heard: waiting and freshness depend on the time."""

Tell = Callable[[LiveBoard], None]


class Live:
    """What runs where. Nothing is connected before `start`, or before something is asked of it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._settled = threading.Condition()
        self._clusters = Clusters(world, self._wake.set)
        self._desired = Desired(world.renderer, self._wake.set)
        self._digest = Digest(GitSide(world.repository), self._desired)
        self._tell: list[Tell] = []
        self._followers: list[Follower] = []
        self._whole = Whole(LiveBoard(), {}, {})
        self._seen: Mapping[str, Seen] = {}
        self._reading: Reading | None = None
        self._read_at = 0.0
        self._addresses: list[str] = []
        self._places: tuple[Place, ...] = ()
        self._number = 0
        self._events = False
        self._thread: threading.Thread | None = None
        self._settled_pass = False
        self._told = LiveBoard()
        self._told_at = -_SAMPLE
        self._closed = False

    # The board -----------------------------------------------------------------------------------------------------

    def start(self, tell: Tell | None = None) -> None:
        """Begin to listen; `tell` gets each new board, from another thread, at most ten times a second."""
        with self._lock:
            if tell is not None:
                self._tell.append(tell)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._wake.set()

    def board(self) -> LiveBoard:
        """The live side as it is known now."""
        return self._whole.board

    def ask(self, environments: Sequence[str] = (), *, within: float = 8.0) -> LiveBoard:
        """The board once these environments (none for all) are known, or what is known after so many seconds."""
        self.start()
        until = time.monotonic() + within
        with self._settled:
            while not self._known(environments):
                left = until - time.monotonic()
                if left <= 0 or self._closed:
                    break
                self._settled.wait(left)
        return self._whole.board

    def _known(self, environments: Sequence[str]) -> bool:
        """Whether nothing more is to be waited for before these environments are told of."""
        board = self._whole.board
        lanes = [lane for lane in board.lanes if not environments or lane.environment in environments]
        if self._number == 0 or any(lane.freshness.contact is Contact.CONNECTING for lane in lanes):
            return False
        heard = [lane for lane in lanes if lane.freshness.contact is Contact.LIVE]
        if not all(self._clusters.listed(context) for lane in heard for context in _contexts(lane)):
            return False
        names = {lane.environment for lane in heard}
        return self._settled_pass and not any(
            cell.objects == 0 and any(d.controller is not Controller.JENKINSX for d in cell.deliveries)
            for key, several in board.cells.items()
            if key[1] in names
            for cell in several
        )

    def retry(self, environment: str = "") -> None:
        """Try connections that are lost, or that wait for a login, now."""
        chosen = [p for p in self._clusters.places(self._world.reading()) if environment in ("", p.environment)]
        self._clusters.retry({context for place in chosen for context in place.contexts})
        self._wake.set()

    def contexts(self) -> Mapping[str, str]:
        """The contexts of the user's kubeconfig with the addresses of their servers."""
        return self._clusters.known().contexts

    def agree(self, environment: str, context: str) -> None:
        """The user agreed to this context for the environment; it is remembered in the user's own file."""
        reading = self._world.reading()
        known = reading.environment(environment)
        name = self._world.name
        if known is not None and any(context in (t.context, t.workloads) for t in known.targets):
            for target in known.targets:
                for one in (target.context, target.workloads):
                    if one:
                        trust(name, one)
                        self._world.trusted.add(one)
        else:
            remember(name, context_question(environment), context)
            self._world.answers[context_question(environment)] = context
        self._wake.set()

    # Objects -------------------------------------------------------------------------------------------------------

    def tree(self, environment: str, app: str = "") -> tuple[LiveObject, ...]:
        """The objects of an environment (or of one app there) from what Git has down to pods, the worst first."""
        now = self._world.clock.now()
        return tuple(one for keys, seen in self._asked(environment, app) for one in tree(keys, seen.objects, now))

    def happenings(self, environment: str, app: str = "", *, limit: int = 50) -> tuple[Happening, ...]:
        """The newest events of these objects and of what they own, newest first."""
        found = [h for keys, seen in self._asked(environment, app) for h in happenings(keys, seen.objects, limit)]
        return tuple(sorted(found, key=lambda h: -h.at)[:limit])

    def closings(self, environment: str, app: str, versions: Sequence[str]) -> tuple[Closing, ...]:
        """What the environment's clusters themselves hold these versions of the app back with. Raises ClusterError."""
        spots = [s for s in self._whole.spots.values() if (s.cell.environment, s.cell.app) == (environment, app)]
        return closings(spots, self._world, self._clusters, self._seen, environment, versions)

    def signs(self, environment: str, app: str) -> tuple[Sign, ...]:
        """What the clusters of the environment show of the states that the app had there; see `signs`."""
        self.ask([environment])
        return tuple(told(self._whole, self._seen, environment, app, self._world.clock.now()))

    def _asked(self, environment: str, app: str) -> Iterator[tuple[tuple[ObjectKey, ...], Seen]]:
        self._events = True
        self._wake.set()
        whole, seen = self._whole, self._seen
        for spot_id, spot in whole.spots.items():
            there = seen.get(spot.place.target.workloads or spot.place.target.context)
            if spot.cell.environment == environment and app in ("", spot.cell.app) and there is not None:
                yield whole.objects.get(spot_id, ()), there

    # Differences ---------------------------------------------------------------------------------------------------

    def diff(
        self,
        plan: Plan,
        *,
        fetch: bool = False,
        cancelled: Callable[[], bool] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Iterator[LiveDiff]:
        """What applying the staged plan would change in the clusters of its targets, app by app. Raises EditError."""
        self.ask(plan.targets)
        reading = self._world.reading()
        base = reading.tree_at(plan.base)
        after = Overlay(base, self._world.planning.files(reading, plan))
        apps = {change.app for change in plan.chosen}
        spots = [s for s in self._whole.spots.values() if s.cell.environment in plan.targets and s.cell.app in apps]
        yield from self._without_a_place(plan.targets, apps)
        yield from self._comparing().diffs(
            [(spot, after, base) for spot in spots],
            self._seen,
            self._labelled(),
            fetch=fetch,
            cancelled=cancelled,
            progress=progress,
        )

    def drift(
        self, environment: str, apps: Sequence[str] = (), *, cancelled: Callable[[], bool] | None = None
    ) -> Iterator[LiveDiff]:
        """How what runs differs from Git at the revision that each cluster has the objects of. Raises PlanError."""
        reading = self._world.reading()
        tip = reading.tree_of(require(reading, environment))
        self.ask([environment])
        wanted = []
        for spot in self._whole.spots.values():
            if spot.cell.environment == environment and (not apps or spot.cell.app in apps):
                stands = next((d.stands for d in spot.deliveries if d.stands), "")
                wanted.append((spot, tree_or_none(reading, stands) or tip, None))
        yield from self._without_a_place([environment], set(apps))
        yield from self._comparing().diffs(wanted, self._seen, self._labelled(), cancelled=cancelled)

    def adopt(self, environment: str, app: str) -> tuple[Plan, tuple[str, ...]]:
        """What drifted in one app as a staged change of Git, and what of it cannot be adopted, as sentences.

        Nothing is committed to a branch. Raises PlanError when nothing drifted or nothing of it can be adopted,
        ClusterError when the cluster cannot be compared, RepositoryError.
        """
        diffs = list(self.drift(environment, [app]))
        failed = next((diff for diff in diffs if diff.problem), None)
        if failed is not None:
            raise ClusterError(f"{app} in {environment} cannot be compared", failed.problem, failed.hint)
        spot = next(s for s in self._whole.spots.values() if (s.cell.app, s.cell.environment) == (app, environment))
        wanted = frozenset((one.key, field) for diff in diffs for one in diff.changes for field in one.diff.fields)
        if not wanted:
            raise PlanError(f"Nothing of {app} in {environment} has drifted", "what runs is what Git says")
        reading = self._world.reading()
        tree = reading.tree_of(require(reading, environment))
        target = spot.place.target
        objects = self._seen[target.workloads or target.context].objects
        found = adopt(spot, tree, wanted, lambda at: self._desired.render(spot, at, objects.get))
        if not found.files:
            raise PlanError(
                "This cannot be adopted into Git",
                "; ".join(found.left),
                "change it there by hand, or press R to have Git's value restored",
            )
        said = f"what runs of {app} in {environment}"
        commit = reading.home_of(environment).write_commit(tree.commit, found.files, said, sign=False)
        return self._world.planning.adoption(reading, environment, app, commit), found.left

    def pin(self, plan: Plan) -> tuple[Plan, tuple[Pin, ...]]:
        """The plan with what moves by itself (`latest`, a range, a branch) staged as what runs in its source.

        Beside it what was found for each such change; where nothing can be pinned the plan warns of it.
        """
        if not floating(plan):
            return plan, ()
        cells = self.ask([plan.source]).cells
        found = pins(plan, {app: cells.get((app, plan.source), ()) for app in plan.apps})
        return pinned(plan, found), found

    def consequence(self, diffs: Sequence[LiveDiff]) -> tuple[str, tuple[str, ...]]:
        """What follows, in one line; and what is lost or cannot be undone, by name."""
        return consequence(diffs), dangers(diffs)

    def _without_a_place(self, environments: Sequence[str], apps: set[str]) -> Iterator[LiveDiff]:
        """One line for each environment whose cluster is not known or not heard at all."""
        board = self._whole.board
        there = {spot.cell.environment for spot in self._whole.spots.values()}
        for name in (one for one in environments if one not in there):
            lane = next(iter(board.lanes_of(name)), None)
            problem = lane.freshness.problem if lane is not None else board.problem
            why = problem.title if problem is not None else "no cluster is known for it"
            hint = problem.hint if problem is not None else "press a on its lane to choose a context"
            if lane is not None and lane.question:
                why, hint = "its context is not agreed to", lane.question
            yield LiveDiff(" and ".join(sorted(apps)) or "all apps", name, "", problem=why, hint=hint)

    def _labelled(self) -> dict[str, bool]:
        board = self._whole.board
        return {lane.environment: len(board.lanes_of(lane.environment)) > 1 for lane in board.lanes}

    def _comparing(self) -> Comparing:
        return Comparing(self._desired, self._clusters.api, self._clusters.run)

    # Convergence ---------------------------------------------------------------------------------------------------

    def follow(
        self,
        environment: str,
        revision: str,
        tell: Callable[[tuple[Convergence, ...]], None],
        *,
        pushed_at: float | None = None,
    ) -> Callable[[], None]:
        """Follow a revision on all targets of an environment; the callable that is returned ends it.

        `tell` gets each new state, from another thread. `pushed_at` is when it was pushed, in seconds since the epoch;
        the commit's own time without it. Raises PlanError (no such environment), RepositoryError (no
        such revision).
        """
        reading = self._world.reading()
        require(reading, environment)
        commit = reading.home_of(environment).resolve(revision)
        follower = Follower(self._world, self._clusters, self._desired, environment, commit, tell, pushed_at)
        with self._lock:
            self._followers.append(follower)
        self.start()

        def stop() -> None:
            with self._lock, suppress(ValueError):
                self._followers.remove(follower)

        return stop

    def newest(self, environment: str) -> str | None:
        """The newest promotion to the environment in Git; None when there was none lately."""
        return newest(self._world.reading(), environment, self._world.clock.now())

    def pending(self) -> tuple[tuple[str, str], ...]:
        """Environments and commits of promotions that were pushed lately and are not settled there yet."""
        return pending(self._world.reading(), self._whole.board.cells, self._world.clock.now())

    # Acts ----------------------------------------------------------------------------------------------------------

    def offer(
        self, environment: str, act: Act, *, app: str = "", revision: str = "", prune: bool = False
    ) -> tuple[Intervention, ...]:
        """What would be asked before the act, per target. Raises ClusterError when there is nothing to act on."""
        self.ask([environment])
        known = self._world.reading().environment(environment)
        spots = [s for s in self._whole.spots.values() if s.cell.environment == environment and app in ("", s.cell.app)]
        protected = known is not None and known.protected
        return interventions(spots, act, environment, protected, revision, prune, self._world.clock.now())

    def intervene(self, intervention: Intervention, *, confirmed: str = "") -> str:
        """Do what was offered; a sentence on what was done. Raises ClusterError, PlanError (not confirmed)."""
        if intervention.confirm and confirmed != intervention.confirm:
            raise PlanError(
                f"{intervention.confirm} is protected and was not confirmed", intervention.sentence, "type its name"
            )
        with action(str(intervention.act)):
            for write in intervention.writes:
                self._clusters.write(write)
        self._wake.set()
        return intervention.sentence

    def pushed(self, environments: Sequence[str]) -> tuple[str, ...]:
        """Ask the controllers of those that liftlock.toml says so to look at once; a sentence for each that was asked.

        What cannot be asked is said in its sentence: the push is done all the same.
        """
        reading = self._world.reading()
        said = []
        for name in environments:
            known = reading.environment(name)
            if known is None or not known.reconcile:
                continue
            try:
                said += [self.intervene(offer) for offer in self.offer(name, Act.RECONCILE)]
            except LiftlockError as error:
                said.append(f"{name} was not asked to look now: {error.title}")
        return tuple(said)

    # Inside --------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every connection."""
        self._closed = True
        self._wake.set()
        self._desired.close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)
        self._clusters.close()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(_TICK)
            self._wake.clear()
            began = time.thread_time()
            with suppress(LiftlockError):  # the repository is being changed under us: the next pass tells
                self._connect()
                began = time.thread_time()
                self._pass()
            # Work is what this thread did: waiting for a processor that others use is none.
            took = time.thread_time() - began
            if self._settled_pass:
                time.sleep(max(_SAMPLE - took, min(took * _SHARE, _LONGEST), 0.0))
            else:
                time.sleep(max(_EAGER, min(took, _LONGEST)))

    def _connect(self) -> None:
        """Read the repository again now and then, and open the contexts that its environments need."""
        if self._reading is None or time.monotonic() - self._read_at > _REREAD:
            self._reading, self._read_at = self._world.reading(), time.monotonic()
            self._addresses = [url for home, _ in self._reading.homes() for _, url in home.remotes()]
        self._places = self._clusters.places(self._reading)
        usable = [place for place in self._places if place.agreed and not place.problem]
        self._clusters.open({context for place in usable for context in place.contexts})

    def _pass(self) -> None:
        """Put together what is known, tell who listens, and ask for what is needed next."""
        clusters, reading, now = self._clusters, self._reading, self._world.clock.now()
        if reading is None:
            return
        usable = [place for place in self._places if place.agreed and not place.problem]
        # What is read or rendered while this pass is made is in the next one: settled is what was there before it.
        settled, asked = self._listed(usable) and not self._desired.busy, self._desired.asked
        self._seen = clusters.seen(now)
        self._number += 1
        nowhere = clusters.known().problem
        whole = self._digest.make(reading, self._addresses, self._places, self._seen, now, self._number, nowhere)
        with self._lock:
            tells, followers = tuple(self._tell), tuple(self._followers)
        clusters.want(whole, events=bool(followers) or self._events)
        settled = settled and self._desired.asked == asked and self._listed(usable)
        self._whole, self._settled_pass = whole, settled
        if replace(whole.board, number=0) != replace(self._told, number=0):
            moment = time.monotonic()
            if moment - self._told_at >= _SAMPLE:
                self._told, self._told_at = whole.board, moment
                for tell in tells:
                    tell(whole.board)
            else:
                self._wake.set()  # it is told by the next pass
        for follower in followers:
            follower.look(reading, whole, self._seen, now)
        with self._settled:
            self._settled.notify_all()

    def _listed(self, usable: Sequence[Place]) -> bool:
        """Whether all that is wanted of these was read once, or cannot be."""
        return all(self._clusters.listed(context) for place in usable for context in place.contexts)


def _contexts(lane: Lane) -> tuple[str, ...]:
    return tuple(context for context in (lane.target.context, lane.target.workloads) if context)
