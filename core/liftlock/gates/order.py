"""The gate `order`: no environment is skipped. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.gates.candidate import Candidate, tag
from liftlock.gates.verdict import Verdict, blocked, not_applicable, passed
from liftlock.model.app import Version


def order(candidate: Candidate, neighbours: Mapping[str, Sequence[Version] | None], goes_back: bool) -> Verdict:
    """Whether the version comes from an environment that the target comes after, or is in one already.

    `neighbours` are the versions of the app in each of those in Git; None where the app is not there.
    `goes_back` says that the source comes after the target: then nothing is skipped.
    """
    target, source = candidate.target.name, candidate.source
    if source is None:
        return not_applicable("it comes from no environment")
    if goes_back:
        return not_applicable(f"{source.name} comes after {target}: it goes back")
    if not neighbours:
        return passed(f"{target} comes after no other environment")
    if source.name in neighbours:
        return passed(f"{target} comes after {source.name}")
    names = " and ".join(neighbours)
    known = {name: versions for name, versions in neighbours.items() if versions is not None}
    if not known:
        return passed(f"{target} comes after {names}, where {candidate.app} is not")
    if candidate.arriving:
        for name, versions in known.items():
            there = {_identity(version) for version in versions}
            if all(_identity(version) in there for version in candidate.arriving):
                return passed(f"{target} comes after {name}, which has {candidate.said} in Git")
    has = "; ".join(f"{name} has {tag(versions[0].value)}" for name, versions in known.items() if versions)
    said = f"{target} comes after {names}, and this comes from {source.name}"
    return blocked(f"{said}; {has}" if has else said, f"promote {candidate.said} to {names} first")


def _identity(version: Version) -> tuple[str, str]:
    """What makes two versions the same though their registries differ by region."""
    return version.name.rsplit("/", 1)[-1], tag(version.value)
