"""`liftlock rollback ENV --app A`: take one app in one environment back to a state that was healthy."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from liftlock_tui.plain.options import Duration, everywhere, names, one_app
from liftlock_tui.subcommands.opening import opened


@click.command()
@click.argument("environment", metavar="ENV", shell_complete=names)
@one_app
@click.option("--to", default="", metavar="SHA", help="The commit to go back to; the last that was healthy without it.")
@click.option("--list", "only_list", is_flag=True, help="List the states it had, with what is known of each.")
@click.option("--dry-run", is_flag=True, help="Show the plan, and commit nothing.")
@click.option("--no-live", is_flag=True, help="Git only; no cluster is asked how it did.")
@click.option("--only", multiple=True, metavar="ID", help="Only this change of the plan; may be given several times.")
@click.option("--onto", metavar="BRANCH", help="Commit onto this branch; with --push, push straight to it.")
@click.option("--branch", metavar="NAME", help="The name of the branch.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the commit message.")
@click.option("--override", multiple=True, metavar="GATE", help="Go past a closed gate: GATE=REASON, or with --reason.")
@click.option("--push", is_flag=True, help="Push as well.")
@click.option("--wait", is_flag=True, help="With --push: watch until the cluster has converged.")
@click.option("--timeout", type=Duration(), default="10m", metavar="TIME", help="How long to wait (10m).")
@click.option(
    "--confirm", multiple=True, metavar="ENV", shell_complete=names, help="Yes, change this protected environment."
)
@everywhere
def rollback(
    environment: str,
    app: str,
    to: str,
    only_list: bool,
    dry_run: bool,
    no_live: bool,
    only: tuple[str, ...],
    onto: str | None,
    branch: str | None,
    reason: str,
    override: tuple[str, ...],
    push: bool,
    wait: bool,
    timeout: float,
    confirm: tuple[str, ...],
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Put back what promotions moved since an app was healthy in ENV, as a commit of its own; with --push, push it.

    With --wait the exit code is that of watch: 0 converged, 1 failed, 2 cannot, 3 timed out.
    """
    from liftlock_tui.plain import promoting, returning

    if wait and not push:
        raise click.UsageError("--wait is for --push: what is not pushed reaches no cluster.")
    if onto and branch:
        raise click.UsageError("--onto and --branch exclude each other: one commits on a branch, the other makes one.")
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    asked = promoting.Asked(
        environment,
        (environment,),
        (app,),
        only,
        onto,
        branch,
        None,
        reason,
        push,
        confirm,
        at,
        at_terminal,
        override=override,
        back=to,
        live=not no_live,
    )
    with opened(repo, at) as engine:
        if only_list:
            return returning.ways(engine, environment, app, live=not no_live, as_json=as_json)
        if dry_run:
            return returning.plan(engine, environment, app, to, live=not no_live, as_json=as_json)
        return returning.roll_back(engine, asked, timeout=timeout if wait else None, as_json=as_json)
