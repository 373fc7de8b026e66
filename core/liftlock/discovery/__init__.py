"""How environments and apps are recognised in a repository, each finding with its reason.

Each name is taken from its module when it is first asked for: a plan wants no versions of cells, a board no paths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.ondemand import on_demand

if TYPE_CHECKING:
    from liftlock.discovery.configured import discover_with
    from liftlock.discovery.find import discover
    from liftlock.discovery.ordering import is_production
    from liftlock.discovery.pairing import pair_files
    from liftlock.discovery.paths import cell_from_path
    from liftlock.discovery.result import Discovery
    from liftlock.discovery.versions import versions_of
    from liftlock.discovery.words import is_environment_word

_HOMES = {
    "Discovery": "result",
    "cell_from_path": "paths",
    "discover": "find",
    "discover_with": "configured",
    "is_environment_word": "words",
    "is_production": "ordering",
    "pair_files": "pairing",
    "versions_of": "versions",
}

__all__ = [
    "Discovery",
    "cell_from_path",
    "discover",
    "discover_with",
    "is_environment_word",
    "is_production",
    "pair_files",
    "versions_of",
]

__getattr__ = on_demand(__name__, _HOMES)
