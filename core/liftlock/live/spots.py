"""A cell on a place: the controllers that bring it there, told apart from those that bring others too. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from liftlock.live.places import Place
from liftlock.model.app import Cell
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Delivery
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Spot:
    """One app on one target. `shared` are those of its deliveries that carry other cells of the environment too."""

    place: Place
    cell: Cell
    deliveries: tuple[Delivery, ...] = ()
    shared: frozenset[ObjectKey] = frozenset()

    @property
    def own(self) -> tuple[Delivery, ...]:
        """The deliveries that carry nothing but this cell."""
        return tuple(d for d in self.deliveries if d.key not in self.shared)

    @property
    def id(self) -> tuple[str, str, str, str]:
        """What tells spots apart."""
        target = self.place.target
        return self.cell.app, self.cell.environment, target.context, target.workloads

    @property
    def namespace(self) -> str:
        """Where objects land that name no namespace, as far as the place tells; "" when it does not."""
        told = next((d.namespace for d in self.deliveries if d.namespace), "")
        return told or next(iter(self.place.target.namespaces), "")


def spots(place: Place, cells: Iterable[Cell], found: Mapping[str, Sequence[Delivery]]) -> tuple[Spot, ...]:
    """The cells of an environment on one place; `found` are the deliveries of each by app, the nearest first."""
    carried = Counter(d.key for deliveries in found.values() for d in deliveries)
    made = []
    for cell in cells:
        deliveries = tuple(found.get(cell.app, ()))
        shared = frozenset(d.key for d in deliveries if carried[d.key] > 1)
        made.append(Spot(place, cell, deliveries, shared))
    return tuple(made)
