"""Cells, lanes and what stands beside them, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from liftlock.clock import age
from liftlock.model.live import LiveState
from liftlock.model.revision import Revision, mark
from liftlock.text import plural, short_version, shorten, width
from liftlock_tui.ink import BLANK, Line, Piece, fit, line, wrapped
from liftlock_tui.render import live, reviews

if TYPE_CHECKING:
    from liftlock.model.app import Version
    from liftlock.model.board import Behind, Board, CellState, Source
    from liftlock.model.environment import Environment
    from liftlock.model.live import Lane, LiveBoard, LiveCell
    from liftlock.model.report import CellPast
    from liftlock.model.review import Flight

STALE = 24 * 3600
"""Seconds after which a fetch is called old."""
SINCE = 3
"""Of how many versions of a cell it is looked up which commit brought them."""


def mark_role(commit: str) -> str:
    """The role of a commit's mark: the same commit has the same colour."""
    return f"mark-{int(commit[:8], 16) % 8}" if commit[:8].strip("0123456789abcdef") == "" and commit else "muted"


def mark_piece(commit: str) -> Piece:
    """The two letters that stand for a commit."""
    return mark(commit), f"{mark_role(commit)} bold"


def ref_name(ref: str) -> str:
    """A ref as people say it."""
    for prefix in ("refs/heads/", "refs/remotes/", "refs/tags/"):
        ref = ref.removeprefix(prefix)
    return ref


def version_pieces(versions: Sequence[Version] | None, columns: int) -> tuple[Piece, ...]:
    """The first version and how many more there are."""
    if versions is None:
        return (("·", "faint"),)
    if not versions:
        return (("—", "muted"),)
    distinct = dict.fromkeys(short_version(version.value) for version in versions)
    more = len(distinct) - 1
    tail = f" +{more}" if more else ""
    shown = shorten(next(iter(distinct)), max(3, columns - len(tail)))
    return ((shown, "strong bold"), (tail, "muted")) if tail else ((shown, "strong bold"),)


def state_of(state: CellState) -> tuple[str, str, str]:
    """Symbol, word and role of how a cell stands beside its left neighbours."""
    if state.problems:
        return "!", "problem", "problem"
    if state.behind is None:
        return "·", "", "faint"
    if not state.behind:
        return "", "", "muted"
    most = max(behind.count for behind in state.behind)
    if most:
        return "▲", f"{most} behind", "behind"
    return ("~", "differs", "muted") if any(one.unlike for one in state.behind) else ("=", "level", "level")


def state_piece(state: CellState) -> Piece:
    """How a cell stands beside its left neighbours."""
    symbol, word, role = state_of(state)
    return f"{symbol} {word}".strip(), role


UNEVEN = "uneven"
"""The word that a cell has for a filter where something about it is not level."""
_EVEN = (LiveState.LEVEL, LiveState.UNKNOWN)


def cell_words(state: CellState | None, runs: Sequence[LiveCell], flight: Flight | None) -> list[str]:
    """What a filter finds a cell by: its versions, the words that stand in it, and one for all that is not level."""
    if state is None:
        return []
    word = state_of(state)[1]
    found = [version.value for version in state.versions or ()]
    found += [word, *(str(cell.state) for cell in runs), *(["in flight"] if flight is not None else [])]
    uneven = state.problems or "behind" in word or flight is not None or any(c.state not in _EVEN for c in runs)
    return [*found, UNEVEN] if uneven else found


def _touched(revision: Revision | None, now: float, *, versions: bool) -> tuple[Piece, ...]:
    if revision is None:
        return (("·", "faint"),) if versions else ()
    return mark_piece(revision.commit), (f" {age(now - revision.time)}", "muted")


def cell_lines(
    state: CellState | None,
    columns: int,
    rows: int,
    now: float,
    runs: Sequence[LiveCell] = (),
    flight: Flight | None = None,
) -> tuple[Line, ...]:
    """One cell, so many columns wide, on one or two lines; `runs` is its live side, the worst target first.

    A promotion in flight to it stands in the place of how far it is behind: that is what will end it.
    """
    if state is None:
        return (BLANK,) * rows
    # The commit beside a version is the one that brought it, not one that changed another line of its files.
    told = state.since if state.versions else state.revision
    touched = _touched(told, now, versions=state.versions is not None)
    stands = reviews.cell_piece(flight) if flight is not None else state_piece(state)
    if rows == 1:
        return (_one_line(state, touched, stands, columns - 1, live.state_piece(runs, word=False)),)
    room = columns - 1
    top = fit(version_pieces(state.versions, room - 8), room - 7)
    wide = room >= 17
    return (
        Line((*top, *fit(touched if wide else touched[:1], 7))),
        Line(_second(state, stands, runs, room)),
    )


