"""How a release came as far as the source of a promotion: since when each environment before has it."""

from __future__ import annotations

from liftlock.discovery import versions_of
from liftlock.model.plan import Plan
from liftlock.model.review import Hop
from liftlock.overview.reading import Reading
from liftlock.overview.where import since
from liftlock.promotion import message

_APPS = 5


def hops(reading: Reading, plan: Plan) -> tuple[Hop, ...]:
    """For each app (the first few) the environments that have the version, in their order. Raises RepositoryError."""
    found: list[Hop] = []
    for app in list(dict.fromkeys(change.app for change in plan.chosen))[:_APPS]:
        told = message.version_of(plan, app)
        if told is not None:
            found += reversed(_back(reading, app, told[1], plan.source))
    return tuple(found)


def _back(reading: Reading, app: str, value: str, name: str) -> list[Hop]:
    """From the source back to where the version came first; an environment that has another one is passed over."""
    chain: list[Hop] = []
    waiting, known = [name], {name}
    while waiting:
        environment = reading.environment(waiting.pop())
        if environment is None:
            continue
        cell = reading.cells_of(environment.name).get(app)
        if cell is not None:
            pinned = versions_of(reading.tree_of(environment), [cell]).get((app, environment.name), ())
            version = next((one for one in pinned if one.value == value), None)
            revision = since(reading, cell, version) if version is not None else None
            if revision is not None:
                chain.append(Hop(app, environment.name, value, revision))
        waiting += [before for before in environment.after if before not in known]
        known |= {*environment.after}
    return chain
