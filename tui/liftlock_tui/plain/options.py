"""Options that several commands share."""

from __future__ import annotations

import datetime
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

Command = Callable[..., int | None]
if TYPE_CHECKING:
    _Type = click.ParamType[float]
else:
    _Type = click.ParamType  # older releases of click have no parameter here


def everywhere(command: Command) -> Command:
    """`--repo`, `--at` and `--json`, which every command takes."""

    @click.option(
        "--repo",
        type=click.Path(exists=True, path_type=Path),
        help="A work tree or a bare repository, instead of here.",
    )
    @click.option("--at", metavar="REV", help="Read Git as it stood at this revision.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
    @functools.wraps(command)
    def wrapped(*args: Any, **named: Any) -> int | None:
        outer = click.get_current_context().find_root().params
        named["repo"] = named["repo"] or outer.get("repo") or Path()
        named["at"] = outer.get("at") if named["at"] is None else named["at"]  # an empty one is no revision
        return command(*args, **named)

    return wrapped


def names(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Environments, for the shell's completion."""
    from liftlock_tui.plain.completing import environments

    return environments(context, parameter, begun)


def _apps(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from liftlock_tui.plain.completing import apps

    return apps(context, parameter, begun)


some_apps = click.option(
    "--app",
    "apps",
    multiple=True,
    metavar="APP",
    shell_complete=_apps,
    help="Only this app; may be given several times.",
)
"""`--app`, for commands that take several."""

one_app = click.option("--app", required=True, metavar="APP", shell_complete=_apps, help="The app.")
"""`--app`, for commands that take just one."""


class Duration(_Type):
    """A time such as `90s`, `10m` or `1h`, as seconds."""

    name = "duration"
    _UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}  # noqa: RUF012 - never changed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds; a bare number is seconds too."""
        if isinstance(value, float):
            return value
        text = str(value).strip().lower()
        number, unit = (text[:-1], self._UNITS[text[-1]]) if text[-1:] in self._UNITS else (text, 1.0)
        try:
            found = float(number) * unit
        except ValueError:
            found = -1.0
        if not 0 < found < 30 * 86400:
            self.fail(f"{value!r} is no time such as 90s, 10m or 1h", param, ctx)
        return found


class Moment(_Type):
    """A date such as `2026-08-01`, or how long ago (`30d`, `12w`, `1y`), as seconds since the epoch."""

    name = "moment"
    _DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.0}  # noqa: RUF012 - never changed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds since the epoch; a date without a zone is of this machine's."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        number, unit = text[:-1], text[-1:].lower()
        try:
            if unit in self._DAYS and number.replace(".", "", 1).isdigit():
                found = time.time() - float(number) * self._DAYS[unit] * 86400
            else:
                found = datetime.datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is no date such as 2026-08-01, and no age such as 30d, 12w or 1y", param, ctx)
        return max(found, 1.0)
