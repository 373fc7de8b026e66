"""Promotions that people made, found in any clone, and whether the plan before each would have selected just theirs.

    precedent.py mine CLONE… --out CASES.json [--each 40]
    precedent.py score CASES.json [--show] [--only REPO]

A commit is taken for a promotion when every leaf it changed in a file then stood, with its new value, in the file's
counterpart: the file whose path differs in one folder or in its name. Only those count where the person moved every
difference that is a version; what else they moved or left is what the plan must tell. A figure is given with and
without history, in one run. The clones may be bare; nothing is written to them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from liftlock.model.change import ChangeClass
from liftlock.promotion.classify import judge
from liftlock.promotion.compare import compare
from liftlock.promotion.words import Words, of_paths
from liftlock.yamledit import Source, read

DATA = (".yaml", ".yml", ".json", ".env")
LARGEST = 400_000


@dataclass(frozen=True)
class Case:
    """One promotion: the commit, the file it changed, and the file its values came from."""

    clone: str
    commit: str
    source: str
    target: str


def git(clone: str, *arguments: str) -> bytes:
    """What git says; "" where it fails."""
    return subprocess.run(["git", "-C", clone, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def commits(clone: str, most: int) -> Iterator[tuple[str, list[str]]]:
    """Commits of the main line with the data files they modified, newest first."""
    said = git(clone, "log", "--first-parent", "--diff-merges=first-parent", "--no-renames", "--diff-filter=M", "-z",
               "--name-only", f"-{most}", "--format=@@%H", "HEAD").decode("utf-8", "replace")  # fmt: skip
    for record in said.split("@@")[1:]:
        commit, _, rest = record.partition("\0")
        paths = [p.strip("\n") for p in rest.split("\0")]
        yield commit, [p for p in paths if p.endswith(DATA)]


def counterparts(path: str, entries: list[str]) -> list[str]:
    """Files whose path differs in one segment only."""
    segments = path.split("/")
    found: list[str] = []
    for at, segment in enumerate(segments):
        wild = r"[^/]+"
        if at == len(segments) - 1:
            stem, dot, ending = segment.partition(".")
            wild = (
                rf"{re.escape(stem.split('-')[0])}-[^/]*{re.escape(dot + ending)}"
                if "-" in stem
                else rf"[^/]+{re.escape(dot + ending)}"
            )
        pattern = "/".join([*map(re.escape, segments[:at]), wild, *map(re.escape, segments[at + 1 :])])
        matcher = re.compile(pattern)
        found += [e for e in entries if matcher.fullmatch(e) and e != path]
    return found[:200]


def moved(source: Source, before: Source, after: Source, words: Words) -> tuple[set[str], dict[str, object]] | None:
    """The ids of what moved and all differences by id; None when the commit was no mere promotion."""
    changed = compare(after, before, Words((), ()))
    if not changed:
        return None
    was = {(d.path, d.op): d for d in compare(source, before, words)}
    now = {(d.path, d.op) for d in compare(source, after, words)}
    gone = was.keys() - now
    if not any(op.value != "remove" for _, op in gone):
        return None  # only taken away: as often a cleanup of one side as a promotion
    if now - was.keys():
        return None  # a subtree taken in part, or another change besides
    for difference in changed:
        if not any(difference.path[: len(p)] == p or p[: len(difference.path)] == difference.path for p, _ in gone):
            return None
    for path, op in gone:
        if op.value == "set" and was[(path, op)].words_only:
            return None
    return {repr(k) for k in gone}, {repr(k): d for k, d in was.items()}


def mine(clone: str, each: int, most: int) -> list[Case]:
    """Cases of one clone, at most a few of each pair of files, spread over its history."""
    found: list[Case] = []
    seen: Counter[tuple[str, str]] = Counter()
    for commit, paths in commits(clone, most):
        if len(found) >= each:
            break
        if not paths or len(paths) > 40:
            continue
        fresh = [p for p in paths if seen[(p.rsplit("/", 1)[0], "")] < 3][:6]
        if not fresh:
            continue
        entries = git(clone, "ls-tree", "-r", "--name-only", "-z", f"{commit}^").decode("utf-8", "replace").split("\0")
        for path in fresh:
            case = _mined(clone, commit, path, entries)
            if case is not None:
                found.append(case)
                seen[(path.rsplit("/", 1)[0], "")] += 1
                break
    return found


def _mined(clone: str, commit: str, path: str, entries: list[str]) -> Case | None:
    before, after = git(clone, "show", f"{commit}^:{path}"), git(clone, "show", f"{commit}:{path}")
    if len(before) > LARGEST or not before or not after:
        return None
    fresh = {line.strip() for line in after.splitlines()} - {line.strip() for line in before.splitlines()}
    values = {line.partition(b":")[2].strip().strip(b"\"'") or line.lstrip(b"- ") for line in fresh} - {b""}
    for other in counterparts(path, entries):
        data = git(clone, "show", f"{commit}^:{other}")
        if data == before or len(data) > LARGEST or not all(v in data for v in values):
            continue
        sides = [read(d, p) for d, p in ((data, other), (before, path), (after, path))]
        if any(not s.documents for s in sides):
            continue
        words = of_paths(other, path)
        told = moved(sides[0], sides[1], sides[2], words)
        if told is None:
            continue
        ids, differences = told
        versions = {
            i
            for i, d in differences.items()
            if d.old is not None
            and d.new is not None
            and judge(d, path, words).cls is ChangeClass.VERSION
            and judge(d, path, words).selected
        }
        if versions <= ids:
            return Case(clone, commit, other, path)
    return None


def score(case: Case, learning: bool) -> tuple[bool, bool, list[str], list[str], float]:
    """Whether the selection is the person's, whether it holds nothing else, what is too much, what too little."""
    from liftlock.engine import Engine

    engine = Engine.open(Path(case.clone), at=f"{case.commit}^", cache=False)
    try:
        started = time.perf_counter()
        plan = engine.plan(case.source, [case.target], learning=learning)
        took = time.perf_counter() - started
    finally:
        engine.close()
    before = f"{case.commit}^"
    names = (f"{before}:{case.source}", f"{before}:{case.target}", f"{case.commit}:{case.target}")
    texts = [git(case.clone, "show", name) for name in names]
    sides = [read(t, case.target) for t in texts]
    told = moved(sides[0], sides[1], sides[2], of_paths(case.source, case.target))
    if told is None:
        raise SystemExit(f"{case} is no case any more")
    want = told[0]
    have = {repr((c.path, c.op)): c for c in plan.changes}
    chosen = {repr((c.path, c.op)) for c in plan.chosen}

    def said(key: str) -> str:
        change = have.get(key)
        return (
            f"{key} {change.cls} {str(change.old)[:40]!r} -> {str(change.new)[:40]!r} {change.why}" if change else key
        )

    return chosen == want, chosen <= want, [said(k) for k in chosen - want], [said(k) for k in want - chosen], took


