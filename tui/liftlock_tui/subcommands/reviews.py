"""`liftlock reviews`, `approve`, `merge` and `abort`: promotions as pull requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from liftlock_tui.plain.options import Duration, everywhere, names
from liftlock_tui.plain.output import Output
from liftlock_tui.subcommands.opening import opened


def numbered(command: Callable[..., Any]) -> Callable[..., Any]:
    """The pull request: its number, and the environment whose repository it is in."""
    said = "It is in the repository that holds this environment, where that has one of its own."
    within = click.option("--in", "within", default="", metavar="ENV", shell_complete=names, help=said)
    return click.argument("number", type=int)(within(command))


@click.command()
@everywhere
def reviews(repo: Path, at: str | None, as_json: bool) -> int:
    """List the promotions in flight: open pull requests, where each stands and for whom it waits."""
    from liftlock_tui.plain import reviewing

    with opened(repo, at) as engine:
        found = engine.flights()
        out = Output()
        if as_json:
            out.json(reviewing.flights_shape(found))
        else:
            reviewing.flights(out, found, engine.clock.now())
    return 0


@click.command()
@numbered
@everywhere
def approve(number: int, within: str, repo: Path, at: str | None, as_json: bool) -> int:
    """Approve a promotion in flight, as it stands now."""
    from liftlock_tui.plain import reviewing

    with opened(repo, at) as engine:
        reviews = engine.reviews_in(within)
        flight = reviews.approve(reviews.flight(number))
        out = Output()
        if as_json:
            out.json({"schema": "liftlock.review/1", **reviewing.flight_shape(flight)})
        else:
            out.line(f"approved #{number}; {flight.state}: {flight.why}")
    return 0


@click.command()
@numbered
@click.option(
    "--method", type=click.Choice(["merge", "squash", "rebase"]), help="Another way than the repository's usual one."
)
@click.option(
    "--confirm", multiple=True, metavar="ENV", shell_complete=names, help="Yes, change this protected environment."
)
@click.option("--override", multiple=True, metavar="GATE", help="Go past a closed gate: GATE=REASON, or with --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the overrides.")
@click.option("--keep-branch", is_flag=True, help="Leave its branch there.")
@click.option("--wait", is_flag=True, help="Then watch until the cluster has converged.")
@click.option("--timeout", type=Duration(), default="10m", metavar="TIME", help="How long to wait (10m).")
@everywhere
def merge(
    number: int,
    within: str,
    method: str | None,
    confirm: tuple[str, ...],
    override: tuple[str, ...],
    reason: str,
    keep_branch: bool,
    wait: bool,
    timeout: float,
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Merge a promotion in flight, the way that the repository allows, and take its branch away.

    With --wait the exit code is that of watch: 0 converged, 1 failed, 2 cannot, 3 timed out.
    """
    from liftlock_tui.plain import reviewing, watching

    with opened(repo, at) as engine:
        flight = engine.reviews_in(within).flight(number)
        reasons = engine.gates.reasons(override, reason) if override else {}
        landing = engine.merge(flight, method, confirmed=confirm, reasons=reasons, delete_branch=not keep_branch)
        out = Output()
        if as_json:
            (out.json_line if wait else out.json)(reviewing.landed_shape(landing))
        else:
            reviewing.landed(out, landing)
        if wait:
            return reviewing.after(engine, landing.flight, timeout, watching.teller(out, as_json=as_json))
    return 0


@click.command()
@numbered
@everywhere
def abort(number: int, within: str, repo: Path, at: str | None, as_json: bool) -> int:
    """Close a promotion in flight without merging it, and take its branch away."""
    with opened(repo, at) as engine:
        reviews = engine.reviews_in(within)
        done = reviews.abort(reviews.flight(number))
        out = Output()
        if as_json:
            out.json({"schema": "liftlock.abort/1", "number": number, "done": list(done)})
        else:
            out.line("; ".join(done))
    return 0
