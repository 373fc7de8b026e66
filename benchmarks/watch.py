"""From a watch event to the board, while a cluster says something a hundred times a second.

    python benchmarks/watch.py [--pods 10000] [--apps 20] [--rate 100] [--seconds 20]

A repository of its own, an API server of its own with so many pods (`flood.py`, in a process of its own), and the real
app in a terminal. One event of five counts up an image that the board shows, all others change the status of a pod of
another app, which the app reads as well. Before the flood come single events: the shortest time that one takes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import frame
from flood import MARKED, name_of
from terminal import LIFTLOCK, Terminal

FLOOD = Path(__file__).with_name("flood.py")
SHARE = 5
"""Every so manieth event is one that the board shows."""
RUNS = re.compile(rb"runs 9\.(\d+)\.(\d+)")
LATENCY, CPU, MEMORY = 0.1, 25.0, 150.0
SETTLED, SETTLE = 3.0, 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


# The repository ------------------------------------------------------------------------------------------------------


def files(apps: int) -> Iterator[tuple[str, str]]:
    """Apps in two environments; what is in Git never changes here."""
    for app in map(name_of, range(apps)):
        image = f"registry.example.org/{app}"
        container = f"{{name: main, image: {image}, ports: [{{containerPort: 8080}}]}}"
        yield (
            f"base/{app}/deployment.yaml",
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {app}}}\nspec:\n  selector: {{matchLabels: "
            f"{{app: {app}}}}}\n  template:\n    metadata: {{labels: {{app: {app}}}}}\n"
            f"    spec: {{containers: [{container}]}}\n",
        )
        yield f"base/{app}/kustomization.yaml", "resources: [deployment.yaml]\n"
        for environment, tag in (("dev", "1.1.0"), ("staging", "1.0.0")):
            yield (
                f"envs/{environment}/{app}/kustomization.yaml",
                f"namespace: {environment}\nresources: [../../../base/{app}]\n"
                f"images:\n  - name: {image}\n    newTag: {tag}\n",
            )


def repository(folder: Path, apps: int) -> tuple[Path, str, str]:
    """A clone with its remote: the clone, the remote's address, the commit."""

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org", "-c", "commit.gpgSign=false")
        done = subprocess.run(
            ["git", "-C", str(clone), *who, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return done.stdout.decode().strip()

    clone, origin = folder / "clone", folder / "origin.git"
    subprocess.run(["git", "init", "-q", "-b", "main", str(clone)], check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", "--bare", str(origin)], check=True)
    for path, text in files(apps):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text(text)
    git("add", "--all")
    git("commit", "-q", "-m", "start")
    git("remote", "add", "origin", f"file://{origin}")
    git("push", "-q", "-u", "origin", "main")
    git("remote", "set-head", "origin", "main")
    return clone, f"file://{origin}", git("rev-parse", "HEAD")


# Measuring -----------------------------------------------------------------------------------------------------------


def processor(process: int) -> float:
    """The seconds of a core that a process and its ended children have had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def memory(process: int, what: str) -> float:
    """In MB: VmRSS as it is, VmHWM the most it was."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def latencies(sent: list[tuple[int, int, float]], seen: list[tuple[float, int, int]]) -> tuple[list[float], int]:
    """For each event the seconds until the board showed it or a later one of its app; and how many it never did."""
    found, missing = [], 0
    for app, number, at in sent:
        shown = next((when for when, its, newest in seen if its == app and newest >= number), None)
        if shown is None:
            missing += 1
        else:
            found.append(shown - at)
    return found, missing


def kubeconfig(file: Path, port: int) -> Path:
    entry = {"name": "bench"}
    table = {
        "current-context": "bench",
        "contexts": [{**entry, "context": {"cluster": "bench", "user": "bench"}}],
        "clusters": [{**entry, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{**entry, "user": {"token": "t"}}],
    }
    file.write_text(json.dumps(table))
    return file


def settle(terminal: Terminal) -> None:
    """Until all marked cells are live and nothing is drawn any more; the header's own clock aside."""
    found: set[bytes] = set()
    deadline, data, last = time.monotonic() + SETTLE, b"", time.monotonic()
    while len(found) < MARKED or time.monotonic() - last < SETTLED:
        piece = terminal.receive(0.2)
        data = data[-200:] + piece
        if RUNS.findall(data):
            found |= {app for app, _ in RUNS.findall(data)}
            last = time.monotonic() if piece else last
        if time.monotonic() > deadline or terminal.process.poll() is not None:
            raise SystemExit(f"the board did not become live: {len(found)} of {MARKED} cells")


def watched(
    terminal: Terminal, source: subprocess.Popen[str], rate: float, seconds: float, every: int = SHARE
) -> tuple[frame.Series, int, float]:
    """How long events took, how many were never shown, and the share of a core that the app took."""
    assert source.stdin is not None and source.stdout is not None
    source.stdin.write(f"{rate} {seconds} {every}\n")
    source.stdin.flush()
    seen: list[tuple[float, int, int]] = []
    began, used, data = time.monotonic(), processor(terminal.process.pid), b""
    share = 0.0
    while time.monotonic() < began + seconds + 5.0:
        piece = terminal.receive(0.05)
        now = time.monotonic()
        if not share and now > began + seconds:
            share = 100 * (processor(terminal.process.pid) - used) / (now - began)
        data += piece
        for match in RUNS.finditer(data):
            seen.append((now, int(match[1]), int(match[2])))
        data = data[-30:] if not RUNS.search(data[-30:]) else b""
    found, missing = latencies(json.loads(source.stdout.readline()), seen)
    return frame.Series(f"event to paint at {rate:g} a second", found), missing, share


def main() -> int:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pods", type=int, default=10_000)
    arguments.add_argument("--apps", type=int, default=20)
    arguments.add_argument("--rate", type=float, default=100.0)
    arguments.add_argument("--seconds", type=float, default=20.0)
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="liftlock-benchmark-") as name:
        return measured(Path(name), given)


def measured(folder: Path, given: argparse.Namespace) -> int:
    clone, address, commit = repository(folder, given.apps)
    source = subprocess.Popen(
        [sys.executable, str(FLOOD), str(given.apps), str(given.pods), address, commit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert source.stdout is not None
        config = kubeconfig(folder / "kubeconfig", int(source.stdout.readline()))
        env = {"KUBECONFIG": str(config), "XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        program = (*LIFTLOCK, "--repo", str(clone))
        with Terminal(program, env=env, columns=160, rows=8 + 3 * given.apps, keep=False) as terminal:
            settle(terminal)
            now, most = memory(terminal.process.pid, "VmRSS"), memory(terminal.process.pid, "VmHWM")
            alone, missing, _ = watched(terminal, source, 0.5, 20.0, every=1)
            paint, lost, share = watched(terminal, source, given.rate, given.seconds)
            after = memory(terminal.process.pid, "VmRSS")
            terminal.press("q")
    finally:
        source.terminate()
        source.wait()
    if not paint.values or not alone.values:
        raise SystemExit("the board showed no event")
    figures = [
        alone,
        paint,
        frame.Series("events that the board never showed", [float(missing + lost)], ""),
        frame.Series("memory settled, at most, after the events", [now, most, after], "MB"),
    ]
    limits = [
        (f"{paint.name}, p95, in s", paint.percentile(0.95), LATENCY),
        ("CPU of the client, in % of a core", share, CPU),
        ("memory in MB", max(now, after), MEMORY),
    ]
    title = f"watching {given.pods} pods of {given.apps} apps at {given.rate:g} events a second"
    return frame.report(title, figures, limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
