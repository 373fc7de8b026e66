"""Who would undo a rollback by itself, and what would run again: the warnings of its plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from liftlock.discovery import versions_of
from liftlock.model.app import Cell
from liftlock.model.change import Change, path_text
from liftlock.model.plan import Caution, Plan
from liftlock.model.tree import Tree
from liftlock.overview.reading import Reading, require
from liftlock.promotion.automation import policies
from liftlock.promotion.parts import is_range, moves_by_itself
from liftlock.text import printable

if TYPE_CHECKING:
    from liftlock.rollbacks.session import Yard

_UPDATER = re.compile(rb"argocd-image-updater\.argoproj\.io/([\w./-]*image-list)\s*:\s*([^\n]*)")
_BOT = re.compile(r"\[bot\]|\b(?:renovate|dependabot|fluxcdbot|image-?updater|jenkins-x-bot|mend)\b", re.IGNORECASE)
_AUTOMATIC = re.compile(r"promotionStrategy\s*:\s*[\"']?auto", re.IGNORECASE)
_KEY = re.compile(r"^\s*-?\s*(?:key|name)\s*:\s*[\"']?([\w.-]+)")


def cautions(reading: Reading, yard: Yard, cell: Cell, plan: Plan) -> tuple[Caution, ...]:
    """What may write the newer values again, and which Jobs the old ones start. Raises RepositoryError."""
    tree = reading.tree_at(plan.base)
    return (
        *_marked_lines(plan, tree),
        *_ranges(tree, cell),
        *_image_updater(tree, cell),
        *_bots(reading, cell, plan),
        *_jenkinsx(tree, cell),
        *_jobs(reading, yard, cell),
    )


def _marked_lines(plan: Plan, tree: Tree) -> Iterator[Caution]:
    for change in plan.changes:
        if change.proposed and change.path and change.file in tree.entries:
            for policy in policies(tree.read(change.file).decode("utf-8", "replace"), change.line):
                yield Caution(
                    f"{_where(change)}: image automation writes this line (the policy {printable(policy)}) and would "
                    "put the newest version back: suspend its ImageUpdateAutomation first, or bound the policy",
                    change.id,
                )


def _ranges(tree: Tree, cell: Cell) -> Iterator[Caution]:
    for version in versions_of(tree, [cell])[cell.app, cell.environment]:
        if is_range(version.value) or moves_by_itself(version.value):
            yield Caution(
                f"{printable(version.file)}: {printable(version.path)} is {printable(version.value)}, which picks the "
                "newest by itself: putting other values back does not change what it picks"
            )


def _image_updater(tree: Tree, cell: Cell) -> Iterator[Caution]:
    """Annotations of Argo CD Image Updater on an Application that names the app; it writes to Git or the cluster."""
    word = cell.app.rpartition("/")[2].encode()
    paths = [p for p in tree.entries if p.endswith((".yaml", ".yml")) and ("argo" in p.lower() or p in cell.files)]
    for path, data in tree.read_many(paths).items():
        found = (
            _UPDATER.search(data) if b"argocd-image-updater" in data and (path in cell.files or word in data) else None
        )
        if found is not None:
            images = printable(found.group(2).decode("utf-8", "replace").strip(" '\""))
            yield Caution(
                f"{printable(path)}: Argo CD Image Updater follows {images} and would put the newest version back: "
                "take the annotation away first, or bound it"
            )
    override = f"{cell.render_root.rstrip('/')}/.argocd-source-"
    for path in tree.entries:
        if cell.render_root and path.startswith(override):
            yield Caution(f"{printable(path)} lies over these files: Argo CD Image Updater wrote it, and it wins")


def _bots(reading: Reading, cell: Cell, plan: Plan) -> Iterator[Caution]:
    """Robots that moved this app's files since."""
    undone = set(plan.undone)
    for one in reading.repository.history(plan.base, paths=cell.files, limit=40):
        if one.revision.commit in undone and _BOT.search(one.revision.author):
            yield Caution(
                f"{one.revision.short} was written by {one.revision.author}, which may propose the same version again: "
                "close its pull request, or tell it to skip this version"
            )
            return


def _jenkinsx(tree: Tree, cell: Cell) -> Iterator[Caution]:
    """Jenkins X promotes each release to environments whose strategy is Auto."""
    if "jx-requirements.yml" not in tree.entries:
        return
    name = ""
    for line in tree.read("jx-requirements.yml").decode("utf-8", "replace").splitlines():
        key = _KEY.match(line)
        name = key.group(1) if key is not None and line.lstrip(" -").startswith("key") else name
        if _AUTOMATIC.search(line) and name == cell.environment:
            yield Caution(
                f"jx-requirements.yml: Jenkins X promotes each new release of {printable(cell.app)} to "
                f"{cell.environment} by itself: the next one takes the place of what is put back"
            )


def _jobs(reading: Reading, yard: Yard, cell: Cell) -> Iterator[Caution]:
    """Jobs of the app: those that are made again when their template changes, such as migrations."""
    # What cannot be rendered is told by the preview.
    rendered = yard.renderer().render_cell(reading.tree_of(require(reading, cell.environment)), cell)
    for manifest in rendered.objects:
        if manifest.get("kind") != "Job":
            continue
        name = printable(str((manifest.get("metadata") or {}).get("name", "")))
        yield Caution(
            f"Job {name} would run again with the older version, and what it did with the newer one (a migration, say) "
            "is not undone by a rollback"
        )


def _where(change: Change) -> str:
    return f"{printable(change.file)}: {printable(path_text(change.path))}"
