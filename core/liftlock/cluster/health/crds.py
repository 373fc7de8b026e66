"""Verdict on definitions of custom resources."""

from __future__ import annotations

from liftlock.cluster.health.reading import condition
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, KSTATUS, degraded, healthy, progressing
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health


def definition(manifest: Manifest, view: View) -> Health:
    """Verdict on a CustomResourceDefinition: kstatus's, and gitops-engine's on a schema that is not structural."""
    names = condition(manifest, "NamesAccepted")
    if names is not None and names.false:
        return degraded(names.says, BOTH)
    schema = condition(manifest, "NonStructuralSchema")
    if schema is not None and schema.true:
        return degraded(schema.says, ENGINE)
    established = condition(manifest, "Established")
    if established is not None and established.true:
        return healthy()
    if established is not None and established.false and established.reason != "Installing":
        return degraded(established.says, KSTATUS)
    return progressing("not established yet")
