"""The gate `secrets`: nothing that reads as a secret is added in plain text. Pure."""

from __future__ import annotations

from liftlock.diffing import plain_text_secrets
from liftlock.gates.candidate import Candidate
from liftlock.gates.verdict import Verdict, blocked, passed
from liftlock.text import plural, printable

_NAMED = 3


def secrets(candidate: Candidate) -> Verdict:
    """Whether a changed file holds a secret in plain text that it did not hold before."""
    found: list[str] = []
    for path, (before, after) in candidate.files.items():
        if after is None:
            continue
        known = {what for _, what in plain_text_secrets(path, before or b"")}
        found += [
            f"{printable(path)}:{line}: {what}" for line, what in plain_text_secrets(path, after) if what not in known
        ]
    if not found:
        return passed(f"nothing in {plural(len(candidate.files), 'changed file')} reads as a secret in plain text")
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return blocked(
        f"in plain text: {'; '.join(found[:_NAMED])}{more}",
        "leave that change out, or keep the value in a sealed or encrypted secret",
    )