def main() -> None:
    """Mine or score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    mining = commands.add_parser("mine")
    mining.add_argument("clones", nargs="+")
    mining.add_argument("--out", required=True)
    mining.add_argument("--each", type=int, default=40)
    mining.add_argument("--most", type=int, default=4000)
    scoring = commands.add_parser("score")
    scoring.add_argument("cases")
    scoring.add_argument("--show", action="store_true")
    scoring.add_argument("--only", default="")
    told = parser.parse_args()
    if told.command == "mine":
        found: list[Case] = []
        for clone in told.clones:
            here = mine(clone, told.each, told.most)
            print(f"{len(here):4} {clone}", file=sys.stderr)
            found += here
            Path(told.out).write_text(json.dumps([asdict(case) for case in found], indent=1))
        return
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    slowest = 0.0
    for record in json.loads(Path(told.cases).read_text()):
        case = Case(**record)
        if told.only not in case.clone:
            continue
        for learning in (False, True):
            chosen, restraint, extra, short, took = score(case, learning)
            slowest = max(slowest, took)
            name = Path(case.clone).parent.name
            for key in (name, "all"):
                totals[key]["cases"] += not learning
                totals[key][f"chosen {learning}"] += chosen
                totals[key][f"restraint {learning}"] += restraint
            if told.show and learning and not chosen:
                print(f"{name} {case.commit[:8]} {case.source} -> {case.target}")
                for label, items in (("  too much", extra), ("  missed  ", short)):
                    for item in items[:6]:
                        print(label, item)
    for name, counts in totals.items():
        print(f"{name:50} {counts['cases']:4}  files alone: chosen {counts['chosen False']:4} restraint"
              f" {counts['restraint False']:4}   with history: chosen {counts['chosen True']:4} restraint"
              f" {counts['restraint True']:4}")  # fmt: skip
    print(f"slowest plan {slowest:.2f} s")


if __name__ == "__main__":
    main()
