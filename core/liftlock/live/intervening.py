"""What can be done to the controllers of an environment, each as an offer that is asked for first."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.cluster.delivery import acts
from liftlock.errors import ClusterError
from liftlock.live.spots import Spot
from liftlock.model.live import Act, Delivery, Intervention
from liftlock.text import plural


def interventions(
    spots: Sequence[Spot],
    act: Act,
    environment: str,
    protected: bool,
    revision: str,
    prune: bool,
    now: float,
) -> tuple[Intervention, ...]:
    """One offer for each target: the act on every controller object that brings these cells there.

    Raises ClusterError when there is nothing that it could be done to.
    """
    by_target: dict[str, dict[str, tuple[Spot, Delivery]]] = {}
    for spot in spots:
        for delivery in spot.deliveries[:1]:
            by_target.setdefault(spot.place.target.context, {})[str(delivery.key)] = (spot, delivery)
    if not by_target:
        raise ClusterError(
            f"No controller is known that brings {environment} to a cluster",
            "plain manifests are applied by whoever runs kubectl",
            "look at its lane on the board",
        )
    offers = []
    refused: ClusterError | None = None
    for context, several in by_target.items():
        able = []
        for spot, delivery in several.values():
            try:
                able.append((spot, delivery, acts.writes(act, delivery, context, now, revision=revision, prune=prune)))
            except ClusterError as error:
                refused = error
        if not able:
            continue
        told = [acts.sentence(act, delivery) for _, delivery, _ in able]
        sentence = told[0] if len(told) == 1 else f"{told[0]}, and {plural(len(told) - 1, 'more')}"
        consequences = [line for _, delivery, _ in able for line in acts.consequences(act, delivery, prune=prune)]
        writes = {(w.key, str(w.patch)): w for _, _, made in able for w in made}
        target = able[0][0].place.target
        offers.append(
            Intervention(
                act,
                environment,
                target.label or context,
                sentence,
                tuple(dict.fromkeys(consequences)),
                tuple(writes.values()),
                environment if protected and act is not Act.RECONCILE else "",
                prune,
            )
        )
    if not offers and refused is not None:
        raise refused
    return tuple(offers)
