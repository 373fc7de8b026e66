"""`liftlock gates FROM TO`: what stands between a version and its next environment, with the evidence."""

from __future__ import annotations

from pathlib import Path

import click

from liftlock_tui.plain.options import everywhere, names, some_apps
from liftlock_tui.subcommands.opening import opened


@click.command()
@click.argument("source", metavar="FROM", shell_complete=names)
@click.argument("target", metavar="TO", shell_complete=names)
@some_apps
@everywhere
def gates(source: str, target: str, apps: tuple[str, ...], repo: Path, at: str | None, as_json: bool) -> int:
    """Show the gates of what would move, each with its evidence and with what would satisfy it.

    They are advisory: this machine evaluates them, branch protection enforces.

    Exit code: 0 all are open, 1 something is closed, 2 cannot.
    """
    from liftlock_tui.plain import gating
    from liftlock_tui.plain.output import Output

    with opened(repo, at) as engine:
        told = engine.gates.for_cells(source, target, apps)
        out = Output()
        if as_json:
            out.json(gating.gates_shape(told, source, target))
        else:
            gating.gates(out, told, source, target, engine.clock.now())
    return int(any(gate.closed for gate in told))
