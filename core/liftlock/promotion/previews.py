"""What a plan would do to the manifests, before it is done; and two environments compared as they are rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from liftlock.errors import LiftlockError
from liftlock.gitrepo import Repository
from liftlock.model.app import Cell
from liftlock.model.diff import Comparison, Rendering
from liftlock.model.plan import Plan
from liftlock.model.tree import Tree
from liftlock.promotion.apply import Files
from liftlock.promotion.drafting import Side
from liftlock.promotion.words import between
from liftlock.render import Renderer, as_markdown, compare_environments


def renderings(
    renderer: Renderer,
    tree: Tree,
    files: Files,
    cells: Sequence[Cell],
    *,
    fetch: bool,
    cancelled: Callable[[], bool] | None,
    progress: Callable[[str], None] | None,
) -> Iterator[Rendering]:
    """The manifests of each cell that one of the files reaches, before and after."""
    touched = [cell for cell in cells if any(_reaches(path, cell) for path in files)]
    return renderer.compare(tree, files, touched, fetch=fetch, cancelled=cancelled, progress=progress)


def _reaches(path: str, cell: Cell) -> bool:
    return path in cell.files or path in cell.shared or any(r.endswith("/") and path.startswith(r) for r in cell.roots)


def compare(
    renderer: Renderer,
    repository: Repository,
    left: Side,
    right: Side,
    apps: Sequence[str],
    plan: Plan,
    *,
    fetch: bool,
    cancelled: Callable[[], bool],
    progress: Callable[[str], None] | None,
) -> tuple[tuple[Comparison, ...], tuple[Rendering, ...]]:
    """Two environments rendered, object by object: pending promotion, expected difference, or unexplained."""
    found: list[Comparison] = []
    failed: list[Rendering] = []
    words = between(left.environment, right.environment)
    for app in apps or tuple(a for a in left.cells if a in right.cells):
        if cancelled() or app not in left.cells or app not in right.cells:
            continue
        pending = frozenset(
            (str(c.old), str(c.new)) for c in plan.changes if c.app == app and c.proposed and isinstance(c.new, str)
        )
        mine = renderer.render_cell(left.tree, left.cells[app], fetch=fetch, cancelled=cancelled, progress=progress)
        theirs = renderer.render_cell(right.tree, right.cells[app], fetch=fetch, cancelled=cancelled, progress=progress)
        for cell, rendered in ((left.cells[app], mine), (right.cells[app], theirs)):
            if rendered.problem or rendered.missing:
                failed.append(
                    Rendering(
                        app, cell.environment, rendered.how, (), 0, rendered.missing, rendered.problem, rendered.hint
                    )
                )
        found += [
            _with_commit(c, repository, right, app)
            for c in compare_environments(app, mine, theirs, words.to_target, pending)
        ]
    return tuple(found), tuple(failed)


def _with_commit(comparison: Comparison, repository: Repository, side: Side, app: str) -> Comparison:
    """The newest commit on the cell that set the value the environment has now."""
    value = next((f.new for f in comparison.diff.fields if f.new and len(f.new) > 3), None)
    if value is None:
        return comparison
    try:
        found = repository.history(side.tree.commit, paths=side.cells[app].files, limit=1, adding=value)
        revision = next((touched.revision for touched in found), None)
    except LiftlockError:
        return comparison
    return comparison if revision is None else replace(comparison, commit=revision.commit, subject=revision.subject)


def markdown(left: str, right: str, comparisons: Sequence[Comparison]) -> str:
    """A comparison to paste into a ticket."""
    return as_markdown(left, right, comparisons)
