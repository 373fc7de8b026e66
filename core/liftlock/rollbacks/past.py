"""The states that Git has of one app in one environment, and the promotions between them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock.discovery import versions_of
from liftlock.gitrepo import Repository
from liftlock.model.app import Cell, Version
from liftlock.model.rollback import Former
from liftlock.model.tree import Tree
from liftlock.promotion.moves import State
from liftlock.render.overlay import Overlay
from liftlock.values import dataclass

_TO = re.compile(r"^Promotion-To: (.*)$", re.MULTILINE)
_REVERTS = re.compile(r"^(?:Promotion-Reverts: |This reverts commit )([0-9a-f]{7,64})\b", re.MULTILINE)
_CARRIED = 200
"""So many commits that a merge brought are looked through for trailers."""


@dataclass(frozen=True, slots=True)
class Past:
    """The states of an app's files, newest first, whole ones each; and what the commits say of themselves.

    `promoted` maps a commit of the main line to the commit whose trailers say that it promotes to the environment,
    `reverted` each commit that was taken back to the one that did it.
    """

    states: tuple[State, ...]
    formers: tuple[Former, ...]
    promoted: Mapping[str, str]
    reverted: Mapping[str, str]


def past(repository: Repository, tree: Tree, cell: Cell, *, limit: int) -> Past:
    """What the main line tells of the cell, back from the commit of `tree`. Raises RepositoryError."""
    paths = cell.files
    found = list(repository.versions(tree.commit, paths, limit=limit + 1)) if paths else []
    standing = {path: tree.entries[path].oid for path in paths if path in tree.entries}
    states: list[State] = []
    # Each commit tells what it left of the files it touched; before it they were as the next older one left them.
    oldest = repository.tree(found[-1].revision.commit).entries if found else {}
    first = {path: oldest[path].oid for path in paths if path in oldest}
    older = _older([dict(version.blobs) for version in found], first)
    for number, version in enumerate(found):
        states.append(State(version.revision, {path: oid for path, oid in standing.items() if oid}))
        for path in version.blobs:
            standing[path] = older[number].get(path, "")
    formers = _formers(repository, tree, cell, states)
    if cell.part:  # a file of many releases: only what moved this one's own versions counts
        kept = [i for i, one in enumerate(formers) if i + 1 == len(formers) or _pins(one) != _pins(formers[i + 1])]
        states, formers = [states[i] for i in kept], [formers[i] for i in kept]
    untils = [None, *(one.revision.time for one in formers)]
    formers = [
        replace(one, until=until, alike=_pins(one) == _pins(formers[0]))
        for one, until in zip(formers, untils, strict=False)
    ]
    promoted, reverted = _said(repository, [one.revision.commit for one in formers], cell.environment)
    return Past(tuple(states), tuple(formers), promoted, reverted)


def _older(blobs: Sequence[dict[str, str]], first: Mapping[str, str]) -> list[dict[str, str]]:
    """Of each commit, for the paths it touched, the blob that the next older commit that touched them left.

    `first` is how they stood after the oldest of these commits.
    """
    last = dict(first)
    told: list[dict[str, str]] = []
    for one in reversed(blobs):
        told.append({path: last[path] for path in one if path in last})
        last |= one
    return told[::-1]


def _formers(repository: Repository, tree: Tree, cell: Cell, states: Sequence[State]) -> list[Former]:
    """The states with the versions they pin. What was the same blob is read once."""
    wanted = {oid for state in states for oid in state.blobs.values()}
    held = repository.blobs(sorted(wanted))
    known: dict[tuple[tuple[str, str], ...], tuple[Version, ...]] = {}
    made = []
    for state in states:
        key = tuple(sorted(state.blobs.items()))
        if key not in known:
            laid: dict[str, bytes | None] = {path: held.get(state.blobs.get(path, "")) for path in cell.files}
            known[key] = versions_of(Overlay(tree, laid), [cell])[cell.app, cell.environment]
        made.append(Former(state.revision, known[key]))
    return made


def _pins(former: Former) -> frozenset[tuple[str, str, str]]:
    return frozenset((version.name, version.path, version.value) for version in former.versions)


def _said(repository: Repository, commits: Sequence[str], environment: str) -> tuple[dict[str, str], dict[str, str]]:
    """Which commits promote to the environment, and which were taken back; a merge speaks for what it brought."""
    promoted: dict[str, str] = {}
    reverted: dict[str, str] = {}
    for message in repository.messages_of(commits):
        told = [message]
        if len(message.parents) > 1:
            told += repository.messages(message.parents[0], message.commit)[:_CARRIED]
        for one in told:
            if environment in _TO.findall(one.text):
                promoted.setdefault(message.commit, one.commit)
            for gone in _REVERTS.findall(one.text):
                reverted.setdefault(gone, message.commit)
    return promoted, reverted
