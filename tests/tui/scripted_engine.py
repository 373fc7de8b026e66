# ruff: noqa: E501
"""An engine of the real one's face whose answers a test writes: errors, slowness, hostile text, a large board."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from scripted_gates import ScriptedGates
from scripted_live import ScriptedLive
from scripted_outside import ScriptedOutside
from scripted_record import ScriptedRecord, ScriptedReleases, ScriptedRollbacks
from scripted_reviews import ScriptedReviews
from scripted_user import FakeRunner, Settings
from scripted_waves import ScriptedWaves

from liftlock.clock import FixedClock
from liftlock.commands import Entry, Journal
from liftlock.errors import LiftlockError, Problem
from liftlock.model.app import Cell, Version
from liftlock.model.board import Behind, Board, CellState, Source
from liftlock.model.change import Change, ChangeClass, Op
from liftlock.model.diff import (
    Comparison,
    DiffLine,
    Explanation,
    FieldChange,
    FileDiff,
    LineKind,
    ObjectDiff,
    ObjectKey,
    Rendering,
    Span,
    Status,
)
from liftlock.model.environment import Environment, Finding
from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion, Publication
from liftlock.model.report import CellPast, Fetched, Pushed, Sighting
from liftlock.model.review import Outlook
from liftlock.model.revision import Revision

NOW = 1_760_000_000.0
DAY = 86400.0


def sha(number: int) -> str:
    return f"{(number * 0x9E3779B1 + 0x1234567) & 0xFFFFFFFF:08x}" * 5


def revision(
    number: int, subject: str = "release the new version", author: str = "Ada Lane", days: float = 1
) -> Revision:
    return Revision(sha(number), author, NOW - days * DAY, subject)


APPS = ("checkout", "frontend", "invoices", "ledger", "notifier")
ENVIRONMENTS = (
    Environment("dev", words=("dev",)),
    Environment("staging", after=("dev",)),
    Environment("production-eu", after=("staging",), protected=True),
    Environment("production-us", after=("staging",), protected=True),
)


def small_board(text: str = "") -> Board:
    """Five apps in four environments; `text` is put into everything that comes from a repository."""
    cells: dict[tuple[str, str], CellState] = {}
    apps = tuple(app + text for app in APPS)
    for row, app in enumerate(apps):
        for column, environment in enumerate(ENVIRONMENTS):
            if row == 4 and column == 2:
                continue
            place = f"apps/{app}/overlays/{environment.name}"
            cell = Cell(
                app, environment.name, (f"{place}/",), (f"{place}/kustomization.yaml", f"{place}/values.yaml"),
                (f"apps/{app}/base/deployment.yaml",) if row == 1 else (), place, f"a kustomization under overlays/{environment.name}{text}",
            )  # fmt: skip
            versions = (
                Version(
                    f"ghcr.io/acme/{app}",
                    f"1.{9 - column}.{row}{text}",
                    f"{place}/kustomization.yaml",
                    "images[name=app].newTag",
                    "image",
                ),
            )
            if row == 3:
                versions += (Version("redis", "7.2.4", f"{place}/values.yaml", "redis.tag", "image"),)
            behind = tuple(Behind(name, 0 if row == 2 else 1 + row % 3, 1 + row) for name in environment.after)
            problems = (
                (Problem(f"{place}/values.yaml", f"line 3 is not YAML{text}", "mend the file"),)
                if (row, column) == (3, 1)
                else ()
            )
            cells[app, environment.name] = CellState(
                cell,
                versions,
                revision(row * 3 + column // 2, f"bump {app}{text}", days=1 + row * 3 + column),
                behind,
                problems,
                revision(row * 3 + column // 2, f"bump {app}{text}", days=1 + row * 3 + column),
            )
    sources = {
        e.name: Source(
            "refs/remotes/origin/main",
            sha(77),
            NOW - 120 * (1 + 900 * (n == 3)),
            2 if n == 0 else 0,
            f"origin's default branch{text}",
        )
        for n, e in enumerate(ENVIRONMENTS)
    }
    return Board(f"acme/deploy{text}", ENVIRONMENTS, apps, cells, sources, (Finding("dev", "folders"),), (), ())


def large_board(environments: int = 24, apps: int = 103) -> Board:
    """As many cells as the largest real repository has."""
    lanes = tuple(
        Environment(f"site-{n:02}", after=(f"site-{n - 1:02}",) if n else (), protected=n > 20)
        for n in range(environments)
    )
    names = tuple(f"service-{n:03}" for n in range(apps))
    cells = {}
    for row, app in enumerate(names):
        for column, lane in enumerate(lanes):
            if (row * 7 + column * 3) % 5 == 0:
                continue
            cell = Cell(
                app, lane.name, (f"apps/{app}/",), (f"apps/{app}/values-{lane.name}.yaml",), (), "", "a values file"
            )
            behind = tuple(Behind(name, (row + column) % 4) for name in lane.after)
            cells[app, lane.name] = CellState(
                cell,
                (Version(app, f"{row}.{column}.1", "f", "p", "chart"),),
                revision(row + column),
                behind,
                since=revision(row + column),
            )
    return Board(
        "sqre/large", lanes, names, cells, {e.name: Source("refs/remotes/origin/main", sha(5), NOW) for e in lanes}
    )


def bare(board: Board) -> Board:
    """The board before anything is known of its cells."""
    return replace(board, cells={key: CellState(state.cell) for key, state in board.cells.items()})


def change(number: int, app: str, environment: str, cls: ChangeClass, text: str = "", **more: Any) -> Change:
    place = f"apps/{app}/overlays/{environment}/kustomization.yaml"
    moves = cls in (ChangeClass.VERSION, ChangeClass.SETTING)
    names = {
        ChangeClass.VERSION: ("images", (("name", f"ghcr.io/acme/{app}"),), "newTag"),
        ChangeClass.SETTING: ("configMapGenerator", (("name", "settings"),), "literals", "FEATURE_BASKET"),
        ChangeClass.IDENTITY: ("spec", "rules", (("#", "1"),), "host"),
        ChangeClass.SIZING: ("spec", "replicas"),
        ChangeClass.STRUCTURE: ("resources", "hpa.yaml"),
    }
    values = {
        ChangeClass.VERSION: (f"1.8.{number}", f"1.9.{number}{text}"),
        ChangeClass.SETTING: ("off", "on"),
        ChangeClass.IDENTITY: (f"{app}.{environment}.acme.io", f"{app}.dev.acme.io"),
        ChangeClass.SIZING: ("6", "1"),
        ChangeClass.STRUCTURE: (None, {"kind": "HorizontalPodAutoscaler", "spec": {"minReplicas": "2"}}),
    }
    whys = {
        ChangeClass.VERSION: "an image tag: versions move",
        ChangeClass.SETTING: f"{environment} took values of the source before (3 times){text}",
        ChangeClass.IDENTITY: "a host that contains the environment's own name is kept",
        ChangeClass.SIZING: "replicas are sized for each environment",
        ChangeClass.STRUCTURE: "a resource that only the source has",
    }
    old, new = values[cls]
    fields: dict[str, Any] = dict(  # noqa: C408
        id=f"c{number}-{app}-{environment}-{cls}", app=app, environment=environment, file=place, source_file=place.replace(environment, "dev"),
        path=names[cls], op=Op.ADD if old is None else Op.SET, old=old, new=new, cls=cls, proposed=moves, why=whys[cls], line=3 + number,
    )  # fmt: skip
    return Change(**{**fields, **more})


def make_plan(source: str, targets: Sequence[str], apps: Sequence[str], text: str = "", base: int = 77) -> Plan:
    changes: list[Change] = []
    for environment in targets:
        for number, app in enumerate(apps):
            changes += [change(number, app, environment, cls, text) for cls in ChangeClass]
            second = f"apps/{app}/overlays/{environment}/values.yaml"
            changes.append(
                change(
                    90 + number,
                    app,
                    environment,
                    ChangeClass.SETTING,
                    text,
                    file=second,
                    path=("log", "level" + text),
                    old="info",
                    new="debug",
                )
            )
            changes.append(
                change(
                    60 + number,
                    app,
                    environment,
                    ChangeClass.VERSION,
                    text,
                    file=second,
                    path=("chart", "version"),
                    blocked="the file is a template ({{ }})",
                )
            )
    return Plan(
        source, tuple(targets), sha(base), "refs/remotes/origin/main", sha(base), tuple(changes),
        frozenset(c.id for c in changes if c.proposed and not c.blocked),
        (Caution(f"shared base apps/base reaches dev as well{text}"),), asked=tuple(apps),
    )  # fmt: skip


def diff_lines(old: str, new: str, name: str, around: str = "resources:") -> tuple[DiffLine, ...]:
    return (
        DiffLine(LineKind.HUNK, (Span("@@ -1,5 +1,5 @@"),)),
        DiffLine(LineKind.CONTEXT, (Span(around),), 1, 1),
        DiffLine(LineKind.CONTEXT, (Span("  - ../../base"),), 2, 2),
        DiffLine(LineKind.REMOVE, (Span(f"  {name}: "), Span(old, True), Span("  # keep")), 3, None),
        DiffLine(LineKind.ADD, (Span(f"  {name}: "), Span(new, True), Span("  # keep")), None, 3),
        DiffLine(LineKind.CONTEXT, (Span("namespace: acme"),), 4, 4),
    )


class ScriptedEngine:
    """Answers from a script. `failing` maps a method's name to the error it raises, once for each time it is listed."""

    def __init__(self, board: Board | None = None, *, text: str = "") -> None:
        self.text = text
        self.whole = board if board is not None else small_board(text)
        self.clock = FixedClock(NOW)
        self.journal = Journal()
        self.runner = FakeRunner()
        self.settings = Settings()
        self.name = self.whole.repository
        self.calls: list[tuple[Any, ...]] = []
        self.failing: dict[str, list[LiftlockError]] = {}
        self.fetched: Fetched | None = Fetched("origin", (), NOW)
        self.waiting: list[Promotion] = []
        self.missing: tuple[str, ...] = ()
        self.differences: tuple[str, ...] = ()
        self.held, self.closed = threading.Event(), False
        self.held.set()
        self.live, self.gates = ScriptedLive(), ScriptedGates()
        self.waves, self.others = ScriptedWaves(), tuple[Any, ...]()
        self.reviews = reviews = ScriptedReviews()
        self.outlook = lambda flight, **more: Outlook(tuple(self.gates.told or ()), reviews.unnamed)
        self.flights, self.flights_if_told = reviews.all, reviews.all_if_told
        self.reviews_at = self.reviews_of = reviews.of
        self.outside, self.record = ScriptedOutside(), ScriptedRecord()
        self.releases = ScriptedReleases()
        self.rollbacks = ScriptedRollbacks(make_plan("staging", ["staging"], ["checkout"]))

    def _called(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, *arguments))
        errors = self.failing.get(name)
        if errors:
            raise errors.pop(0)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]

    def close(self) -> None:
        self.closed = True
        self.held.set()

    def board(self) -> Board:
        self._called("board")
        return bare(self.whole)

    def fill(self, board: Board, *, cancelled: Any = None) -> Iterator[Board]:
        self._called("fill")
        self.held.wait(10)
        yield replace(
            board, cells={key: replace(state, revision=None, since=None) for key, state in self.whole.cells.items()}
        )
        yield self.whole

    def merge(self, flight: Any, method: str | None = None, *, confirmed: Sequence[str] = (), **more: Any) -> Any:
        self._called("merge", flight.number, method, tuple(confirmed), dict(more.get("reasons") or {}))
        return self.reviews.merge(flight)

    def fetch(self, *, interactive: bool = False, cancelled: Any = None, progress: Any = None) -> Fetched | None:
        for said in self.outside.said if progress is not None else ():
            progress(said)
        self._called("fetch", interactive)
        return self.fetched

    def doctor(self) -> Any:
        self._called("doctor")
        return self.outside.checks

    def changed_since(self, board: Board) -> bool:
        return False

    def plan(self, source: str, targets: Sequence[str], apps: Sequence[str] = ()) -> Plan:
        self._called("plan", source, tuple(targets), tuple(apps))
        return make_plan(source, targets, tuple(apps) or self.whole.apps, self.text)

    def replan(self, plan: Plan) -> tuple[Plan, tuple[str, ...]]:
        self._called("replan", plan)
        return replace(plan, base=sha(78)), self.differences

    def cautions(self, plan: Plan) -> tuple[Caution, ...]:
        self._called("cautions")
        return plan.warnings

    def file_diffs(self, plan: Plan) -> tuple[FileDiff, ...]:
        self._called("file_diffs", plan)
        return tuple(
            FileDiff(
                c.file,
                Status.MODIFIED,
                diff_lines(str(c.old), str(plan.value_of(c)), str(c.path[-1]), f"# {self.text}"),
            )
            for c in plan.chosen
        )

    def renderings(
        self, plan: Plan, *, fetch: bool = False, cancelled: Any = None, progress: Any = None
    ) -> Iterator[Rendering]:
        self._called("renderings", fetch)
        if fetch and progress:
            progress(f"fetching https://example.org/base{self.text}")
        for app in plan.apps:
            key = ObjectKey("apps", "Deployment", "acme", app)
            lines = diff_lines(f"{app}:1.8.0", f"{app}:1.9.0{self.text}", "image", "spec:")
            yield Rendering(
                app, plan.targets[0], "kustomize", (ObjectDiff(key, Status.MODIFIED, lines, (FieldChange("image", "a", "b"),)),), 4,
                () if fetch else self.missing, "" if fetch or not self.missing else "a remote base is not at hand", "press F",
            )  # fmt: skip

    def compare(
        self, left: str, right: str, apps: Sequence[str] = (), **more: Any
    ) -> tuple[tuple[Comparison, ...], tuple[Rendering, ...]]:
        self._called("compare", left, right, tuple(apps), more.get("fetch", False))
        found = []
        for number, why in enumerate(Explanation):
            key = ObjectKey("apps", "Deployment", "acme", f"object-{number}{self.text}")
            lines = diff_lines("1.8.0", f"1.9.0{self.text}", "image")
            found.append(
                Comparison(
                    apps[0],
                    ObjectDiff(key, Status.MODIFIED, lines, (FieldChange("image", "1", "2"),)),
                    why,
                    f"because{self.text}",
                    sha(3),
                    f"bump{self.text}",
                )
            )
        problems = (
            (Rendering(apps[0], right, "", (), 0, self.missing, "a remote base is not at hand", "press F"),)
            if self.missing
            else ()
        )
        return tuple(found), problems

    def comparison_markdown(self, left: str, right: str, comparisons: Sequence[Comparison]) -> str:
        return f"# {left} and {right}: {len(comparisons)}"

    def message(self, plan: Plan, *, reason: str = "") -> str:
        self._called("message")
        return f"promote({plan.targets[0]}): {', '.join(plan.apps)} 1.8 -> 1.9{self.text}\n\n- 1 value\n\nPromotion-From: {plan.source}\n"

    def branch_name(self, plan: Plan) -> str:
        return f"promote/{plan.targets[0]}/{plan.apps[0]}"

    def commit(self, plan: Plan, *, message: str | None = None, branch: str | None = None, **more: Any) -> Promotion:
        self._called("commit", plan, message, branch)
        made = Promotion(
            plan,
            plan.source,
            plan.targets,
            sha(900),
            branch or self.branch_name(plan),
            plan.base,
            plan.base_ref,
            message or "",
        )
        self.waiting.insert(0, made)
        self.journal.add(Entry("commit", "git commit-tree …", NOW, 0.01, 0, True, "git commit-tree"))
        return made

    def rivals(self, plan: Any = None, *, made: Any = None) -> tuple[Any, ...]:
        self._called("rivals")
        return self.others

    def override(self, promotion: Promotion, gates: Sequence[Any], *, interactive: bool = False) -> Promotion:
        self._called("override", [(gate.name, gate.reason) for gate in gates if gate.reason])
        made = replace(promotion, commit=sha(901))
        self.waiting = [made if known == promotion else known for known in self.waiting]
        return made

    def undo(self, promotion: Promotion) -> str:
        self._called("undo", promotion)
        self.waiting = [p for p in self.waiting if p != promotion]
        return f"branch {promotion.branch} was removed"

    def publication(self, promotion: Promotion, *, direct: bool = False) -> Publication:
        self._called("publication", direct)
        branch = "main" if direct else promotion.branch
        confirm = tuple(t for t in promotion.targets if t.startswith("production")) if direct else ()
        foreign = (revision(41, f"a colleague's own commit{self.text}", "Bo Reed", 3),)
        return Publication(
            "origin", f"{promotion.commit}:refs/heads/{branch}", f"origin/{branch}",
            (revision(40, promotion.message.partition("\n")[0]), *foreign), foreign, confirm,
            f"push 2 commits to origin/{branch}: {', '.join(promotion.targets)} will change, when is unknown" if direct
            else f"push 2 commits to the new branch origin/{branch}: nothing changes until it is merged", not direct,
        )  # fmt: skip

    def push(
        self,
        publication: Publication,
        *,
        confirmed: Sequence[str] = (),
        interactive: bool = False,
        cancelled: Any = None,
        progress: Any = None,
    ) -> Pushed:
        self._called("push", publication.refspec, tuple(confirmed), interactive)
        if progress:
            progress("Writing objects: 100%")
        self.waiting = []
        return Pushed("origin", publication.destination, sha(900), "https://forge.example/acme/deploy/pull/new/promote")

    def unpushed(self) -> tuple[Promotion, ...]:
        self._called("unpushed")
        return tuple(self.waiting)

    def log(self, cell: Cell, *, limit: int = 20) -> tuple[Revision, ...]:
        self._called("log", cell.app, cell.environment)
        return tuple(revision(n, f"change {n} of {cell.app}{self.text}", days=n * 2) for n in range(1, 5))

    def past(self, cell: Cell, versions: Sequence[Version], *, limit: int = 20) -> CellPast:
        self._called("past", cell.app, cell.environment)
        return CellPast(self.log(cell, limit=limit), {version: revision(2, "that version") for version in versions})

    def where(self, word: str, *, cancelled: Any = None) -> tuple[Sighting, ...]:
        self._called("where", word)
        return (Sighting("checkout", "staging", None, revision(3)),)
