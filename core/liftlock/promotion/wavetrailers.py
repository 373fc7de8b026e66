"""The trailer that makes a promotion a step of a wave: the wave's whole state is in Git, nowhere else. Pure.

`Promotion-Wave: 3f2a1c9 2/3 production-us > production-eu > production-asia`; of a train `Promotion-Train`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from liftlock.model.plan import Plan
from liftlock.model.wave import WavePlace
from liftlock.text import printable

_LINE = re.compile(r"^Promotion-(Wave|Train): ([0-9a-f]{7,40}) (\d{1,3})/(\d{1,3}) (.+)$", re.MULTILINE)
_BETWEEN = " > "
GREP = "^Promotion-(Wave|Train): "
"""What finds such commits, for `git log --extended-regexp --grep`."""


def trailer(place: WavePlace) -> tuple[str, str]:
    """The trailer of a step."""
    targets = _BETWEEN.join(place.targets)
    return f"Promotion-{place.word.title()}", f"{place.id} {place.number}/{len(place.targets)} {targets}"


def read(message: str) -> WavePlace | None:
    """The place that a message tells of; None where it tells of none, or of one that cannot be."""
    found = _LINE.search(message)
    if found is None:
        return None
    kind, identity, number, count, names = found.groups()
    targets = tuple(printable(name.strip()) for name in names.split(_BETWEEN.strip()))
    if len(targets) != int(count) or not 1 <= int(number) <= len(targets):
        return None
    return WavePlace(identity, int(number), targets, kind == "Train")


def identity(plan: Plan, targets: Sequence[str]) -> str:
    """A name for the wave of this plan: the same plan on the same base begins the same wave."""
    parts: Iterable[str] = (plan.source, plan.source_commit, plan.base, *targets, *sorted(plan.selected))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:7]
