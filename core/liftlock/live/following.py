"""Following a revision until it has converged: what the state machine is given at each look, and who is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from liftlock.cluster.health import log_wanted, with_lines
from liftlock.cluster.objects import Manifest, Snapshot
from liftlock.convergence import Facts, track
from liftlock.errors import LiftlockError
from liftlock.live.clusters import Clusters
from liftlock.live.desired import Desired, keys
from liftlock.live.digest import Seen, Whole
from liftlock.live.drifting import unlike
from liftlock.live.promoted import Promoted, descends, promoted
from liftlock.live.releases import looked_up
from liftlock.live.spots import Spot
from liftlock.live.world import World
from liftlock.model.convergence import Convergence
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.health import Cause
from liftlock.model.live import Lane
from liftlock.overview.reading import Reading

_REFETCH = 5.0
"""A commit that the cluster has and the clone has not is fetched, at most once in so many seconds."""
_LINES = "8"
_NOTHING = Snapshot()

Tell = Callable[[tuple[Convergence, ...]], None]


class Follower:
    """One promotion to one environment, on all its targets. Its `look` is called from the session's thread alone."""

    def __init__(
        self,
        world: World,
        clusters: Clusters,
        desired: Desired,
        environment: str,
        revision: str,
        tell: Tell,
        pushed_at: float | None = None,
    ) -> None:
        """Raises RepositoryError when there is no such revision."""
        self.environment = environment
        self._world = world
        self._clusters = clusters
        self._desired = desired
        self._tell = tell
        self._last: dict[tuple[str, str], Convergence] = {}
        self._holds: dict[str, bool | None] = {}
        self._later: dict[str, bool | None] = {}
        self._fetched_at = 0.0
        self._logs: dict[tuple[ObjectKey, str], Cause] = {}
        self._asked: set[tuple[ObjectKey, str]] = set()
        comparisons = world.planning.comparisons
        self._promoted: Promoted = promoted(world.repository, comparisons, revision)
        made_at = next(iter(world.repository.history(revision, limit=1))).revision.time
        self._pushed_at = pushed_at if pushed_at is not None else made_at
        self._began: float | None = None

    def look(self, reading: Reading, whole: Whole, seen: Mapping[str, Seen], now: float) -> None:
        """Look again, and tell when something is new."""
        if self._began is None:
            # A commit that is minutes old was just pushed; an older one is told from its own time.
            self._began = max(self._pushed_at, 0.0) if self._pushed_at <= now else now
        lanes = [lane for lane in whole.board.lanes if lane.environment == self.environment]
        told = tuple(self._one(lane, reading, whole, seen, now) for lane in lanes)
        fresh = {(one.target.context, one.target.workloads): one for one in told}
        if not self._last or any(_new(self._last.get(at), one) for at, one in fresh.items()):
            self._tell(told)
        self._last = fresh

    def _one(self, lane: Lane, reading: Reading, whole: Whole, seen: Mapping[str, Seen], now: float) -> Convergence:
        at = (lane.target.context, lane.target.workloads)
        facts = self._facts(lane, reading, whole, seen, now)
        made = track(self._last.get(at), facts)
        if made.cause is not None:
            made = replace(made, cause=self._with_log(made.cause, lane.target, facts))
        return made

    def _facts(self, lane: Lane, reading: Reading, whole: Whole, seen: Mapping[str, Seen], now: float) -> Facts:
        target = lane.target
        there = seen.get(target.workloads or target.context)
        spots = [
            s
            for s in whole.spots.values()
            if s.place.target == target and s.cell.environment == self.environment and self._touches(s)
        ]
        deliveries = tuple(dict.fromkeys(d for spot in spots for d in spot.deliveries[:1]))
        facts = Facts(
            self.environment,
            target,
            self._promoted.commit,
            lane.freshness,
            there.objects if there is not None else _NOTHING,
            now,
            self._held(now),
            self._is_later,
            deliveries,
            values=self._promoted.values,
            pushed_at=self._began,
        )
        if there is None:
            return facts
        tree, base = reading.tree_at(self._promoted.commit), None
        base_of = f"{self._promoted.commit}^"
        known, compared, guessed = True, True, False
        mine: dict[ObjectKey, None] = {}
        wanted: dict[ObjectKey, Manifest] = {}
        changed: list[ObjectKey] = []
        differ: set[ObjectKey] = set()
        for spot in spots:
            made = self._desired.at_hand(spot, tree, there.objects.get)
            if made is None:
                known = False
                continue
            here = keys(made, spot.namespace)
            mine.update(dict.fromkeys(here or whole.objects.get(spot.id, ())))
            manifests = dict(zip(here, made.objects, strict=False))
            wanted.update(manifests)
            guessed = guessed or not here
            # Before the comparison: what is read after it would show no difference that it has not seen.
            compared = compared and replace(facts, keys=here).read
            differ |= unlike(made.objects, spot, there.objects)
            try:
                base = reading.tree_at(self._world.repository.resolve(base_of))
                old = self._desired.at_hand(spot, base, there.objects.get)
            except LiftlockError:
                old = None  # the first commit of all
            if old is not None:
                before = dict(zip(keys(old, spot.namespace), old.objects, strict=False))
                moved = [key for key, manifest in manifests.items() if before.get(key) != manifest]
                changed += moved
                # A boot Job renders what the commit only names, and commits it after: nothing here is the new one.
                guessed = guessed or (not moved and looked_up(spot))
        return replace(
            facts,
            keys=tuple(mine),
            wanted=wanted,
            changed=tuple(changed),
            unlike=frozenset(differ),
            rendered=known and bool(spots),
            guessed=guessed,
            compared=compared,
        )

    def _touches(self, spot: Spot) -> bool:
        """Whether the promotion changes the spot's files, or what it takes from elsewhere."""
        cell = spot.cell
        folders = tuple(root for root in cell.roots if root.endswith("/"))
        named = {*cell.files, *cell.shared}
        return any(path in named or (folders and path.startswith(folders)) for path in self._promoted.files)

    # Questions about commits -----------------------------------------------------------------------------------------

    def _held(self, now: float) -> Callable[[str], bool | None]:
        def holds(commit: str) -> bool | None:
            found = self._holds.get(commit)
            if found is None:
                found = self._promoted.within(self._world.repository, self._world.planning.comparisons, commit)
                self._holds[commit] = found
                if found is None:
                    self._fetch(now)
            return found

        return holds

    def _is_later(self, commit: str) -> bool | None:
        found = self._later.get(commit)
        if found is None:
            found = self._later[commit] = descends(self._world.repository, self._promoted.commit, commit)
        return found

    def _fetch(self, now: float) -> None:
        """The cluster has a commit that the clone has not: somebody merged. Fetched beside, never waited for."""
        if now - self._fetched_at < _REFETCH:
            return
        self._fetched_at = now

        def work() -> None:
            try:
                self._world.reading().home_of(self.environment).fetch()
            except LiftlockError:
                return  # it stays unknown, which the tracker says

        threading.Thread(target=work, name="fetch", daemon=True).start()

    # Logs ------------------------------------------------------------------------------------------------------------

    def _with_log(self, cause: Cause, target: Target, facts: Facts) -> Cause:
        """The cause with the last lines of the log that explains it, once they were read."""
        at = (cause.key, cause.reason)
        known = self._logs.get(at)
        if known is not None:
            return replace(cause, lines=known.lines)
        wanted = log_wanted(cause, facts.objects)
        if wanted is None or at in self._asked:
            return cause
        self._asked.add(at)
        namespace, pod, container, previous = wanted
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        params = {"container": container, "tailLines": _LINES, **({"previous": "true"} if previous else {})}
        try:
            api = self._clusters.api(target.workloads or target.context)
            text = self._clusters.run(api.text(path, params=params, within=3.0))
        except LiftlockError as error:
            text = f"its log cannot be read: {error.title}"
        self._logs[at] = with_lines(cause, text.splitlines())
        return self._logs[at]


def _new(before: Convergence | None, now: Convergence) -> bool:
    """Whether there is something to tell; that it was heard again is nothing."""
    if before is None:
        return True
    return replace(before, freshness=replace(before.freshness, heard=None)) != replace(
        now, freshness=replace(now.freshness, heard=None)
    )
