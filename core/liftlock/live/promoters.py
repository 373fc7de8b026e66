"""What other promotion tools in a cluster say of an environment: GitOps Promoter and Kargo. Read only.

Nothing of theirs is written, and nothing is concluded where they say nothing. Their objects are read once when it is
asked, not watched. Field names: promoter.argoproj.io/v1alpha1 and kargo.akuity.io/v1alpha1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field

from liftlock.cluster.api import Api
from liftlock.cluster.delivery.revisions import seconds
from liftlock.cluster.health.reading import mapping, mappings, moment, string
from liftlock.cluster.objects import Manifest
from liftlock.errors import ClusterError
from liftlock.model.gates import Closing
from liftlock.text import printable
from liftlock.values import dataclass

_KINDS = (
    ("promoter.argoproj.io", "PromotionStrategy"),
    ("kargo.akuity.io", "Stage"),
    ("kargo.akuity.io", "Freight"),
)


@dataclass(frozen=True, slots=True)
class Promoters:
    """The objects of a cluster by kind; `unread` are those that are served and may not be read."""

    found: Mapping[str, Sequence[Manifest]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


async def read(api: Api) -> Promoters:
    """What the cluster has of them. Raises ClusterError when it does not answer at all."""
    found: dict[str, Sequence[Manifest]] = {}
    unread: list[str] = []
    for group, kind in _KINDS:
        resource = await api.resource(group, kind)
        if resource is None:
            continue
        try:
            answer = await api.request("GET", resource.path(), within=5.0)
        except ClusterError as error:
            unread.append(f"{kind} ({error.title})")
            continue
        found[kind] = [one for one in answer.get("items") or () if isinstance(one, Mapping)]
    return Promoters(found, tuple(unread))


def closings(
    promoters: Promoters, environment: str, branch: str, versions: Collection[str], now: float
) -> Iterator[Closing]:
    """Why they would not let these versions (tags or digests) into the environment now."""
    for strategy in promoters.found.get("PromotionStrategy", ()):
        yield from _promoter(strategy, environment, branch)
    freights = [f for f in promoters.found.get("Freight", ()) if _carries(f, versions)]
    for stage in promoters.found.get("Stage", ()):
        if string(stage, "metadata", "name") == environment:
            yield from _kargo(stage, freights, now)
    for kind in promoters.unread:
        yield Closing(f"{printable(kind)} may not be read: whether it holds {environment} is not known", known=False)


def _promoter(strategy: Manifest, environment: str, branch: str) -> Iterator[Closing]:
    name = printable(string(strategy, "metadata", "name"))
    for one in mappings(strategy, "status", "environments"):
        theirs = string(one, "branch")
        if not theirs or (theirs != branch and theirs.rpartition("/")[2] != environment):
            continue
        for status in mappings(one, "proposed", "commitStatuses"):
            phase = string(status, "phase")
            if phase in ("", "success"):
                continue
            said = printable(string(status, "description"))
            yield Closing(
                f"GitOps Promoter (PromotionStrategy {name}) holds {printable(theirs)}: commit status "
                f"{printable(string(status, 'key'))} is {printable(phase)}{f', {said}' if said else ''}",
                opens=phase == "pending",
            )


def _carries(freight: Manifest, versions: Collection[str]) -> bool:
    told = {string(image, key) for image in mappings(freight, "images") for key in ("tag", "digest")}
    told |= {string(chart, "version") for chart in mappings(freight, "charts")}
    return bool((told - {""}) & set(versions))


def _kargo(stage: Manifest, freights: Sequence[Manifest], now: float) -> Iterator[Closing]:
    """Freight goes on when it was verified in one stage that the target asks for (in all, where it says so)."""
    space, name = string(stage, "metadata", "namespace"), string(stage, "metadata", "name")
    mine = [f for f in freights if string(f, "metadata", "namespace") == space]
    for request in mappings(stage, "spec", "requestedFreight"):
        sources = mapping(request, "sources")
        stages = [str(one) for one in sources.get("stages") or ()]
        if sources.get("direct") is True or not stages:
            continue
        needed = seconds(string(sources, "requiredSoakTime")) or 0.0
        for freight in mine:
            if name in mapping(freight, "status", "approvedFor"):
                continue
            told = [_verified(freight, one, needed, now) for one in stages]
            open_ = [one is None for one in told]
            if all(open_) if string(sources, "availabilityStrategy") == "All" else any(open_):
                continue
            until = min((at for at in told if at), default=None)
            shown = printable(string(freight, "alias") or string(freight, "metadata", "name"))
            what = "has not soaked long enough" if until else "is not verified"
            yield Closing(
                f"Kargo (Stage {printable(space)}/{printable(name)}): Freight {shown} {what} in "
                f"{printable(' or '.join(stages))}",
                until,
                opens=until is not None,
            )


def _verified(freight: Manifest, stage: str, needed: float, now: float) -> float | None:
    """None when it was verified there for long enough, 0 when it was not verified, else when it will be enough."""
    verified = mapping(freight, "status", "verifiedIn", stage)
    if not verified:
        return 0.0
    longest = seconds(string(verified, "longestSoak")) or 0.0
    since = moment(freight, "status", "currentlyIn", stage, "since")
    if longest >= needed or (since is not None and now - since >= needed):
        return None
    return since + needed if since is not None else 0.0
