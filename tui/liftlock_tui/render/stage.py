"""What stands above and below the plan: its title, its warnings, how the commit and the push ended."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.model.change import Change, ChangeClass
from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion, Publication
from liftlock.model.review import Proposed
from liftlock.text import plural, printable, shorten
from liftlock_tui.ink import BLANK, Line, Piece, line, wrapped
from liftlock_tui.render.board import commit_pieces, mark_piece, ref_name
from liftlock_tui.render.plan import ahead
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
    if plan.wave is not None:
        place = plan.wave
        left += ((f"  {place.word} {place.number}/{len(place.targets)} ", "accent bold"),)
        ahead = place.targets[place.number :]
        left += ((f"then {', '.join(map(printable, ahead))} ", "muted"),) if ahead and columns >= 100 else ()
    if plan.back is not None:
        what = printable(f" {', '.join(plan.asked)} in {', '.join(plan.targets)} ")
        left = ((what, "strong bold"), ("↶ ", "accent"), mark_piece(plan.back.revision))
        left += ((f" {plan.back.revision[:7]}", "strong bold"),)
    chosen = plan.chosen
    view = (f" {_VIEWS[shown]} ", "accent")
    if columns < 100:
        warned = ((f" ! {len(cautions)} ", "behind bold"),) if cautions else ()
        return left, ((f"  {len(chosen)}/{len(plan.changes)} staged ", "strong"), *warned, view)
    left += ((f"  on {ref_name(plan.base_ref) or plan.base[:7]} ", "muted"), mark_piece(plan.base))
    files = len({change.file for change in chosen})
    right: list[Piece] = [
        (f"  {len(chosen)} of {plural(len(plan.changes), 'change')}", "strong"),
        (f" in {plural(files, 'file')}{_versions(chosen)} ", "muted"),
    ]
    if cautions:
        right.append((f" ! {plural(len(cautions), 'warning')} ", "behind bold"))
    return left, (*right, view)


def _versions(chosen: Sequence[Change]) -> str:
    """How many of them are versions, which is what the board counts."""
    count = sum(change.cls is ChangeClass.VERSION for change in chosen)
    return f", {plural(count, 'version')}" if 0 < count < len(chosen) else ""


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


def nothing_lines(plan: Plan) -> list[Line]:
    """Why nothing would be committed, and the way on."""
    if any(ahead(plan, change) and not change.blocked for change in plan.changes):
        return [
            BLANK,
            line(("  Nothing is staged: nothing would be committed.", "muted")),
            line(("  Space", "accent bold"), (" stages the change under the cursor.", "muted")),
        ]
    count = len(plan.changes)
    return [
        BLANK,
        line((f"  = Nothing waits to move from {printable(plan.source)}.", "level")),
        line((f"  What differs ({plural(count, 'change')}) is kept on purpose or cannot be staged:", "muted")),
        line(
            ("  l", "accent bold"),
            (" opens the fold under the cursor and shows why, ", "muted"),
            ("Space", "accent bold"),
            (" stages one.", "muted"),
        ),
    ]


def result_lines(
    promotion: Promotion | None, pushed: PushEnded | None, requested: Proposed | None = None
) -> list[tuple[Piece, ...]]:
    """How far the promotion is, and after a push what may follow it."""
    if requested is not None:
        return _request_lines(requested)
    if pushed is not None:
        where = (f" to {remote_branch(pushed.publication)}", "strong")
        rows: list[tuple[Piece, ...]] = [(("✓ pushed ", "level bold"), mark_piece(pushed.pushed.commit), where)]
        return rows + [(("y ", "accent bold"), ("copies ", "muted"), (text, "")) for text in after_push(pushed)]
    if promotion is not None:
        commit = (f" {promotion.commit[:7]} on ", "muted")
        branch = (shorten(promotion.branch, 80), "strong")
        return [(("✓ committed ", "level bold"), mark_piece(promotion.commit), commit, branch)]
    return []


def _request_lines(requested: Proposed) -> list[tuple[Piece, ...]]:
    flight = requested.flight
    if flight is None:
        head: tuple[Piece, ...] = (
            ("✓ pushed ", "level bold"),
            mark_piece(requested.commit),
            (f" {requested.branch}", "strong"),
        )
        page = (("y ", "accent bold"), ("copies the page that opens its pull request ", "muted"), (requested.page, ""))
        return [head, page]
    done = {"opened": "opened", "updated": "updated", "unchanged": "in flight with just this:"}[requested.done]
    title = (f"#{flight.number} ", "accent bold"), (flight.request.title, "strong")
    return [
        ((f"✓ {done} ", "level bold"), mark_piece(requested.commit), (" ", ""), *title),
        (
            ("y ", "accent bold"),
            ("copies ", "muted"),
            (flight.request.url, ""),
            ("   i on the board follows it", "muted"),
        ),
    ]


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
