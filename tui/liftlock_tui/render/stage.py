"""What stands above and below the plan: its title, its warnings, how the commit and the push ended."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion, Publication
from liftlock.text import plural, printable, shorten
from liftlock_tui.ink import Line, Piece, line, wrapped
from liftlock_tui.render.board import commit_pieces, mark_piece, ref_name
from liftlock_tui.replies import PushEnded

_VIEWS = {"files": "files", "rendered": "manifests", "live": "live cluster"}


def title_pieces(
    plan: Plan, cautions: Sequence[Caution], columns: int, *, shown: str
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Left: from where to where, on what; right: how much is staged, what to beware of, what is shown."""
    left: tuple[Piece, ...] = (
        (f" {'what runs in ' if plan.adopts else ''}{printable(plan.source)}", "strong bold"),
        (" → ", "accent"),
        ("Git" if plan.adopts else printable(", ".join(plan.targets)), "strong bold"),
    )
    chosen = plan.chosen
    view = (f" {_VIEWS[shown]} ", "accent")
    if columns < 100:
        warned = ((f" ! {len(cautions)} ", "behind bold"),) if cautions else ()
        return left, ((f"  {len(chosen)}/{len(plan.changes)} staged ", "strong"), *warned, view)
    left += ((f"  on {ref_name(plan.base_ref) or plan.base[:7]} ", "muted"), mark_piece(plan.base))
    files = len({change.file for change in chosen})
    right: list[Piece] = [
        (f"  {len(chosen)} of {plural(len(plan.changes), 'change')}", "strong"),
        (f" in {plural(files, 'file')} ", "muted"),
    ]
    if cautions:
        right.append((f" ! {plural(len(cautions), 'warning')} ", "behind bold"))
    return left, (*right, view)


def caution_lines(plan: Plan, cautions: Sequence[Caution], columns: int) -> list[Line]:
    """Every warning."""
    if not cautions:
        return [line(("none", "muted"))]
    rows: list[Line] = []
    for caution in cautions:
        rows += wrapped((("! ", "behind bold"), (caution.text, "")), columns, indent=2)
        change = next((change for change in plan.changes if change.id == caution.change), None)
        if change is not None:
            rows += wrapped((("  ", ""), (f"{change.app}, {change.file}", "muted")), columns, indent=2)
    return rows


def result_lines(promotion: Promotion | None, pushed: PushEnded | None) -> list[tuple[Piece, ...]]:
    """How far the promotion is, and after a push what may follow it."""
    if pushed is not None:
        where = (f" to {remote_branch(pushed.publication)}", "strong")
        rows: list[tuple[Piece, ...]] = [(("✓ pushed ", "level bold"), mark_piece(pushed.pushed.commit), where)]
        return rows + [(("y ", "accent bold"), ("copies ", "muted"), (text, "")) for text in after_push(pushed)]
    if promotion is not None:
        commit = (f" {promotion.commit[:7]} on ", "muted")
        branch = (shorten(promotion.branch, 80), "strong")
        return [(("✓ committed ", "level bold"), mark_piece(promotion.commit), commit, branch)]
    return []


def after_push(ended: PushEnded) -> list[str]:
    """What a person may want to do next: an address to open, a command to run."""
    found = [ended.pushed.address] if ended.pushed.address else []
    if not ended.publication.creates_branch:
        found.append(f"git merge --ff-only {remote_branch(ended.publication)}")
    return found


def remote_branch(publication: Publication) -> str:
    """Where a push goes, as the branch is called here: `origin/main`."""
    return f"{publication.remote}/{ref_name(publication.refspec.rpartition(':')[2])}"


def publication_lines(publication: Publication, now: float, columns: int) -> list[Line]:
    """Every commit that a push would carry, those of others marked."""
    rows: list[Line] = []
    for commit in publication.commits:
        foreign = commit in publication.foreign
        sign: Piece = ("! not of this promotion  " if foreign else "  ", "behind bold" if foreign else "")
        rows += wrapped((sign, *commit_pieces(commit, now)), columns, indent=5)
    return rows
