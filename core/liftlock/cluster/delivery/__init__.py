"""What controllers say of the places in Git that they follow: one vocabulary for Flux, Argo CD and Jenkins X. Pure."""

from liftlock.cluster.delivery import argocd, flux, jenkinsx
from liftlock.cluster.delivery.matching import Match, follows, for_cell
from liftlock.cluster.objects import Kind, Objects
from liftlock.model.live import Delivery

KINDS: tuple[Kind, ...] = (*flux.KINDS, *argocd.KINDS, *jenkinsx.KINDS)
"""The kinds that must be heard to decide."""


def deliveries(objects: Objects, now: float) -> tuple[Delivery, ...]:
    """All that the controllers of a cluster say."""
    return (
        *flux.deliveries(objects, now),
        *argocd.deliveries(objects, now),
        *jenkinsx.deliveries(objects, now),
    )


__all__ = ["KINDS", "Match", "deliveries", "follows", "for_cell"]
