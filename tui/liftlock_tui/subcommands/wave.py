"""`liftlock wave`: promotions that go on step by step, each started by a person; seen, gone on with, stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from liftlock_tui.plain.options import Duration, everywhere, names
from liftlock_tui.plain.output import Output, note
from liftlock_tui.subcommands.opening import opened


@click.group()
def wave() -> None:
    """See a wave or train, start its next step, stop it. `promote FROM TO TO --wave` (or --train) begins one."""


@wave.command("list")
@everywhere
def list_(repo: Path, at: str | None, as_json: bool) -> int:
    """List the waves and trains of the last months, as Git tells of them."""
    from liftlock_tui.plain import waving

    with opened(repo, at) as engine:
        found = engine.waves.all()
        out = Output()
        if as_json:
            out.json({"schema": "liftlock.waves/1", "waves": [waving.wave_shape(one) for one in found]})
        else:
            waving.waves(out, found, engine.clock.now())
    return 0


@wave.command()
@click.argument("identity", metavar="[ID]", default="")
@everywhere
def show(identity: str, repo: Path, at: str | None, as_json: bool) -> int:
    """Show one, the newest without ID: each step, how it does in its clusters, and the way on.

    Exit code: 0 the next step may begin, or all are there; 1 something stands in the way; 2 cannot.
    """
    from liftlock_tui.plain import waving

    with opened(repo, at) as engine:
        one = engine.waves.show(identity)
        out = Output()
        if as_json:
            out.json({"schema": "liftlock.wave/1", **waving.wave_shape(one)})
        else:
            waving.wave(out, one, engine.clock.now())
    return 0 if one.state in ("ready", "done") else 1


@wave.command("next")
@click.argument("identity", metavar="[ID]", default="")
@click.option("--dry-run", is_flag=True, help="Show the plan of the step, and commit nothing.")
@click.option("--onto", metavar="BRANCH", help="Commit onto this branch; with --push, push straight to it.")
@click.option("--branch", metavar="NAME", help="The name of the promotion branch.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the commit message.")
@click.option("--override", multiple=True, metavar="GATE", help="Go past a closed gate: GATE=REASON, or with --reason.")
@click.option("--push", is_flag=True, help="Push as well.")
@click.option("--pr", is_flag=True, help="Push a branch and open its pull request.")
@click.option("--reviewer", "reviewers", multiple=True, metavar="USER", help="With --pr: whom to ask for a review.")
@click.option("--wait", is_flag=True, help="With --push or --pr: watch until the cluster has converged.")
@click.option("--timeout", type=Duration(), default="10m", metavar="TIME", help="How long to wait (10m).")
@click.option(
    "--confirm", multiple=True, metavar="ENV", shell_complete=names, help="Yes, change this protected environment."
)
@everywhere
def next_(
    identity: str,
    dry_run: bool,
    onto: str | None,
    branch: str | None,
    reason: str,
    override: tuple[str, ...],
    push: bool,
    pr: bool,
    reviewers: tuple[str, ...],
    wait: bool,
    timeout: float,
    confirm: tuple[str, ...],
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Commit the next step, once the one before is healthy and has soaked; with --push, push it.

    The same leaves move as in the step before, from the same commit of the source. With --wait the exit code is that
    of watch: 0 converged, 1 failed, 2 cannot, 3 timed out.
    """
    from liftlock_tui.plain import promoting, stepping

    if wait and not (push or pr):
        raise click.UsageError("--wait is for --push and --pr: what is not pushed reaches no cluster.")
    if pr and (push or onto):
        raise click.UsageError("--pr pushes a branch of its own: leave --push and --onto out.")
    if onto and branch:
        raise click.UsageError("--onto and --branch exclude each other: one commits on a branch, the other makes one.")
    if at is not None:
        raise click.UsageError("--at reads the past, where no step begins.")
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    asked = promoting.Asked(
        "", (), (), (), onto, branch, None, reason, push, confirm, at, at_terminal, override=override, step_of=identity
    )
    with opened(repo, at) as engine:
        return stepping.go_on(
            engine,
            asked,
            timeout=timeout if wait else None,
            dry_run=dry_run,
            reviewers=reviewers if pr else None,
            as_json=as_json,
        )


@wave.command()
@click.argument("identity", metavar="[ID]", default="")
@click.option("--reason", default="", metavar="TEXT", help="Why, for those who come across it.")
@click.option("--undo", is_flag=True, help="Let it go on.")
@click.option("--push", is_flag=True, help="Push it straight to the branch that environments are read from.")
@click.option("--branch", default="", metavar="NAME", help="A branch of its own for it, to be merged by review.")
@everywhere
def stop(
    identity: str,
    reason: str,
    undo: bool,
    push: bool,
    branch: str,
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Stop one for everybody: no further step begins. It is a file below .liftlock/waves that all read.

    Steps that are there stay; liftlock rollback takes one back.
    """
    if at is not None:
        raise click.UsageError("--at reads the past, where nothing can be stopped.")
    with opened(repo, at) as engine:
        one, made = engine.waves.stop(identity, reason=reason, undo=undo, push=push, branch=branch)
        done = "goes on" if undo else "is stopped"
        if as_json:
            shape = {"schema": "liftlock.wave-stop/1", "id": one.id, "stopped": not undo, "commit": made.commit}
            Output().json({**shape, "branch": made.branch or None, "pushed": made.pushed or None})
        else:
            where = f"on {made.pushed}" if made.pushed else f"by {made.commit[:8]} on {made.branch}"
            Output().line(f"the {one.word} {one.id} {done} {where}")
            if not made.pushed:
                note("it counts once that branch is merged and pushed; --push does both at once")
    return 0
