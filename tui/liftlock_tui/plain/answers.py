"""The commands' answers as lines for people. All text of the repository is clean when it comes here."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from liftlock.clock import age
from liftlock.model.board import Board, CellState
from liftlock.model.change import Change, ChangeClass, path_text
from liftlock.model.diff import Comparison, FileDiff, Rendering
from liftlock.model.habits import Habits, LeafHabit
from liftlock.model.live import LiveBoard
from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion, Publication
from liftlock.model.release import Release
from liftlock.model.report import Check, Pushed, Sighting, Verdict
from liftlock.model.revision import mark
from liftlock.text import plural, printable, short_version, shorten
from liftlock_tui.plain import liveanswers
from liftlock_tui.plain.difflines import diff_lines
from liftlock_tui.plain.output import Output
from liftlock_tui.plain.promoting import command


def board(out: Output, made: Board, names: Sequence[str], now: float, live: LiveBoard | None = None) -> None:
    """Apps by environments: version, mark, age, how far behind, and what runs."""
    shown = [e for e in made.environments if e.name in names]
    rows = [["app", *(f"{e.name}{' (protected)' if e.protected else ''}" for e in shown)]]
    for app in made.apps:
        states = [made.cells.get((app, e.name)) for e in shown]
        if any(states):
            rows.append(
                [
                    printable(app),
                    *(cell(state, now) + _runs(live, app, e.name) for e, state in zip(shown, states, strict=True)),
                ]
            )
    out.table(rows, limit=40 if live is None else 52, bands=True)
    out.line()
    for name in dict.fromkeys(made.sources[e.name].ref for e in shown):
        source = next(made.sources[e.name] for e in shown if made.sources[e.name].ref == name)
        fetched = f", fetched {age(now - source.fetched)} ago" if source.fetched else ""
        unpushed = f", {plural(source.unpushed, 'local commit')} not pushed" if source.unpushed else ""
        out.line(out.style(printable(f"read from {name} at {source.commit[:8]}{fetched}{unpushed}"), "dim"))
    for text in made.notes:
        out.line(out.style(printable(text), "yellow"))
    wrong = (p for state in made.cells.values() if state.cell.environment in names for p in state.problems)
    for problem in dict.fromkeys((*made.problems, *wrong)):
        out.line(out.style(printable(f"{problem.place}: {problem.title}"), "yellow"))


def _runs(live: LiveBoard | None, app: str, environment: str) -> str:
    """The live state in a word, where there is one; and the version that runs when it is another one."""
    cells = live.cells.get((app, environment), ()) if live is not None else ()
    return f"  {liveanswers.state(cells)}" if cells else ""


def cell(state: CellState | None, now: float) -> str:
    """One cell on one line."""
    if state is None:
        return ""
    versions = state.versions or ()
    first = shorten(printable(short_version(versions[0].value)), 20) if versions else "–"
    more = f" +{len(versions) - 1}" if len(versions) > 1 else ""
    told = state.since if versions else state.revision
    where = f" {mark(told.commit)} {age(now - told.time)}" if told else ""
    behind = sum(b.count for b in state.behind or ())
    far = f" ▲{behind}" if behind else ""
    return f"{first}{more}{where}{far}{' !' if state.problems else ''}"


def plan(out: Output, made: Plan, cautions: Sequence[Caution], releases: Sequence[Release] = ()) -> None:
    """Each change with its mark, class, move and reason."""
    for (environment, app), group in itertools.groupby(made.changes, key=lambda c: (c.environment, c.app)):
        out.line(out.style(printable(f"{app} in {environment}"), "bold"))
        for file, changes in itertools.groupby(group, key=lambda c: c.file):
            out.line(f"  {printable(file)}")
            for change in changes:
                _change(out, change, made)
    for caution in cautions:
        out.line(out.style(f"beware: {caution.text}", "yellow"))
    for release in releases:
        for said in release_lines(release, _SUBJECTS):
            out.line(out.style(said, "dim"))
    out.line()
    count = len(made.chosen)
    if not made.changes:
        out.line(f"nothing to move from {printable(made.source)} to {printable(', '.join(made.targets))}")
    else:
        out.line(f"{plural(count, 'change')} of {len(made.changes)} staged, on {made.base[:8]}")
        out.line(out.style(f"commit it: {command('promote', made)}" if count else _stage_first(made), "dim"))


_SUBJECTS = 8


def release_lines(release: Release, most: int) -> Iterator[str]:
    """What a version contains, in a few lines."""
    way = f"{release.app} {short_version(release.old)} → {short_version(release.new)}"
    if release.problem:
        yield printable(f"{way}: {release.problem}")
        return
    gone = f", and lacks {plural(release.gone, 'commit')} that the old one has" if release.gone else ""
    yield printable(f"{way} has {plural(release.total, 'new commit')}{gone}")
    for commit in release.commits[:most]:
        yield printable(f"  {commit.short} {commit.subject} ({commit.author})")
    left = release.total - len(release.commits[:most])
    if left:
        yield f"  and {left} more"


def nothing_staged(made: Plan) -> str:
    """Why there is no diff."""
    names = f"{printable(made.source)} to {printable(', '.join(made.targets))}"
    if not made.changes:
        return f"nothing to move from {names}"
    return f"nothing of {plural(len(made.changes), 'change')} from {names} is staged by itself: {command('plan', made)}"


def _stage_first(made: Plan) -> str:
    free = [change for change in made.changes if not change.blocked]
    if not free:
        return "none of them can be staged"
    first = next((change for change in free if change.cls not in _KEPT), free[0])
    return f"stage some: {command('promote', made)} --only {first.id} …"


_KEPT = (ChangeClass.IDENTITY, ChangeClass.SIZING)
_COLOURS = {"version": "green", "setting": "cyan", "identity": "magenta", "sizing": "blue", "structure": "yellow"}


def _change(out: Output, change: Change, made: Plan) -> None:
    sign = "[x]" if change.id in made.selected else "[ ]"
    place = printable(path_text(change.path)) if change.path else "the whole file"
    cls = out.style(f"{change.cls:<9}", _COLOURS[change.cls])
    out.line(f"    {sign} {cls} {place}: {_move(change, made)}")
    reason = f"cannot be staged: {change.blocked}" if change.blocked else change.why
    out.line(out.style(f"                  {printable(reason)} ({change.id})", "dim"))


def _move(change: Change, made: Plan) -> str:
    new = made.shown(change)
    old = "absent" if change.shown_old is None else _value(change.shown_old)
    return f"{old} → {'removed' if new is None else _value(new)}"


def _value(value: object) -> str:
    if isinstance(value, str):
        return shorten(printable(short_version(value)), 60) or '""'
    size = len(value) if isinstance(value, dict | list) else 0
    return f"a block of {size}"


def file_diffs(out: Output, diffs: Sequence[FileDiff]) -> None:
    """Unified, as git prints it."""
    for diff in diffs:
        before = "/dev/null" if diff.status == "added" else f"a/{diff.path}"
        after = "/dev/null" if diff.status == "removed" else f"b/{diff.path}"
        out.line(out.style(f"--- {printable(before)}", "bold"))
        out.line(out.style(f"+++ {printable(after)}", "bold"))
        if diff.note:
            out.line(out.style(diff.note, "dim"))
        diff_lines(out, diff.lines)


def rendering(out: Output, one: Rendering) -> None:
    """What a cell renders to, before and after."""
    how = f" ({one.how})" if one.how else ""
    out.line(out.style(printable(f"{one.app} in {one.environment}{how}"), "bold"))
    if one.problem:
        out.line(out.style(f"  {one.problem}", "yellow"))
        if one.hint:
            out.line(out.style(f"  {one.hint}", "dim"))
    for name in one.missing:
        out.line(out.style(f"  not at hand: {printable(name)}", "yellow"))
    for changed in one.objects:
        out.line(f"  {printable(str(changed.key))}: {changed.status}")
        diff_lines(out, changed.lines)
    if not one.objects and not one.problem and not one.missing:
        out.line(f"  nothing changes ({plural(one.same, 'object')})")


def comparisons(out: Output, found: Sequence[Comparison], failed: Sequence[Rendering]) -> None:
    """Two environments, object by object, grouped by why they differ."""
    ordered = sorted(found, key=lambda c: str(c.explanation))
    for explanation, group in itertools.groupby(ordered, key=lambda c: c.explanation):
        out.line(out.style(str(explanation), "bold"))
        for one in group:
            since = f" · {one.commit[:8]} {one.subject}" if one.commit else ""
            out.line(printable(f"  {one.app}: {one.diff.key} {one.diff.status} · {one.why}{since}"))
            for field in one.diff.fields:
                out.line(printable(f"      {field.path}: {field.old or 'absent'} → {field.new or 'absent'}"))
    for missing in failed:
        rendering(out, missing)
    if not found and not failed:
        out.line("no difference in what is rendered")


def committed(out: Output, made: Promotion) -> None:
    """What was committed where, and how to go on."""
    subject = made.message.splitlines()[0]
    out.line(f"committed {made.commit[:8]} on {printable(made.branch)}: {printable(subject)}")


def not_pushed(out: Output, made: Promotion, remote: str) -> None:
    """How to look at a commit that stays here, and how it gets out; `remote` is "" where there is none."""
    branch = printable(shlex.quote(made.branch))
    out.line(out.style(f"not pushed; look at it: git show {made.commit[:8]}", "dim"))
    if remote:
        out.line(out.style(f"push it: git push {printable(shlex.quote(remote))} {branch}", "dim"))
    else:
        out.line(out.style("there is no remote to push it to", "dim"))


def to_push(out: Output, one: Publication) -> None:
    """What a push would do."""
    out.line(one.consequence)
    for commit in one.commits:
        other = " (not this promotion)" if commit in one.foreign else ""
        out.line(f"  {commit.short} {commit.subject} ({commit.author}){other}")


def _short(destination: str) -> str:
    return destination.removeprefix("refs/heads/")


def pushed(out: Output, one: Pushed) -> None:
    """What was pushed, and the address that the forge offers."""
    out.line(printable(f"pushed {one.commit[:8]} to {one.remote}/{_short(one.destination)}"))
    if one.address:
        out.line(f"open a pull request: {printable(one.address)}")


def sightings(out: Output, word: str, found: Sequence[Sighting], now: float) -> None:
    """Every place that has the word, since when and by whom."""
    if not found:
        out.line(f"nothing here has {printable(word)}")
        return
    rows = [["app", "environment", "version", "since", "by", "commit"]]
    for one in found:
        since = one.since
        rows.append(
            [
                printable(one.app),
                one.environment,
                printable(short_version(one.version.value)) if one.version else "",
                f"{age(now - since.time)} ago" if since else "",
                since.author if since else "",
                f"{since.short} {since.subject}" if since else "",
            ]
        )
    out.table(rows)


_HABITS_SHOWN = 8


def habits(out: Output, told: Habits) -> None:
    """What is usual between two environments: a heading, what moves, what stays, what goes together."""
    some = f"{told.read} of " if told.read < told.files else ""
    read = f"{some}{plural(told.files, 'pair of files', 'pairs of files')}"
    span = f", {_month(told.first)} to {_month(told.last)}" if told.promotions else ""
    out.line(
        out.style(f"{told.source} → {told.target}", "bold")
        + f"  {plural(told.promotions, 'promotion')} in {read}{span}"
    )
    if told.back:
        out.line(f"  {plural(told.back, 'promotion')} went the other way")
    if told.skipped:
        out.line(f"  {plural(told.skipped, 'version')} skipped {told.source}, {told.stepped} came through it")
    if told.strayed:
        cited = ", ".join(f"{r.short} {shorten(r.subject, 40)}" for r in told.strayed[:3])
        out.line(f"  {told.target} took a version of its own {_times(len(told.strayed))}: {cited}")
    _leaf_habits(out, "moves", told.moves)
    _leaf_habits(out, "stays", told.stays)
    if told.together:
        out.line("  together")
        rows = [[f"    {p.times} of {p.of}", p.first, f"with {p.second}"] for p in told.together[:_HABITS_SHOWN]]
        out.table([[printable(text) for text in row] for row in rows], head=False)
    out.line()


def _leaf_habits(out: Output, word: str, leaves: Sequence[LeafHabit]) -> None:
    if not leaves:
        return
    out.line(f"  {word}")
    rows = []
    usual = [leaf for leaf in leaves if max(leaf.moved, leaf.left) > 1] or leaves  # what was seen once is no habit
    for leaf in usual[:_HABITS_SHOWN]:
        count = f"{leaf.moved} of {leaf.moved + leaf.left}" if leaf.moved else f"left by {leaf.left}"
        cited = " ".join(r.short for r in leaf.evidence)
        place = f"{leaf.file}: {leaf.path}" if leaf.file and leaf.path.startswith("[") else leaf.path
        rows.append([f"    {count}", _last_keys(printable(place)), plural(leaf.files, "file"), cited])
    out.table(rows, head=False)
    if len(leaves) > len(rows):
        out.line(out.style(f"    and {len(leaves) - len(rows)} more, seen less often (--json)", "dim"))


_KEYS = 46


def _last_keys(path: str) -> str:
    """A path with its first keys left out where it is long: the last ones tell."""
    path = path.rpartition(": ")[2] if len(path) > _KEYS else path
    while len(path) > _KEYS and "." in path.removeprefix("…."):
        path = f"….{path.removeprefix('….').partition('.')[2]}"
    return path


def _month(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%b %Y")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


_SIGNS = {Verdict.GOOD: ("✓", "green"), Verdict.NOTE: ("•", "yellow"), Verdict.BAD: ("✗", "red")}


def checks(out: Output, found: Sequence[Check]) -> None:
    """What was found, group by group, with what to do about it."""
    for group, members in itertools.groupby(found, key=lambda c: c.group):
        out.line(out.style(group, "bold"))
        for one in members:
            sign, colour = _SIGNS[one.verdict]
            out.line(f"  {out.style(sign, colour)} {one.subject}: {one.finding}")
            if one.hint:
                out.line(out.style(f"      {one.hint}", "dim"))
