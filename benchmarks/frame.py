"""What the benchmarks share: rounds that take turns, medians, a private copy of a repository, children that measure."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (ROOT / "core", ROOT / "tui", ROOT / "tests" / "e2e")
sys.path[:0] = [str(path) for path in SOURCES]


os.environ["LIFTLOCK_FETCH_ON_START"] = "0"  # nothing is written to the repository that is measured


def named(repository: Path) -> str:
    """What to call a repository by its place: the last folder that says something."""
    place = repository.resolve()
    return place.name if place.name not in ("repo", ".git", "git") else place.parent.name


@dataclass
class Series:
    """What was measured under one name, in seconds (or as `unit` says)."""

    name: str
    values: list[float] = field(default_factory=list)
    unit: str = "s"

    @property
    def median(self) -> float:
        """The middle of what was measured."""
        return statistics.median(self.values)

    def percentile(self, share: float) -> float:
        """The value that so large a share of all stays under."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def line(self) -> str:
        """The series in words."""
        low, high = min(self.values), max(self.values)
        return f"{self.name:<44} {self.median:8.3f} {self.unit}  ({low:.3f} to {high:.3f}, {len(self.values)} rounds)"


def parser(what: str, rounds: int) -> argparse.ArgumentParser:
    """The arguments that every benchmark takes."""
    made = argparse.ArgumentParser(description=what)
    made.add_argument("repository", type=Path, help="a clone or a bare repository; it is only read")
    made.add_argument("--rounds", type=int, default=rounds, help=f"how often each is measured ({rounds})")
    made.add_argument("--json", action="store_true", help="print the figures as JSON")
    return made


def in_turns(rounds: int, programs: Mapping[str, Callable[[], float]], *, warm_up: bool = True) -> dict[str, Series]:
    """Measure all programs once a round, one after the other, so that a noisy machine is noisy for all of them."""
    series = {name: Series(name) for name in programs}
    if warm_up:
        for program in programs.values():
            program()
    for _ in range(rounds):
        for name, program in programs.items():
            series[name].values.append(program())
    return series


def child(code: str, *arguments: str | Path, cache: Path | None = None) -> dict[str, float]:
    """Run Python code in a process of its own; the JSON object that it prints last."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, SOURCES))}
    if cache is not None:
        env["XDG_CACHE_HOME"] = str(cache)
    ended = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], env=env, stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"the measured program failed with {ended.returncode}")
    said: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return said


@contextmanager
def private_clone(repository: Path) -> Iterator[Path]:
    """A clone with nothing checked out, to write into; the objects are those of the repository."""
    with tempfile.TemporaryDirectory(prefix="liftlock-benchmark-") as folder:
        clone = Path(folder) / "clone"
        git = ["git", "-c", "protocol.file.allow=always", "clone", "--quiet", "--shared", "--no-checkout"]
        settings = ["-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org", "-c", "commit.gpgSign=false"]
        subprocess.run([*git, *settings, str(repository.resolve()), str(clone)], check=True)
        yield clone


def report(title: str, series: Sequence[Series], verdicts: Sequence[tuple[str, float, float]], *, as_json: bool) -> int:
    """Print the figures; each verdict is what was asked, the figure, and the most it may be. 1 when one is missed."""
    missed = [name for name, figure, most in verdicts if figure > most]
    if as_json:
        figures = {one.name: {"median": one.median, "unit": one.unit, "values": one.values} for one in series}
        limits = {name: {"is": figure, "at_most": most} for name, figure, most in verdicts}
        print(json.dumps({"benchmark": title, "figures": figures, "limits": limits}))
    else:
        print(title)
        for one in series:
            print("  " + one.line())
        for name, figure, most in verdicts:
            print(f"  {'ok    ' if figure <= most else 'MISSED'} {name}: {figure:.3f} (at most {most:g})")
    return 1 if missed else 0
