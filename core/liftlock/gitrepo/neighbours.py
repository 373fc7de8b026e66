"""The clone of another repository that a setting names: where it is, and whether it may be read beside this one."""

from __future__ import annotations

from pathlib import Path

from liftlock.commands import Runner
from liftlock.errors import RepositoryError
from liftlock.gitrepo import opening
from liftlock.gitrepo.opening import Place
from liftlock.text import printable


def locate(here: Place, named: str, runner: Runner) -> Place:
    """The place of the clone, named relative to the top of this work tree.

    Raises RepositoryError: none is there, its ids are of another kind, or it lies within this repository: there, files
    that somebody committed could make git do what they like.
    """
    top = (here.work_tree or here.common_dir.parent).resolve()
    place = (top / Path(named).expanduser()).resolve()
    shown = printable(named)
    if place.is_relative_to(top) or place.is_relative_to(here.common_dir.resolve()):
        hint = "keep it beside this one, and name it so: ../NAME"
        raise RepositoryError(f"{shown} lies within this repository", "a clone of its own is wanted", hint)
    if not place.is_dir():
        hint = f"git clone it there, or say where it is: repository = {shown!r}"
        raise RepositoryError(f"There is no clone at {shown}", printable(str(place)), hint)
    found = opening.locate(place, runner)
    if found.object_format != here.object_format:
        said = f"it has {found.object_format} ids, this one has {here.object_format}"
        raise RepositoryError(f"{shown} cannot be planned with", said, "both need ids of the same kind")
    return found
