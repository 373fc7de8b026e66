"""How environments and apps are recognised in a repository, each finding with its reason."""

from liftlock.discovery.configured import discover_with
from liftlock.discovery.find import discover
from liftlock.discovery.ordering import is_production
from liftlock.discovery.pairing import pair_files
from liftlock.discovery.paths import cell_from_path
from liftlock.discovery.result import Discovery
from liftlock.discovery.versions import versions, versions_of
from liftlock.discovery.words import is_environment_word

__all__ = [
    "Discovery",
    "cell_from_path",
    "discover",
    "discover_with",
    "is_environment_word",
    "is_production",
    "pair_files",
    "versions",
    "versions_of",
]
