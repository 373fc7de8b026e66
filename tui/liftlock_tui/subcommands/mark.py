"""`liftlock mark`: versions that must go no further, kept in Git where everyone sees them."""

from __future__ import annotations

from pathlib import Path

import click

from liftlock_tui.plain.options import everywhere
from liftlock_tui.subcommands.opening import opened


@click.group()
def mark() -> None:
    """Mark versions bad, so that nobody promotes them again; list them."""


@mark.command()
@click.argument("app", metavar="APP")
@click.argument("version", metavar="VERSION")
@click.option("--reason", default="", metavar="TEXT", help="Why, for those who come across it.")
@click.option("--undo", is_flag=True, help="Take the mark away.")
@click.option("--push", is_flag=True, help="Push it straight to the branch that environments are read from.")
@click.option("--branch", default="", metavar="NAME", help="A branch of its own for it, to be merged by review.")
@everywhere
def bad(
    app: str,
    version: str,
    reason: str,
    undo: bool,
    push: bool,
    branch: str,
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Mark a VERSION of APP bad: the gate `bad` closes for it, and every plan that moves it warns.

    It is a file below .liftlock/bad, committed without touching your work tree.
    """
    from liftlock_tui.plain import gating
    from liftlock_tui.plain.output import Output

    if at is not None:
        raise click.UsageError("--at reads the past, where nothing can be marked.")
    with opened(repo, at) as engine:
        told = engine.gates.mark_bad(app, version, reason=reason, undo=undo, push=push, branch=branch)
        out = Output()
        if as_json:
            out.json(gating.marked_shape(told))
        else:
            gating.marked(out, told)
    return 0


@mark.command("list")
@everywhere
def list_(repo: Path, at: str | None, as_json: bool) -> int:
    """List the versions that were marked bad: by whom, when and why."""
    from liftlock_tui.plain import gating
    from liftlock_tui.plain.output import Output

    with opened(repo, at) as engine:
        told = engine.gates.marks()
        out = Output()
        if as_json:
            out.json(gating.marks_shape(told))
        else:
            gating.marks(out, told, engine.clock.now())
    return 0
