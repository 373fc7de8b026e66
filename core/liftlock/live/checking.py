"""What the doctor says of clusters: which kubeconfig is used, and what is wrong with it. Nothing is connected."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.cluster.kubeconfig import load
from liftlock.errors import LiftlockError
from liftlock.model.report import Check, Verdict
from liftlock.text import plural, printable


def checks() -> Iterator[Check]:
    """One line for the kubeconfig: broken, not there, or its contexts with the current one."""
    try:
        found = load()
    except LiftlockError as error:
        said = printable(f"{error.title}: {error.detail}" if error.detail else error.title)
        yield Check("Clusters", "kubeconfig", Verdict.BAD, said, error.hint)
        return
    lacking = found.lacking()
    if lacking is not None:
        said = printable(f"{lacking.title}: {lacking.detail}" if lacking.detail else lacking.title)
        yield Check("Clusters", "kubeconfig", Verdict.NOTE, f"{said}; what runs is not shown", lacking.hint)
        return
    said = printable(f"{plural(len(found.contexts), 'context')}, the current one is {found.current}")
    yield Check("Clusters", "kubeconfig", Verdict.GOOD, said)
