"""Commands that stand in a file of their own, by what they are about."""

from __future__ import annotations

import click

from liftlock_tui.subcommands.gates import gates
from liftlock_tui.subcommands.history import history
from liftlock_tui.subcommands.log import log
from liftlock_tui.subcommands.mark import mark
from liftlock_tui.subcommands.reviews import abort, approve, merge, reviews
from liftlock_tui.subcommands.rollback import rollback
from liftlock_tui.subcommands.wave import wave

COMMANDS: tuple[click.Command, ...] = (gates, history, mark, reviews, approve, merge, abort, rollback, wave, log)
"""What the command line has beside what `cli.py` defines."""
