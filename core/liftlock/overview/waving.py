"""Waves as Git tells of them: their steps by trailers, on the branches that are read, on the remote's, and here."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from liftlock.clock import age
from liftlock.discovery import versions_of
from liftlock.errors import RepositoryError
from liftlock.gitrepo.messages import Message
from liftlock.model.wave import StepState, Wave, WavePlace, WaveStep
from liftlock.overview.reading import Reading
from liftlock.promotion import wavetrailers
from liftlock.text import printable
from liftlock.values import dataclass

FOLDER = ".liftlock/waves/"
"""Where a wave that was stopped has its file."""
KNOWN_FOR = 90 * 86400
"""Seconds: a wave whose last step is older is over."""
_REVERTS = "^(Promotion-Reverts: |This reverts commit )"
_REVERTED = re.compile(r"^(?:Promotion-Reverts: |This reverts commit )([0-9a-f]{7,64})\b", re.MULTILINE)
_TRAILER = re.compile(r"^Promotion-(From|App|Source-Commit): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Told:
    """A commit that says it is a step. `branch` is where it is, "" for the branch that is read."""

    place: WavePlace
    commit: str
    by: str
    at: float
    text: str
    state: StepState
    branch: str = ""


def waves(reading: Reading, now: float, *, only: str = "") -> tuple[Wave, ...]:
    """The waves of the last months, the one that moved last first; `only` the one whose id begins like that.

    No cluster is asked. Raises RepositoryError.
    """
    by_wave: dict[str, list[_Told]] = defaultdict(list)
    for told in (*_landed(reading, now), *_on_the_remote(reading), *_here(reading)):
        if told.place.id.startswith(only):
            by_wave[told.place.id].append(told)
    gone = _reverted(reading, now) if by_wave else {}
    made = [_wave(reading, found, gone, now) for found in by_wave.values()]
    return tuple(sorted(made, key=lambda wave: -max(step.at or 0.0 for step in wave.steps)))


def _landed(reading: Reading, now: float) -> Iterator[_Told]:
    seen: set[str] = set()
    for commit in _tips(reading):
        for one in reading.repository.telling(commit, wavetrailers.GREP, since=now - KNOWN_FOR):
            place = wavetrailers.read(one.text)
            if place is not None and one.commit not in seen:
                seen.add(one.commit)
                yield _Told(place, one.commit, one.author, one.at, one.text, StepState.LANDED)


def _tips(reading: Reading) -> list[str]:
    """The commits that environments are read from, each once."""
    found = [reading.source_of(environment).commit for environment in reading.discovery.environments]
    return list(dict.fromkeys(found))


def _on_the_remote(reading: Reading) -> Iterator[_Told]:
    if reading.at is not None:
        return
    for branch, one in in_flight(reading):
        place = wavetrailers.read(one.text)
        if place is not None:
            yield _Told(place, one.commit, one.author, one.at, one.text, StepState.IN_FLIGHT, branch)


def in_flight(reading: Reading) -> list[tuple[str, Message]]:
    """Branches of the remote whose tip promotes and has not landed, each with that commit.

    What was squashed or rebased has landed too: the same promotion, by its trailers. Raises RepositoryError.
    """
    found: list[tuple[str, Message]] = []
    for repository, source in reading.homes():
        try:
            remote, _ = repository.remote_for(source.ref)
        except RepositoryError:
            continue  # no remote
        open_: list[tuple[str, Message]] = []
        for branch, one in repository.remote_promotions(remote, source.commit):
            fork = repository.merge_base(source.commit, one.commit)
            since = repository.messages(fork, source.commit) if fork is not None else []
            if _says(one.text) not in {_says(later.text) for later in since}:
                open_.append((branch, one))
        there = repository.still_there(remote, [branch for branch, _ in open_]) if open_ else frozenset()
        found += [(branch, one) for branch, one in open_ if branch in there]
    return found


def _says(text: str) -> frozenset[str]:
    """What makes two commits the same promotion."""
    return frozenset(re.findall(r"^Promotion-(?:To|App|Source-Commit|Reverts): .+$", text, re.MULTILINE))


def _here(reading: Reading) -> Iterator[_Told]:
    if reading.at is not None:
        return
    local = [found for repository, _ in reading.homes() for found in repository.local_promotions()]
    for branch, tip, _, text in local:
        place = wavetrailers.read(text)
        if place is not None:
            one = reading.repository.messages_of([tip])[0]
            yield _Told(place, tip, one.author, one.at, text, StepState.COMMITTED, branch)


def _reverted(reading: Reading, now: float) -> Mapping[str, str]:
    """Commits that were taken back, as they are named there, with the commit that did it."""
    return {
        gone: one.commit
        for commit in _tips(reading)
        for one in reading.repository.telling(commit, _REVERTS, since=now - KNOWN_FOR)
        for gone in _REVERTED.findall(one.text)
    }


def _wave(reading: Reading, found: list[_Told], gone: Mapping[str, str], now: float) -> Wave:
    first = min(found, key=lambda told: told.place.number)
    said: dict[str, list[str]] = defaultdict(list)
    for key, value in _TRAILER.findall(first.text):
        said[key].append(printable(value.strip()))
    apps = tuple(dict.fromkeys(said["App"]))
    place = first.place
    steps = tuple(
        _step(reading, number, target, [told for told in found if told.place.number == number], apps, gone)
        for number, target in enumerate(place.targets, 1)
    )
    source, commit = (next(iter(said[key]), "") for key in ("From", "Source-Commit"))
    return Wave(place.id, source, commit, place.targets, apps, steps, place.train, _stopped(reading, place.id, now))


def _step(
    reading: Reading, number: int, target: str, found: list[_Told], apps: tuple[str, ...], gone: Mapping[str, str]
) -> WaveStep:
    for state in (StepState.LANDED, StepState.IN_FLIGHT, StepState.COMMITTED):
        told = next((one for one in found if one.state is state), None)
        if told is None:
            continue
        step = WaveStep(number, target, state, told.commit, printable(told.branch), told.by, told.at)
        if state is StepState.LANDED:
            back = next((by for one in found for sha, by in gone.items() if one.commit.startswith(sha)), "")
            if back:
                return replace(step, state=StepState.TAKEN_BACK, why=f"taken back by {back[:8]}")
            if _newer(reading, target, told.commit, apps):
                return replace(step, state=StepState.PASSED_BY, why=f"{target} has another version in Git by now")
            return step
        where = "the remote" if state is StepState.IN_FLIGHT else "this clone"
        return replace(step, why=f"on the branch {printable(told.branch)} of {where}")
    return WaveStep(number, target, StepState.TO_COME)


def _newer(reading: Reading, target: str, commit: str, apps: tuple[str, ...]) -> bool:
    """Whether the target has other versions by now than the step gave it."""
    environment = reading.environment(target)
    if environment is None:
        return False
    cells = [cell for app, cell in reading.cells_of(target).items() if app in apps]
    then, now = (versions_of(tree, cells) for tree in (reading.tree_at(commit), reading.tree_of(environment)))
    return then != now


# Stopped --------------------------------------------------------------------------------------------------------------


def path_of(identity: str) -> str:
    """The file of a wave that was stopped."""
    return f"{FOLDER}{identity}.toml"


def _stopped(reading: Reading, identity: str, now: float) -> str:
    """Who stopped the wave, when and why, in a sentence; "" when nobody did."""
    path = path_of(identity)
    if path not in reading.tree.entries:
        return ""
    try:
        reason = str(tomllib.loads(reading.tree.read(path).decode("utf-8")).get("reason", ""))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        reason = ""
    touched = dict(reading.repository.last_touch(reading.tree.commit, {path: (path,)})).get(path)
    who = f" by {touched.author} {age(max(0.0, now - touched.time))} ago" if touched is not None else ""
    why = f": {printable(' '.join(reason.split()))}" if reason else ""
    return f"stopped{who}{why}"
