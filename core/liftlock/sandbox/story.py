"""What an example's demo.toml says of its clusters: who follows which folder, what fails on purpose, what drifted."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from liftlock.errors import ConfigError
from liftlock.model.live import Controller
from liftlock.values import dataclass

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AGO = re.compile(r"(\d+)([smhd])")


@dataclass(frozen=True, slots=True)
class Place:
    """One environment in a cluster: `path` is its folder in Git, in which `{app}` stands for each app's name.

    `namespace` is where its objects land that name none. `values` is the values file of a chart that lies in Git.
    """

    name: str
    context: str
    path: str = ""
    branch: str = ""
    namespace: str = ""
    values: str = ""
    automatic: bool = True
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that does not run: `how` is `missing`, `crash`, `notready` or `fail`, as the words in a tag are.

    It fails in one namespace or context only when one is named. `lines` are the last ones of its log.
    """

    image: str
    how: str
    namespace: str = ""
    context: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """What somebody changed by hand: an object (`Kind/namespace/name`), a merge patch, with what, how long ago."""

    context: str
    object: str
    patch: Mapping[str, Any]
    manager: str
    subresource: str
    ago: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a repository of charts, which the demo does not have: its versions and the image that it installs."""

    name: str
    image: str
    versions: tuple[str, ...] = ()
    port: int = 8080


@dataclass(frozen=True, slots=True)
class Line:
    """A command of the story told without the app: what it shows, its arguments, and how it ends."""

    about: str
    arguments: tuple[str, ...]
    code: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """The clusters of an example. `contexts` in the order in which they are first named."""

    controller: Controller
    context: str
    places: tuple[Place, ...] = ()
    failures: tuple[Failure, ...] = ()
    drifts: tuple[Drift, ...] = ()
    charts: Mapping[str, Chart] = field(default_factory=dict)
    interval: str = "1m"
    """How often the controller looks at the repository, by its own clock."""
    lines: tuple[Line, ...] = ()

    @property
    def contexts(self) -> tuple[str, ...]:
        """The names of the clusters."""
        return tuple(dict.fromkeys(place.context for place in self.places)) or (self.context,)

    def of(self, context: str) -> tuple[Place, ...]:
        """The environments of one cluster."""
        return tuple(place for place in self.places if place.context == context)


def read_story(example: Path) -> Story | None:
    """The story of an example's folder, None when it has no cluster. Raises ConfigError when it cannot be read."""
    try:
        told = tomllib.loads((example / "demo.toml").read_text("utf-8"))
        if "cluster" not in told:
            return None
        table = told["cluster"]
        context = str(table.get("context") or told["repository"])
        return Story(
            Controller(table["controller"]),
            context,
            tuple(_place(entry, context, told) for entry in table["environment"]),
            tuple(_failure(entry) for entry in table.get("fails", ())),
            tuple(_drift(entry, context) for entry in table.get("drift", ())),
            {name: _chart(name, entry) for name, entry in table.get("chart", {}).items()},
            str(table.get("interval", "1m")),
            tuple(_line(entry) for entry in table.get("play", ())),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise ConfigError(f"The story of the example {example.name} cannot be read", f"demo.toml: {error}") from error


def _place(entry: Mapping[str, Any], context: str, told: Mapping[str, Any]) -> Place:
    return Place(
        str(entry["name"]),
        str(entry.get("context") or context),
        str(entry.get("path", "")),
        str(entry.get("branch") or told.get("head") or "main"),
        str(entry.get("namespace", "")),
        str(entry.get("values", "")),
        bool(entry.get("automatic", True)),
        bool(entry.get("wait", False)),
    )


def _failure(entry: Mapping[str, Any]) -> Failure:
    how = str(entry["how"])
    if how not in ("missing", "crash", "notready", "fail"):
        raise ValueError(f"{how!r} is no way to fail")
    return Failure(
        str(entry["image"]),
        how,
        str(entry.get("namespace", "")),
        str(entry.get("context", "")),
        tuple(entry.get("lines", ())),
    )


def _drift(entry: Mapping[str, Any], context: str) -> Drift:
    found = _AGO.fullmatch(entry["ago"])
    if found is None:
        raise ValueError(f"{entry['ago']!r} is no duration such as 40m")
    return Drift(
        str(entry.get("context") or context),
        str(entry["object"]),
        dict(entry["patch"]),
        str(entry.get("by", "kubectl-edit")),
        str(entry.get("subresource", "")),
        float(int(found[1]) * _UNITS[found[2]]),
    )


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(str(entry["about"]), tuple(shlex.split(entry["run"])), int(entry.get("code", 0)))


def _chart(name: str, entry: Mapping[str, Any]) -> Chart:
    return Chart(name, str(entry["image"]), tuple(entry.get("versions", ())), int(entry.get("port", 8080)))
