"""What the doctor says: the tools, the repository, what was found and why, and what to do about it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from liftlock.commands import Runner
from liftlock.config import CONFIG_FILE, Settings
from liftlock.discovery import versions_of
from liftlock.errors import LiftlockError, Problem
from liftlock.gitrepo import Repository
from liftlock.model.environment import Finding
from liftlock.model.report import Check, Verdict
from liftlock.overview.reading import Reading
from liftlock.render import tools
from liftlock.text import plural, printable


def checks(repository: Repository, at: str | None, runner: Runner, settings: Settings) -> tuple[Check, ...]:
    """Every check, in the order a person would ask. Nothing is raised: what fails is a bad check."""
    return tuple(_all(repository, at, runner, settings))


def _all(repository: Repository, at: str | None, runner: Runner, settings: Settings) -> Iterator[Check]:
    yield from _tools(repository, runner)
    yield from _repository(repository)
    try:
        reading = Reading(repository, at)
        discovery = reading.discovery
    except LiftlockError as error:
        yield Check("Environments", "reading", Verdict.BAD, str(error), error.hint)
        return
    yield Check(
        "Environments", "read from", Verdict.GOOD, f"{printable(reading.source.ref)}: {printable(reading.source.why)}"
    )
    yield from _configuration(reading)
    if not discovery.environments:
        said = "; ".join(printable(f.reason) for f in discovery.findings) or "no layout was recognised"
        yield Check("Environments", "found", Verdict.BAD, said, "describe them in liftlock.toml: liftlock init")
    for environment in discovery.environments:
        count = len(reading.cells_of(environment.name))
        after = f", after {', '.join(environment.after)}" if environment.after else ""
        lock = ", protected" if environment.protected else ""
        said = printable(f"{plural(count, 'app')}{after}{lock}")
        try:
            source = reading.source_of(environment)
        except LiftlockError as error:
            yield Check("Environments", printable(environment.name), Verdict.BAD, f"{said}; {error}", error.hint)
            continue
        if source.ref != reading.source.ref:
            said += printable(f", read from {source.ref}")
        verdict = Verdict.GOOD if count else Verdict.BAD
        hint = "" if count else "look at its paths in liftlock.toml"
        yield Check("Environments", printable(environment.name), verdict, said, hint)
    for finding in discovery.findings:
        yield _finding(finding)
    for problem in (*discovery.problems, *_files(reading)):
        yield Check("Files", printable(problem.place), Verdict.BAD, printable(problem.title), problem.hint)


def _files(reading: Reading) -> Iterator[Problem]:
    """What the apps' own files have that keeps them from being read."""
    broken: dict[str, Problem] = {}
    for environment in reading.discovery.environments:
        with contextlib.suppress(LiftlockError):  # of an environment that cannot be read was told above
            versions_of(reading.tree_of(environment), reading.cells_of(environment.name).values(), broken)
    yield from broken.values()


def _finding(finding: Finding) -> Check:
    said = printable(f"{finding.reason} ({finding.source})")
    if finding.question:
        return Check("Reasons", printable(finding.subject), Verdict.NOTE, said, printable(finding.question))
    return Check("Reasons", printable(finding.subject), Verdict.GOOD, said)


def _tools(repository: Repository, runner: Runner) -> Iterator[Check]:
    yield Check("Tools", "git", Verdict.GOOD, repository.facts().git_version)
    for name, path, version in tools(runner):
        if path:
            yield Check("Tools", name, Verdict.GOOD, printable(f"{version} ({path})" if version else path))
        elif name == "helm":
            yield Check("Tools", name, Verdict.NOTE, "not installed: charts are not rendered", "install helm")
        else:
            yield Check("Tools", name, Verdict.BAD, "not found: nothing is rendered", f"install {name}")


def _repository(repository: Repository) -> Iterator[Check]:
    facts = repository.facts()
    kind = "bare repository" if facts.bare else "work tree"
    yield Check(
        "Repository", "place", Verdict.GOOD, printable(f"{kind} at {repository.work_tree or repository.git_dir}")
    )
    if facts.shallow:
        yield Check(
            "Repository",
            "history",
            Verdict.NOTE,
            "a shallow clone: ages and authors end early",
            "git fetch --unshallow",
        )
    if facts.in_progress:
        yield Check("Repository", "work tree", Verdict.NOTE, f"a {facts.in_progress} is in progress; it is left alone")
    if facts.detached:
        yield Check("Repository", "HEAD", Verdict.NOTE, "detached; promotions are built on the remote branch anyway")
    if facts.sparse:
        yield Check("Repository", "checkout", Verdict.NOTE, "sparse; liftlock reads Git's objects, so all is seen")
    for path in facts.submodules:
        yield Check("Repository", printable(path), Verdict.NOTE, "a submodule: left alone")
    if not facts.remotes:
        yield Check("Repository", "remote", Verdict.NOTE, "none: commits stay here", "git remote add origin URL")
    for name, url in facts.remotes:
        yield Check("Repository", f"remote {printable(name)}", Verdict.GOOD, printable(url))
    missing = repository.missing_identity()
    if missing:
        yield Check(
            "Repository",
            "identity",
            Verdict.BAD,
            missing,
            "git config --global user.name … && git config --global user.email …",
        )


def _configuration(reading: Reading) -> Iterator[Check]:
    if CONFIG_FILE in reading.tree.entries:
        count = plural(len(reading.config.environments), "environment")
        yield Check("Environments", CONFIG_FILE, Verdict.GOOD, f"names {count}; what it leaves out is found")
    else:
        yield Check("Environments", CONFIG_FILE, Verdict.NOTE, "not there: all of this was found", "liftlock init")