def _second(state: CellState, stands: Piece, runs: Sequence[LiveCell], room: int) -> tuple[Piece, ...]:
    """How it stands in Git on the left, what runs on the right; the older version that runs gives way first."""
    state_of_it, other = live.state_piece(runs), live.runs_piece(state, runs)
    used = width(state_of_it[0])
    right: tuple[Piece, ...] = (state_of_it,)
    if other[0] and width(stands[0]) + width(other[0]) + used + 2 <= room:
        right = (other, (" ", ""), state_of_it)
    left = fit((stands,), max(0, room - Line(right).width - (1 if used else 0)))
    return (*left, *(((" ", ""),) if used else ()), *right)


def _one_line(state: CellState, touched: tuple[Piece, ...], stands: Piece, space: int, runs: Piece = ("", "")) -> Line:
    """Version left, state and revision right. The age gives way first, then the mark, then the version's end."""
    if runs[0]:
        return Line((*_one_line(state, touched, stands, space - 2).pieces, (" ", ""), runs))
    versions = state.versions or ()
    longest = width(short_version(versions[0].value)) + (3 if len(versions) > 1 else 0) if versions else 3
    told = width(stands[0]) + 1 if stands[0] else 0
    right: tuple[Piece, ...] = ()
    for pieces, size in (*(((touched, 8),) if space >= 32 else ()), (touched[:1], 3)):
        if longest + told + size <= space:
            right = ((" ", ""), *fit(pieces, size - 1))
            break
    room = max(3, space - told - Line(right).width)
    stands_too: tuple[Piece, ...] = ((" ", ""), stands) if told else ()
    return Line((*fit(version_pieces(state.versions, room), room), *stands_too, *right))


def lane_lines(
    number: int, environment: Environment, source: Source | None, columns: int, now: float, lanes: Sequence[Lane] = ()
) -> list[Line]:
    """The two header lines of an environment: its name and its clusters, and what of Git it is read from."""
    key = (f"{number} ", "muted") if number <= 9 else ("", "")
    top = _lane_top(key, environment, columns, now, lanes)
    if source is None:
        return [top, BLANK]
    named, room = ref_name(source.ref), max(4, columns - 14)
    if len(named) > room and source.ref.startswith("refs/remotes/"):
        named = named.partition("/")[2]
    ref = (shorten(named, room, keep_end=True), "muted")
    pieces: list[Piece] = [ref, (" ", ""), mark_piece(source.commit)]
    if source.unpushed:
        pieces.append((f" ↑{source.unpushed}", "behind"))
    if source.fetched is not None:
        gone = now - source.fetched
        pieces.append((f" {age(gone)} ago" if gone >= 60 else " now", "behind" if gone > STALE else "faint"))
    return [top, Line(tuple(pieces))]


def _lane_top(key: Piece, environment: Environment, columns: int, now: float, lanes: Sequence[Lane]) -> Line:
    """Name, protection and how fresh the cluster is; the word `protected` gives way first, then the name's end."""
    used = width(key[0]) + width(environment.name) + 1
    whole = live.contact_pieces(lanes, now, columns)
    tail: tuple[Piece, ...] = ()
    for sign, apart, contact in ((" ◈ protected", 2, whole), (" ◈", 2, ()), (" ◈", 1, ())):
        shown = ((sign, "muted"),) if environment.protected else ()
        left = columns - used - Line(shown).width - apart
        told = contact or live.contact_pieces(lanes, now, max(1, left))
        tail = (*shown, *(((" " * apart, ""), *told) if told else ()))
        if used + Line(tail).width <= columns:
            break
    room = columns - 1 - width(key[0]) - Line(tail).width
    return Line((key, (shorten(environment.name, max(4, room)), "strong bold"), *tail))


