"""Environments: places where releases run."""

from __future__ import annotations

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Where an environment really runs. `context` holds the controller, `workloads` the pods (often the same)."""

    context: str
    workloads: str = ""
    namespaces: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """A place releases run.

    `after` names the environments a release comes from (the left neighbours). `ref` is the branch or revision to read,
    None for the repository's usual one; `repository` a local clone, "" for this one. `paths` are patterns of the
    tree in which `{app}` stands for the app's name (`apps/{app}/overlays/staging`). A `protected` environment is
    asked for by name before a push.
    """

    name: str
    after: tuple[str, ...] = ()
    ref: str | None = None
    repository: str = ""
    paths: tuple[str, ...] = ()
    protected: bool = False
    targets: tuple[Target, ...] = ()
    words: tuple[str, ...] = ()
    """The words that stand for this environment in paths and values: its name and its spellings."""
    reconcile: bool = False
    """Whether its controller is asked to look at once after each push to it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that discovery concluded, and the reason. `source` is `found` or the file that says so."""

    subject: str
    reason: str
    source: str = "found"
    question: str = ""
    """What is ambiguous and would be asked; empty when nothing is."""


def in_promotion_order(environments: tuple[Environment, ...]) -> tuple[Environment, ...]:
    """The environments so that each stands after all that it comes after; else in the order given."""
    placed: list[Environment] = []
    names = {environment.name for environment in environments}
    waiting = list(environments)
    while waiting:
        done = {environment.name for environment in placed}
        ready = next((e for e in waiting if all(a in done or a not in names for a in e.after)), waiting[0])
        placed.append(ready)
        waiting.remove(ready)
    return tuple(placed)
