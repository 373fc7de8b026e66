"""Every YAML file of repositories: each scalar set to itself, and each one-line scalar set to something else.

    every_scalar.py CLONE… [--most 400] [--json]

Set to itself, the file must keep its bytes; set to another text, exactly the scalar's line must differ and the file
must read back with just that leaf changed, as PyYAML reads it. The clones may be bare and are only read, at HEAD. Of
files with more scalars than `--most`, so many are taken, evenly spread. Files that are no YAML by themselves
(templates) are counted apart. Ends with 1 when anything failed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from liftlock.errors import EditError
from liftlock.yamledit import Pointer, Scalar, SetScalar, Source, node_at, read, scalars, splice

OTHER = "liftlock-was-here"
LARGEST = 300_000


def files(clone: str) -> list[tuple[str, bytes]]:
    """Every YAML file at HEAD with its bytes."""
    git = ["git", "-C", clone]
    listed = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], stdout=subprocess.PIPE, check=True).stdout
    entries = [entry.split(b"\t", 1) for entry in listed.split(b"\0") if entry.startswith(b"100")]
    wanted = [(meta.split()[2], path) for meta, path in entries if path.endswith((b".yaml", b".yml"))]
    asked = b"\n".join(oid for oid, _ in wanted) + b"\n"
    batch = subprocess.run([*git, "cat-file", "--batch"], input=asked, stdout=subprocess.PIPE, check=True).stdout
    found, at = [], 0
    for _, path in wanted:
        end = batch.index(b"\n", at)
        head = batch[at:end].split()
        at = end + 1
        if head[-1] == b"missing":
            continue
        size = int(head[2])
        found.append((path.decode("utf-8", "replace"), batch[at : at + size]))
        at += size + 1
    return found


def try_file(path: str, data: bytes, most: int, counts: Counter[str], failed: list[str]) -> None:
    """One file: count what was tried, and note what failed."""
    source = read(data, path)
    if source.read_only or not source.documents:
        counts["closed: templates, encrypted, not UTF-8 or no YAML"] += 1
        return
    try:
        list(yaml.load_all(data, yaml.CBaseLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        counts["not for PyYAML"] += 1
        return
    counts["files"] += 1
    places = list(scalars(source))
    step = max(1, len(places) // most)
    for at, node in places[::step]:
        counts["scalars"] += 1
        if splice(source, [SetScalar(at, node.value, node)]) != data:
            failed.append(f"{path} {at}: set to itself")
        if _one_line(source, node):
            _another(path, data, source, at, node, counts, failed)


def _one_line(source: Source, node: Scalar) -> bool:
    return node.style not in "|>" and "\n" not in source.text[node.start : node.end] and not node.anchor


def _another(
    path: str,
    data: bytes,
    source: Source,
    at: Pointer,
    node: Scalar,
    counts: Counter[str],
    failed: list[str],
) -> None:
    try:
        out = splice(source, [SetScalar(at, OTHER)])
    except EditError as error:
        counts[f"refused: {error.detail[:60]}"] += 1
        return
    counts["set to another"] += 1
    before, after = data.split(b"\n"), out.split(b"\n")
    unlike = [n for n, (x, y) in enumerate(zip(before, after, strict=False)) if x != y]
    if len(before) != len(after) or unlike != [node.line - 1]:
        failed.append(f"{path} {at}: lines {unlike[:5]} differ")
    reread = read(out, path)
    now = node_at(reread, at)
    if not isinstance(now, Scalar) or now.value != OTHER:
        failed.append(f"{path} {at}: reads back as {now}")
    if counts["set to another"] % 25 == 0:  # the other reader, for some: it takes longer than all the rest
        wanted = list(yaml.load_all(data, yaml.CBaseLoader))
        holder: Any = wanted
        for step in at[:-1]:
            holder = holder[step]
        holder[at[-1]] = OTHER  # what an alias stands for is one object there, as it is here
        if list(yaml.load_all(out, yaml.CBaseLoader)) != wanted:
            failed.append(f"{path} {at}: PyYAML reads something else")


def main() -> None:
    """Try all files of all clones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+")
    parser.add_argument("--most", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    failures = 0
    for clone in told.clones:
        counts: Counter[str] = Counter()
        failed: list[str] = []
        started = time.monotonic()
        for path, data in files(clone):
            if len(data) > LARGEST:
                counts[f"larger than {LARGEST} bytes"] += 1
            else:
                try_file(path, data, told.most, counts, failed)
        failures += len(failed)
        name = Path(clone).parent.name if Path(clone).name in ("repo", ".git") else Path(clone).name
        if told.json:
            print(json.dumps({"clone": name, **counts, "failed": failed}))
        else:
            print(f"{name}: {dict(counts)}, {len(failed)} failed, {time.monotonic() - started:.0f} s")
            for line in failed[:20]:
                print(f"  {line}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
