"""The commits that a pull request carries, and what its merge left, in this clone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from liftlock.discovery import versions_of
from liftlock.errors import ForgeError, LiftlockError, RepositoryError
from liftlock.forge import Forge
from liftlock.model.app import Cell
from liftlock.model.promotion import Promotion
from liftlock.model.review import Flight
from liftlock.overview.reading import Reading
from liftlock.reviews import trailers
from liftlock.text import printable

if TYPE_CHECKING:
    from liftlock.reviews.session import Desk


def carried(desk: Desk, forge: Forge, flight: Flight) -> Promotion:
    """What its branch carries, as a promotion; its commits are fetched, also out of a fork.

    Raises RepositoryError, ForgeError (its commits cannot be had).
    """
    request, repository = flight.request, desk.repository
    remote, _ = repository.remote_for(desk.source().ref)
    repository.fetch(remote)
    onto = f"refs/remotes/{remote}/{request.base}"
    tip = _tip(desk, forge, flight, remote)
    base = repository.merge_base(onto, tip) or repository.resolve(onto)
    made = repository.messages(base, tip)
    text = next((one.text for one in made if trailers.promotes(one.text)), request.body)
    return Promotion(None, flight.source, flight.targets, tip, request.head, base, onto, text)


def _tip(desk: Desk, forge: Forge, flight: Flight, remote: str) -> str:
    """The commit of its branch, by the ref that forges keep of it where the branch is not among the remote's."""
    request, repository = flight.request, desk.repository
    with suppress(RepositoryError):
        return repository.resolve(request.head_commit)
    try:
        if forge.request_ref:
            repository.fetch(remote, only=forge.request_ref.format(flight.number))
        return repository.resolve(request.head_commit)
    except RepositoryError as error:
        where = printable(request.head_repository) or "a repository that is gone"
        raise ForgeError(
            f"The commits of #{flight.number} cannot be had",
            f"they are on {printable(request.head)} of {where}: {error}",
            f"look at it and merge it on its page: {request.url}",
        ) from error


def unnamed(reading: Reading, promotion: Promotion, clone: str) -> tuple[str, ...]:
    """The environments of its repository that it changes and does not say so. Raises RepositoryError.

    Anybody may write a description: what is changed is told by the files alone.
    """
    before, after = reading.tree_at(promotion.base), reading.tree_at(promotion.commit)
    changed = {p for p in {*before.entries, *after.entries} if before.entries.get(p) != after.entries.get(p)}
    cells = [cell for cell in reading.discovery.cells if reading.clone_of(cell.environment) == clone]
    named = {path for cell in cells if cell.environment in promotion.targets for path in _of(cell, changed)}
    found: dict[str, None] = {}
    for cell in cells:
        if cell.environment in promotion.targets or cell.environment in found:
            continue
        if cell.part:  # a file of many releases: only what moves this one's versions counts
            touched = _of(cell, changed) and versions_of(before, [cell]) != versions_of(after, [cell])
        else:
            touched = bool(_of(cell, changed) - named)
        if touched:
            found[cell.environment] = None
    return tuple(found)


def _of(cell: Cell, changed: set[str]) -> set[str]:
    """Those of the files that are the cell's own, new ones in its folders included."""
    folders = tuple(root for root in cell.roots if root.endswith("/"))
    return {path for path in changed if path in cell.files or (folders and path.startswith(folders))}


def bring(desk: Desk, commit: str) -> None:
    """Have the commit of a merge in this clone, as what follows asks for it; nothing where there is none."""
    repository = desk.repository
    if not commit:
        return
    try:
        repository.resolve(commit)
    except RepositoryError:
        remote, _ = repository.remote_for(desk.source().ref)
        try:
            repository.fetch(remote)
        except LiftlockError as error:
            # The merge itself is done: who follows it fetches as well, and says so where that fails again.
            desk.runner.note(f"{commit[:8]} cannot be fetched: {error}", code=1)
