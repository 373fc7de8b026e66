"""What a scripted engine has outside: files, pages, the doctor's checks, and what a fetch says while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from liftlock.model.report import Check, Page, Shelved, Verdict

CHECKS = (
    Check("Tools", "git", Verdict.GOOD, "git version 2.47.1"),
    Check("Tools", "helm", Verdict.NOTE, "not installed: charts are not rendered", "install helm"),
    Check("Repository", "place", Verdict.GOOD, "work tree at /srv/deploy"),
    Check("Environments", "staging", Verdict.GOOD, "5 apps, after dev"),
    Check("Files", "apps/ledger/overlays/staging/values.yaml", Verdict.BAD, "line 3 is not YAML", "mend the file"),
)


@dataclass
class ScriptedOutside:
    """Answers what a test wrote."""

    place: Path | None = None
    data: bytes = b"newTag: 1.8.0\n"
    found: tuple[Page, ...] = (
        Page("commit", "abc", "https://forge.example/acme/deploy/commit/abc"),
        Page("branch", "main", "https://forge.example/acme/deploy/tree/main"),
    )
    asked: list[tuple[object, ...]] = field(default_factory=list)
    checks: tuple[Check, ...] = CHECKS
    said: tuple[str, ...] = ()
    """What the fetch tells while it goes on."""

    def shelved(self, path: str, commit: str) -> Shelved:
        self.asked.append(("shelved", path, commit))
        return Shelved(path, commit, self.data, self.place, False)

    def pages(self, ref: str, commit: str, files: tuple[tuple[str, int], ...] = ()) -> tuple[Page, ...]:
        self.asked.append(("pages", ref, commit, files))
        return self.found
