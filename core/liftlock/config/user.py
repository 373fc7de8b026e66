"""The user's own file: theme, keys, programs. A repository has no say in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from liftlock.config.places import config_file
from liftlock.config.reading import Document, check, nearest
from liftlock.config.remembered import Remembered, recall
from liftlock.config.schema import USER, VARIABLES
from liftlock.errors import ConfigError
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What the user set; defaults where nothing was.

    `problem` is what is wrong with the file or with a variable, None when nothing is. `remembered` is what was asked
    and answered before. `origins` maps a key to the file or variable that says it.
    """

    theme: str = ""
    ascii: bool = False
    animation: bool = True
    fetch_on_start: bool = True
    editor: str = ""
    pager: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forges: Mapping[str, str] = field(default_factory=dict)
    repositories: Mapping[str, str] = field(default_factory=dict)
    problem: ConfigError | None = None
    remembered: Remembered = field(default_factory=Remembered)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)


_ON, _OFF = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def load_user(path: Path | None = None, env: Mapping[str, str] = os.environ) -> UserConfig:
    """What the user's file and the environment say. What is wrong leaves the defaults and stands in `problem`."""
    place = path or config_file()
    told: dict[str, object] = {}
    origins: dict[str, str] = {}
    problem: ConfigError | None = None
    try:
        document = Document(place.read_bytes(), _shown(place, env))
        check(document, USER, {})
        told.update(document.values)
        origins.update({key: document.at(key) for key in told if not isinstance(told[key], dict)})
        origins.update({f"keys.{action}": document.at("keys", action) for action in document.values.get("keys", {})})
    except FileNotFoundError:
        pass  # most people have none
    except OSError as error:
        problem = ConfigError(f"{_shown(place, env)} cannot be read", error.strerror or "", "the defaults are used")
    except ConfigError as error:
        problem = error
    for variable, key in VARIABLES.items():
        value = env.get(variable)
        if not value:
            continue
        if USER[""].keys[key].kind == "boolean":
            if value.lower() not in (*_ON, *_OFF):
                problem = problem or _no_switch(variable, value)
                continue
            told[key] = value.lower() in _ON
        else:
            told[key] = value
        origins[key] = variable
    keys = told.get("keys", {})
    return UserConfig(
        theme=str(told.get("theme", "")),
        ascii=bool(told.get("ascii", False)),
        animation=bool(told.get("animation", True)),
        fetch_on_start=bool(told.get("fetch_on_start", True)),
        editor=str(told.get("editor", "")),
        pager=str(told.get("pager", "")),
        forges=_texts(told.get("forges", {})),
        repositories=_texts(told.get("repositories", {})),
        keys={name: tuple(value) for name, value in keys.items()} if isinstance(keys, dict) else {},
        problem=problem,
        remembered=recall(),
        origins=origins,
    )


def _texts(told: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def _no_switch(variable: str, value: str) -> ConfigError:
    near = nearest(value, ("true", "false", "yes", "no"))
    return ConfigError(
        f"{variable} is {printable(value)!r}, which is neither on nor off",
        "it is left out of account",
        f"did you mean {near!r}?" if near else "use 1 or 0",
    )


def _shown(place: Path, env: Mapping[str, str]) -> str:
    """The file as people say it: below the home folder with a tilde."""
    home = env.get("HOME", "")
    if home and place.is_relative_to(home):
        return printable(f"~/{place.relative_to(home)}")
    return printable(str(place))
