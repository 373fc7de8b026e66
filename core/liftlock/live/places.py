"""Which clusters an environment is on: declared, agreed to, or the user's own current context. Pure.

A context that a repository names is used only after the user agreed once (it is asked, and remembered in the user's
own file). The current context of the kubeconfig is the user's own choice and is read without asking; it stands for an
environment only when a controller there follows this repository.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock.config.remembered import context_question
from liftlock.errors import Problem
from liftlock.model.environment import Environment, Target
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What the user's kubeconfig has: contexts with the address of their server, and which one is current."""

    contexts: Mapping[str, str]
    current: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One target of an environment.

    `agreed` is whether it may be used; else `question` is what to ask. A `tentative` one counts only when a
    controller there follows this repository. `why` says what named it. `problem` is why it cannot be used at all.
    """

    environment: str
    target: Target
    agreed: bool
    why: str
    question: str = ""
    tentative: bool = False
    problem: Problem | None = None

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts that it needs, the controller's first."""
        both = (self.target.context, self.target.workloads)
        return tuple(dict.fromkeys(context for context in both if context))


def places(
    environments: Sequence[Environment],
    known: Known,
    trusted: frozenset[str],
    answers: Mapping[str, str],
    given: Mapping[str, str],
) -> tuple[Place, ...]:
    """The targets of all environments. `given` are contexts named for this run only, by environment."""
    found: list[Place] = []
    for environment in environments:
        name = environment.name
        chosen = given.get(name) or answers.get(context_question(name))
        if chosen:
            found.append(_checked(Place(name, Target(chosen), True, "you chose it"), known))
        elif environment.targets:
            found += [_checked(_declared(name, target, known, trusted), known) for target in environment.targets]
        elif known.current:
            why = "it is the current context of your kubeconfig"
            found.append(_checked(Place(name, Target(known.current), True, why, tentative=True), known))
    return tuple(found)


def _declared(environment: str, target: Target, known: Known, trusted: frozenset[str]) -> Place:
    wanted = tuple(dict.fromkeys(c for c in (target.context, target.workloads) if c))
    asked = [context for context in wanted if context not in trusted]
    if not asked:
        return Place(environment, target, True, "liftlock.toml names it, and you agreed")
    addresses = ", ".join(f"{c} ({known.contexts[c]})" if known.contexts.get(c) else c for c in asked)
    question = f"liftlock.toml names the context {addresses} for {environment}. Use it with your credentials?"
    return Place(environment, target, False, "liftlock.toml names it", question)


def _checked(place: Place, known: Known) -> Place:
    for context in place.contexts:
        if context not in known.contexts:
            near = difflib.get_close_matches(context, list(known.contexts), 1)
            there = f"did you mean {near[0]}?" if near else "kubectl config get-contexts"
            return replace(
                place,
                question="",
                problem=Problem(place.environment, f"your kubeconfig has no context {context}", there),
            )
    return place
