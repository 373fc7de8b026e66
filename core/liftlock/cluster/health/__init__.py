"""Health of live objects: one verdict each, the first cause of a failure, and the tree from Git object to pod.

Pure: it looks at objects that are given, and at the time that is given.
"""

from liftlock.cluster.health.causes import cause, with_lines
from liftlock.cluster.health.happening import happenings
from liftlock.cluster.health.images import running_images, split_image
from liftlock.cluster.health.logs import log_wanted
from liftlock.cluster.health.progressing import progress
from liftlock.cluster.health.templates import current_pods, is_current, pods_of, template_images
from liftlock.cluster.health.trees import tree
from liftlock.cluster.health.verdicts import verdict, worst

__all__ = [
    "cause",
    "current_pods",
    "happenings",
    "is_current",
    "log_wanted",
    "pods_of",
    "progress",
    "running_images",
    "split_image",
    "template_images",
    "tree",
    "verdict",
    "with_lines",
    "worst",
]
