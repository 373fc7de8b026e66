"""liftlock.toml: what a repository says of its environments. It may never set keys, commands or credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from liftlock.config.reading import Document, check, nearest
from liftlock.config.schema import REFUSED, REPOSITORY
from liftlock.errors import ConfigError
from liftlock.model.change import ChangeClass
from liftlock.model.environment import Environment, Target, in_promotion_order
from liftlock.text import printable
from liftlock.values import dataclass

# Most repositories have no such file, and start without what reads it.
if TYPE_CHECKING:
    from liftlock.model.gates import GatePolicy, Window


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files that play the same part though no rule tells."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class NeverRule:
    """A place that never moves: a pattern of files, the end of a path (each "" for all), and the reason."""

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
    value: str = ""
    """What its value must be, by a word of the table of rules."""


@dataclass(frozen=True, slots=True)
class ReviewConfig:
    """What pull requests say and whom they ask; templates are "" for the usual ones."""

    title: str = ""
    body: str = ""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False

    def labels_for(self, targets: Sequence[str]) -> tuple[str, ...]:
        """The labels of a promotion to these environments."""
        return tuple(dict.fromkeys(label.replace("{to}", to) for to in targets for label in self.labels))


@dataclass(frozen=True, slots=True)
class RepositoryConfig:
    """All that liftlock.toml says; empty where there is none.

    `message` and `branch` are templates, "" for the usual ones. `origins` maps `message`, `environment.staging`,
    `environment.staging.after`, `pair.0`, … to the place that says it (`liftlock.toml:12`).
    """

    environments: tuple[Environment, ...] = ()
    pairs: tuple[Pair, ...] = ()
    never: tuple[NeverRule, ...] = ()
    rules: tuple[ClassRule, ...] = ()
    message: str = ""
    branch: str = ""
    review: ReviewConfig = ReviewConfig()
    place: str = ""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    windows: tuple[Window, ...] = ()
    gates: Mapping[str, GatePolicy] = field(default_factory=dict)
    """What is said of gates, by environment."""


def load_repository(data: bytes | None, place: str) -> RepositoryConfig:
    """What the file says; None is a repository without one. Raises ConfigError that names file, line and key."""
    if data is None:
        return RepositoryConfig()
    from liftlock.config.windows import policies, windows

    document = Document(data, place)
    check(document, REPOSITORY, REFUSED)
    told = document.values
    environments = tuple(_environment(entry) for entry in told.get("environment", ()))
    _consistent(environments, document)
    _meant(told, document)
    return RepositoryConfig(
        in_promotion_order(environments),
        tuple(Pair(entry["from"], entry["to"]) for entry in told.get("pair", ())),
        tuple(
            NeverRule(e.get("files", ""), e.get("path", ""), e.get("reason", f"declared in {document.place}"))
            for e in told.get("never", ())
        ),
        tuple(
            ClassRule(
                e["path"],
                ChangeClass(e["class"]),
                e.get("files", ""),
                e.get("reason", f"declared in {document.place}"),
                e.get("value", ""),
            )
            for e in told.get("rule", ())
        ),
        told.get("message", ""),
        told.get("branch", ""),
        _review(told.get("review", {})),
        document.place,
        dict(_origins(told, document)),
        windows(told, document),
        policies(told),
    )


def _review(told: Mapping[str, Any]) -> ReviewConfig:
    return ReviewConfig(
        told.get("title", ""),
        told.get("body", ""),
        tuple(told.get("labels", ())),
        tuple(told.get("reviewers", ())),
        bool(told.get("draft", False)),
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
        bool(entry.get("reconcile", False)),
    )


def _consistent(environments: tuple[Environment, ...], document: Document) -> None:
    """What no single key can tell: names twice, `after` that leads nowhere or round in a circle."""
    names = [environment.name for environment in environments]
    for number, name in enumerate(names):
        first = names.index(name)
        if first != number:
            raise ConfigError(
                f"{document.at('environment', number, 'name')}: environment {name!r} stands there twice",
                f"the first is {document.at('environment', first)}",
                "take one of them away",
            )
    for number, environment in enumerate(environments):
        for place, other in enumerate(environment.after):
            if other not in names:
                near = nearest(other, names)
                raise ConfigError(
                    f"{document.at('environment', number, 'after', place)}: {environment.name!r} comes after "
                    f"{printable(other)!r}, which is no environment here",
                    f"environments here: {', '.join(names)}",
                    f"did you mean {near!r}?" if near else "name one of them, or add it",
                )
    circle = _circle({environment.name: environment.after for environment in environments})
    if circle:
        raise ConfigError(
            f"{document.at('environment', names.index(circle[0]), 'after')}: the environments go round in a circle",
            " comes after ".join(circle),
            "take one 'after' away",
        )


def _circle(after: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Names that come after each other until the first is there again, [] when there are none."""
    done: set[str] = set()
    for start in after:
        trail: list[str] = []
        waiting = [(start, iter(after[start]))] if start not in done else []
        if waiting:
            trail.append(start)
        while waiting:
            name, rest = waiting[-1]
            other = next(rest, None)
            if other is None:
                done.add(name)
                waiting.pop()
                trail.pop()
            elif other in trail:
                return [*trail[trail.index(other) :], other]
            elif other not in done:
                trail.append(other)
                waiting.append((other, iter(after[other])))
    return []


def _meant(told: Mapping[str, Any], document: Document) -> None:
    """Tables that are well formed and say nothing."""
    for number, entry in enumerate(told.get("never", ())):
        if "files" not in entry and "path" not in entry:
            raise ConfigError(
                f"{document.at('never', number)}: this [[never]] names neither files nor a path",
                "nothing at all would move",
                'write files = "…" or path = "…"',
            )
    for number, entry in enumerate(told.get("pair", ())):
        if entry["from"] == entry["to"]:
            raise ConfigError(
                f"{document.at('pair', number, 'to')}: {printable(entry['to'])!r} is paired with itself",
                "a pair is a file of the source and one of the target",
                "name the other file",
            )


def _origins(told: Mapping[str, Any], document: Document) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        if not isinstance(value, list):
            yield name, document.at(name)
            continue
        for number, entry in enumerate(value):
            shown = f"{name}.{entry['name'] if name == 'environment' else number}"
            yield shown, document.at(name, number)
            for key in entry:
                yield f"{shown}.{key}", document.at(name, number, key)
