"""What clusters themselves hold an app back with: sync windows of Argo CD, and other promotion tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from liftlock.cluster.delivery.windows import closed_until
from liftlock.cluster.objects import Objects
from liftlock.live import promoters
from liftlock.live.clusters import Clusters
from liftlock.live.digest import Seen
from liftlock.live.spots import Spot
from liftlock.live.world import World
from liftlock.model.diff import ObjectKey
from liftlock.model.gates import Closing
from liftlock.model.live import Controller
from liftlock.overview.reading import require
from liftlock.text import printable


def closings(
    spots: Sequence[Spot],
    world: World,
    clusters: Clusters,
    seen: Mapping[str, Seen],
    environment: str,
    versions: Sequence[str],
) -> tuple[Closing, ...]:
    """Why the controllers of these spots would not take the versions now. Raises ClusterError."""
    now, reading = world.clock.now(), world.reading()
    ref = reading.source_of(require(reading, environment)).ref
    remote = ref.startswith("refs/remotes/")
    branch = ref.removeprefix("refs/remotes/").partition("/")[2] if remote else ref.removeprefix("refs/heads/")
    found: list[Closing] = []
    for context in dict.fromkeys(spot.place.target.context for spot in spots):
        if context not in seen:
            continue
        for spot in spots:
            if spot.place.target.context == context:
                found += sync_windows(spot, seen[context].objects, now)
        told = clusters.run(promoters.read(clusters.api(context)))
        found += promoters.closings(told, environment, branch, versions, now)
    return tuple(dict.fromkeys(found))


def sync_windows(spot: Spot, hub: Objects, now: float) -> Iterator[Closing]:
    """Why Argo CD would not sync the spot's Applications now. `hub` is where they are."""
    for delivery in spot.deliveries:
        if delivery.controller is not Controller.ARGOCD or delivery.key.kind != "Application":
            continue
        spec = delivery.raw.get("spec")
        name = str(spec.get("project") or "default") if isinstance(spec, Mapping) else "default"
        project = hub.get(ObjectKey("argoproj.io", "AppProject", delivery.key.namespace, name))
        told = closed_until(delivery.raw, project, now) if project is not None else None
        if told is not None:
            place = printable(spot.place.target.label or spot.place.target.context)
            yield Closing(f"Argo CD on {place} would not sync {delivery.key.name}: {told[0]}", told[1])
