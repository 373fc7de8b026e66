"""What the doctor says of the forge: which one it is and where its token is from. Nothing is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from liftlock.commands import Runner
from liftlock.forge import kind_of, parse
from liftlock.forge.tokens import find, places
from liftlock.model.report import Check, Verdict
from liftlock.text import printable


def checks(url: str, runner: Runner, said: str | None, folder: Path) -> Iterator[Check]:
    """One line for the forge of a remote, none where the remote is a folder. `said` is the kind that was told."""
    address = parse(url)
    if address is None:
        return
    where = printable(address.shown)
    kind = said or kind_of(address)
    if not kind:
        finding = "its name does not tell which forge it is: it is asked when a pull request is wanted"
        yield Check("Forge", where, Verdict.NOTE, finding, "[forges] in your config.toml says it")
        return
    token = find(kind, address, runner, folder=folder)
    if token is None:
        hint = f"give a token: {places(kind, address)}"
        yield Check("Forge", where, Verdict.NOTE, f"{kind}, and no token for it: branches are pushed alone", hint)
        return
    yield Check("Forge", where, Verdict.GOOD, f"{kind}, with a token from {token.origin}")
