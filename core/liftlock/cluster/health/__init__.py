"""Health of live objects: one verdict each, the first cause of a failure, and the tree from Git object to pod."""

from liftlock.cluster.health.verdicts import verdict, worst

__all__ = ["verdict", "worst"]
