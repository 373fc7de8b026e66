"""liftlock.toml: what a repository says of its environments. It may never set keys, commands or credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liftlock.config.reading import check, parse
from liftlock.config.schema import NOT_A_REPOSITORYS, REPOSITORY
from liftlock.errors import ConfigError
from liftlock.model.change import ChangeClass
from liftlock.model.environment import Environment, Target, in_promotion_order
from liftlock.text import printable


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files that play the same part though no rule tells."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class NeverRule:
    """A place that never moves: a pattern of files, the end of a path, the reason."""

    files: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClassRule:
    """What class leaves belong to, before the built-in rules."""

    path: str
    cls: ChangeClass
    files: str
    reason: str


@dataclass(frozen=True, slots=True)
class RepositoryConfig:
    """All that liftlock.toml says; empty where there is none."""

    environments: tuple[Environment, ...] = ()
    pairs: tuple[Pair, ...] = ()
    never: tuple[NeverRule, ...] = ()
    rules: tuple[ClassRule, ...] = ()
    message: str = ""
    branch: str = ""
    place: str = ""


def load_repository(data: bytes | None, place: str) -> RepositoryConfig:
    """What the file says; None is a repository without one. Raises ConfigError."""
    if data is None:
        return RepositoryConfig()
    told = parse(data, place)
    check(told, REPOSITORY, data.decode("utf-8"), place, refused=NOT_A_REPOSITORYS)
    environments = tuple(_environment(entry) for entry in told.get("environment", ()))
    _consistent(environments, place)
    return RepositoryConfig(
        in_promotion_order(environments),
        tuple(Pair(entry["from"], entry["to"]) for entry in told.get("pair", ())),
        tuple(NeverRule(e.get("files", ""), e.get("path", ""), e.get("reason", "")) for e in told.get("never", ())),
        tuple(
            ClassRule(e["path"], ChangeClass(e["class"]), e.get("files", ""), e.get("reason", f"declared in {place}"))
            for e in told.get("rule", ())
        ),
        told.get("message", ""),
        told.get("branch", ""),
        place,
    )


def _environment(entry: Mapping[str, Any]) -> Environment:
    return Environment(
        entry["name"],
        tuple(entry.get("after", ())),
        entry.get("branch"),
        entry.get("repository", ""),
        tuple(entry.get("paths", ())),
        bool(entry.get("protected", False)),
        tuple(
            Target(t["context"], t.get("workloads", ""), tuple(t.get("namespaces", ())), t.get("label", ""))
            for t in entry.get("target", ())
        ),
        tuple(entry.get("words", ())),
    )


def _consistent(environments: tuple[Environment, ...], place: str) -> None:
    names = [environment.name for environment in environments]
    for name in names:
        if not name.strip() or name != printable(name) or "/" in name:
            raise ConfigError(
                f"{place}: {printable(name)!r} cannot name an environment", "", "use letters, digits, -, _"
            )
        if names.count(name) > 1:
            raise ConfigError(f"{place}: environment {name!r} stands there twice", "", "take one of them away")
    for environment in environments:
        for other in environment.after:
            if other not in names:
                raise ConfigError(
                    f"{place}: {environment.name!r} comes after {printable(other)!r}, which is no environment here",
                    f"environments here: {', '.join(names)}",
                    "name one of them, or add it",
                )
    _no_circle(environments, place)


def _no_circle(environments: tuple[Environment, ...], place: str) -> None:
    after = {environment.name: environment.after for environment in environments}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            circle = " -> ".join((*trail[trail.index(name) :], name))
            raise ConfigError(f"{place}: the environments go round in a circle", circle, "take one `after` away")
        if name in done:
            return
        for other in after[name]:
            walk(other, (*trail, name))
        done.add(name)

    for name in after:
        walk(name, ())
