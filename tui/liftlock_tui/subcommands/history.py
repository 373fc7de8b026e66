"""`liftlock history [ENV]`: what went where, when, by whom, and how long it took, from Git alone."""

from __future__ import annotations

from pathlib import Path

import click

from liftlock_tui.plain.options import Moment, everywhere, names, some_apps
from liftlock_tui.subcommands.opening import opened


@click.command()
@click.argument("environment", metavar="[ENV]", shell_complete=names, required=False, default="")
@some_apps
@click.option("--since", type=Moment(), metavar="DATE", help="Since then: 2026-08-01, or an age such as 30d, 12w, 1y.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="So many at most (30; all with --since).")
@click.option("--all", "everything", is_flag=True, help="Also versions that came from no environment before.")
@click.option("--figures", is_flag=True, help="Lead times by hop, changes a week and the rate of rollbacks.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a line for each app that moved.")
@everywhere
def history(
    environment: str,
    apps: tuple[str, ...],
    since: float | None,
    limit: int | None,
    everything: bool,
    figures: bool,
    as_csv: bool,
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Show what was promoted to every environment (or to ENV), newest first: when, by whom, why, how long it took.

    Read from Git alone: trailers where commits have them, else from the values that environments took of each other.
    """
    from liftlock_tui.plain import recording

    if as_csv and (as_json or figures):
        raise click.UsageError("--csv is a list of promotions: leave --json and --figures out.")
    asked = recording.Asked(environment, apps, since or 0.0, limit, everything, figures)
    with opened(repo, at) as engine:
        return recording.tell(engine, asked, as_json=as_json, as_csv=as_csv)
