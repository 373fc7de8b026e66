"""`liftlock log`: what was run and written, in this repository, in all runs; with --script, to be done again."""

from __future__ import annotations

from pathlib import Path

import click

from liftlock_tui.plain.options import everywhere
from liftlock_tui.subcommands.opening import opened


@click.command()
@click.option("--script", is_flag=True, help="As a shell script that does the same again.")
@click.option("--all", "everything", is_flag=True, help="What only reads, too.")
@everywhere
def log(script: bool, everything: bool, repo: Path, at: str | None, as_json: bool) -> int:
    """Show every command and API write that changed something here, by any run of liftlock, in order."""
    if at is not None:
        raise click.UsageError("--at is not for the command log: it is no part of Git.")
    if script and (everything or as_json):
        raise click.UsageError("--script has only what changed something, as text: leave --all and --json out.")
    from liftlock_tui.plain import commandlog
    from liftlock_tui.plain.output import Output

    with opened(repo, at, logged=False) as engine:
        found = engine.command_log(everything=everything)
    out = Output()
    if as_json:
        out.json(commandlog.shape(found))
    elif script:
        commandlog.script(out, found)
    else:
        commandlog.entries(out, found)
    return 0
