"""The live diff: what a controller's next apply would change in the cluster, asked of the server or worked out here."""

from liftlock.cluster.livediff.compare import Compared, compare
from liftlock.cluster.livediff.ignoring import IgnoreRule, argo_settings_rules
from liftlock.cluster.livediff.ownership import authors
from liftlock.cluster.livediff.scope import Scope
from liftlock.cluster.livediff.summary import consequence, dangers

__all__ = [
    "Compared",
    "IgnoreRule",
    "Scope",
    "argo_settings_rules",
    "authors",
    "compare",
    "consequence",
    "dangers",
]