def detail_lines(
    board: Board,
    state: CellState | None,
    app: str,
    environment: str,
    past: CellPast | None,
    now: float,
    columns: int,
    runs: LiveBoard | None = None,
    flights: Sequence[Flight] = (),
) -> list[Line]:
    """All about one cell, for the pane beside the board."""
    lines = [line((app, "strong bold"), (" in ", "muted"), (environment, "strong bold")), BLANK]
    if state is None:
        lines += wrapped((("not here: this environment has no such app", "muted"),), columns)
        return lines
    for problem in state.problems:
        lines += wrapped((("! ", "problem bold"), (f"{problem.place}: {problem.title}", "problem")), columns, indent=2)
        if problem.hint:
            lines += wrapped((("  ", ""), (problem.hint, "muted")), columns, indent=2)
    for behind in state.behind or ():
        lines += wrapped(behind_pieces(behind), columns, indent=2)
    lines += reviews.board_lines(flights, columns, now)
    lines += _brought(state, past, now, columns)
    if runs is not None:
        lines += _live_lines(runs, state, app, environment, now, columns)
    lines += _heading("Versions")
    if state.versions is None:
        lines.append(line(("· reading", "faint")))
    for version in state.versions or ():
        lines += wrapped(
            ((version.name, ""), (" ", ""), (short_version(version.value), "strong bold")), columns, indent=2
        )
        if past is not None and version in past.since:
            lines += wrapped((("  since ", "muted"), *commit_pieces(past.since[version], now)), columns, indent=2)
        lines += wrapped((("  ", ""), (f"{version.file} ", "muted"), (version.path, "muted")), columns, indent=2)
    lines += _heading("Files of its own")
    lines += [line((shorten(file, columns, keep_end=True), "")) for file in state.cell.files]
    if state.cell.shared:
        lines += _heading("Shared")
        lines += wrapped((("an edit there reaches all environments that use it", "behind"),), columns)
        lines += [line((shorten(file, columns, keep_end=True), "")) for file in state.cell.shared]
    lines += _heading("Last commits")
    if past is None:
        lines.append(line(("· reading", "faint")))
    for revision in past.commits if past is not None else ():
        lines += _commit(revision, now, columns)
    lines += _heading("Why it is here")
    lines += wrapped(((state.cell.why or "named in liftlock.toml", "muted"),), columns)
    source = board.sources.get(environment)
    if source is not None and source.why:
        lines += wrapped(((f"read from {ref_name(source.ref)}: {source.why}", "muted"),), columns)
    return lines


def _brought(state: CellState, past: CellPast | None, now: float, columns: int) -> list[Line]:
    """The commit that brought the version; and the one that changed the files last, where it is another."""
    first = (state.versions or (None,))[0]
    brought = past.since.get(first) if past is not None and first is not None else state.since
    lines: list[Line] = []
    if first is not None and brought is not None:
        said = ((short_version(first.value), "strong bold"), (" since ", "muted"))
        lines += wrapped((*said, *commit_pieces(brought, now)), columns, indent=3)
    if state.revision is not None and state.revision != brought:
        lines += wrapped((("files changed last by ", "muted"), *commit_pieces(state.revision, now)), columns, indent=3)
    return lines


def _live_lines(runs: LiveBoard, state: CellState, app: str, environment: str, now: float, columns: int) -> list[Line]:
    lanes, cells = runs.lanes_of(environment), runs.cells.get((app, environment), ())
    if not lanes and not cells:
        return []
    clusters = live.lane_lines(lanes, now, columns)
    back: list[Line] = []
    if any(cell.state is LiveState.FAILING for cell in cells):
        back = wrapped(
            (("B ", "accent bold"), ("takes it back to a state that it had before", "muted")), columns, indent=2
        )
    return [*_heading("Live"), *live.cell_lines(state, cells, now, columns), *back, *clusters]


def behind_pieces(behind: Behind) -> tuple[Piece, ...]:
    """How far a cell is behind a neighbour, in words: what the number counts, and what it does not."""
    if behind.level and behind.unlike:
        said = f" from {behind.of}: other versions, and nothing says that they would move; p shows them"
        return ("~ differs", ""), (said, "muted")
    if behind.level:
        return ("= level ", "level"), (f"with {behind.of}", "muted")
    others = behind.changes - behind.versions
    counted = " and ".join(
        plural(count, word)
        for count, word in ((behind.versions, "version"), (others, "other change" if behind.versions else "change"))
        if count
    )
    commits_too = f" in {plural(behind.commits, 'commit')}" if behind.commits else ""
    more = f"{behind.of}{commits_too}; a plan adds what history shows to move with them"
    return ("▲ ", "behind"), (f"{counted} behind ", "behind"), (more, "muted")


def problem_paragraphs(board: Board) -> list[tuple[Piece, ...]]:
    """What is wrong or ambiguous in the repository, and what to do about it."""
    rows: list[tuple[Piece, ...]] = []
    cells = (problem for state in board.cells.values() for problem in state.problems)
    for problem in dict.fromkeys((*board.problems, *cells)):
        rows.append((("! ", "problem bold"), (f"{problem.place}: ", "strong"), (problem.title, "")))
        rows += [(("→ ", "accent"), (problem.hint, "muted"))] if problem.hint else []
    for finding in board.findings:
        if finding.question:
            rows.append((("? ", "behind bold"), (f"{finding.subject}: ", "strong"), (finding.question, "")))
    return rows or [(("= nothing is wrong that could be seen", "level"),)]


def _heading(text: str) -> list[Line]:
    return [BLANK, line((text, "accent"))]


def commit_pieces(revision: Revision, now: float) -> tuple[Piece, ...]:
    """A commit on a line: its mark and id, what it says, who made it and when."""
    by = f" {revision.author}, {age(now - revision.time)} ago"
    return mark_piece(revision.commit), (f" {revision.short} ", "muted"), (revision.subject, ""), (by, "muted")


def _commit(revision: Revision, now: float, columns: int) -> list[Line]:
    return wrapped(commit_pieces(revision, now), columns, indent=3)
