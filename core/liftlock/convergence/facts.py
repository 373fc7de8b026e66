"""What the tracker is told at each look. Values only: it asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from liftlock.cluster.objects import Manifest, Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.live import Delivery, Freshness
from liftlock.values import dataclass

Asked = Callable[[str], bool | None]
"""A question about a commit; None when the commit is not known here."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One promotion on one target of its environment, at one moment.

    `holds` says whether a commit has what was promoted, `later` whether it has the promoted commit in its history.
    `deliveries` bring the cells that it changes. `keys` are the objects of these cells, `changed` those that the
    promotion changes, `unlike` those that are not live yet as the promotion wants them, `wanted` the manifests at the
    promotion as they are applied.
    """

    environment: str
    target: Target
    revision: str
    freshness: Freshness
    objects: Objects
    now: float
    holds: Asked
    later: Asked
    deliveries: tuple[Delivery, ...] = ()
    keys: tuple[ObjectKey, ...] = ()
    changed: tuple[ObjectKey, ...] = ()
    unlike: frozenset[ObjectKey] = frozenset()
    wanted: Mapping[ObjectKey, Manifest] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    pushed_at: float | None = None
    rendered: bool = True
    """Whether `keys`, `unlike` and `wanted` are known yet."""
    guessed: bool = False
    """Whether nothing here renders some of `keys`: only the controller tells them, and `unlike` has none of them."""
    compared: bool = True
    """Whether all objects had been read when `unlike` was made: `objects` grow while they are looked at."""

    def hidden(self, key: ObjectKey) -> bool:
        """Whether the kind may not be read there; one that was not read yet is none of these."""
        return key.kind in self.freshness.blind and not self.objects.visible(key.group, key.kind, key.namespace)

    @property
    def read(self) -> bool:
        """Whether all of its objects that may be read were read: before, nothing differs as nothing is seen."""
        return self.compared and all(
            self.objects.visible(key.group, key.kind, key.namespace) or self.hidden(key) for key in self.keys
        )
