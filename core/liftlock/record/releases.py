"""What a new version contains, from a local clone of the app's repository that the user has mapped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from liftlock.commands import Runner
from liftlock.errors import LiftlockError
from liftlock.gitrepo import Repository
from liftlock.learning.timelines import moving_part
from liftlock.model.change import ChangeClass
from liftlock.model.plan import Plan
from liftlock.model.release import Release
from liftlock.text import printable, short_version

SHOWN = 20
"""So many commits are read of each release."""
# The commit at the end of a tag (`main-1a2b3c4`, `1.5.0+9730448`, `sha-92b4eca`): only as digits of a commit.
_SHA = re.compile(r"(?:^|[-_.+])(?:git|sha|g)?-?([0-9a-f]{7,40})(?:[-_.].*)?$")


class Releases:
    """The repositories of apps, as the user mapped them; opened when they are first asked. Nothing is written there."""

    def __init__(self, runner: Runner, mapped: Callable[[], Mapping[str, str]]) -> None:
        self._runner = runner
        self._mapped = mapped
        self._opened: dict[str, Repository | LiftlockError] = {}
        self._known: dict[tuple[str, str, str], Release] = {}

    def close(self) -> None:
        """End what was started."""
        for one in self._opened.values():
            if isinstance(one, Repository):
                one.close()

    def between(self, app: str, old: str, new: str) -> Release | None:
        """What `new` has that `old` has not; None where no repository is mapped to the app. Never raises."""
        place = self._place(app)
        if place is None or not old or not new or old == new:
            return None
        key = (place, old, new)
        if key not in self._known:
            self._known[key] = self._read(place, app, old, new)
        return self._known[key]

    def of(self, plan: Plan) -> tuple[Release, ...]:
        """What the versions that a plan moves contain, each once; of apps that have a repository. Never raises."""
        moves: dict[tuple[str, str, str], None] = {}
        for change in plan.chosen:
            old, new = change.shown_old, plan.shown(change)
            if change.cls is ChangeClass.VERSION and isinstance(old, str) and isinstance(new, str):
                moves[change.app, moving_part(old), moving_part(new)] = None
        # A digest beside a tag says the same once more, and no repository has it.
        told = [move for move in moves if not move[2].startswith("sha256:")]
        return tuple(found for move in told if (found := self.between(*move)) is not None)

    def _place(self, app: str) -> str | None:
        mapped = self._mapped()
        return mapped.get(app) or mapped.get(app.rpartition("/")[2])

    def _read(self, place: str, app: str, old: str, new: str) -> Release:
        try:
            repository = self._repository(place)
            before, after = _commit(repository, app, old), _commit(repository, app, new)
            missing = " and ".join(short_version(v) for v, found in ((old, before), (new, after)) if not found)
            if not before or not after:
                return Release(app, old, new, problem=printable(f"{place} has no tag and no commit for {missing}"))
            found = repository.ahead(before, after)
            gone = repository.count_between(after, before)
        except LiftlockError as error:
            return Release(app, old, new, problem=printable(f"{place}: {error.title}"))
        return Release(app, old, new, tuple(found[:SHOWN]), len(found), gone)

    def _repository(self, place: str) -> Repository:
        known = self._opened.get(place)
        if known is None:
            try:
                known = Repository.open(Path(place).expanduser().absolute(), self._runner)
            except LiftlockError as error:
                known = error
            self._opened[place] = known
        if isinstance(known, LiftlockError):
            raise known
        return known


def _commit(repository: Repository, app: str, version: str) -> str:
    """The commit that a version is in the app's repository, "" where none is found."""
    for name in names(app, version):
        try:
            return repository.resolve(name)
        except LiftlockError:
            continue
    return ""


def names(app: str, version: str) -> Iterator[str]:
    """What a version may be called in the app's repository, the likeliest first. Pure."""
    word = app.rpartition("/")[2]
    bare = version.removeprefix("v")
    if not re.fullmatch(r"[\w.+-]+", version) or version.startswith("-"):
        return
    for tag in (
        version,
        f"v{bare}",
        bare,
        f"{word}-{version}",
        f"{word}/{version}",
        f"{word}-v{bare}",
        f"{word}/v{bare}",
    ):
        yield f"refs/tags/{tag}"
    found = _SHA.search(version)
    if found is not None and (re.search(r"\d", found.group(1)) or len(found.group(1)) >= 12):
        yield found.group(1)
