"""Every liftlock command that a document shows is run, on the examples that documents name.

`<!-- example: NAME -->` in a document says which example its commands are for, `, live` that they need its clusters.
The documents of one example share one demo, in their order.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fleets import liftlock

from liftlock_tui.cli import cli
from liftlock_tui.demo import open_demo

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_EXAMPLE = re.compile(r"<!-- example: ([\w-]+)(, live)? -->")
_COMMAND = re.compile(r"    (liftlock(?: .*)?)")
FORGE = ("reviews", "approve", "merge", "abort")
"""What needs a forge: the examples have none, and the sentence that says so is the answer."""


@dataclass(frozen=True)
class Shown:
    """A command as a document shows it."""

    document: str
    example: str
    live: bool
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text, comments=True)[1:]

    @property
    def opens_the_app(self) -> bool:
        return not self.words or (self.words[0] == "demo")

    @property
    def needs_a_forge(self) -> bool:
        return bool({*FORGE} & {*self.words[:1]}) or "--pr" in self.words


def shown() -> Iterator[Shown]:
    for document in DOCUMENTS:
        example, live = "kustomize", False
        for line in document.read_text("utf-8").splitlines():
            if named := _EXAMPLE.fullmatch(line):
                example, live = named[1], bool(named[2])
            elif command := _COMMAND.fullmatch(line):
                yield Shown(document.relative_to(ROOT).as_posix(), example, live, command[1])


SHOWN = tuple(shown())
DEMOS = sorted({(one.example, one.live) for one in SHOWN})


def test_documents_show_commands() -> None:
    assert len(SHOWN) > 30
    named = {word for one in SHOWN for word in one.words[:1]}
    assert {*cli.commands} - {"demo"} <= named, "a command that no document shows"


@pytest.mark.parametrize(("example", "live"), DEMOS)
def test_the_commands_of_the_documents_run(example: str, live: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_demo(example, live=live, speed=5.0) as clone:
        monkeypatch.chdir(clone)
        for one in SHOWN:
            if (one.example, one.live) != (example, live) or one.opens_the_app:
                continue
            answer = liftlock(*one.words)
            said = f"{one.document}: {one.text}\n{answer.out}{answer.err}"
            if one.needs_a_forge:
                assert answer.code == 2, said
                assert "is a folder, not a forge" in answer.out + answer.err, said
            else:
                assert answer.code in (0, 1), said
