"""Promotions as pull requests, for the front ends: what is in flight, proposing, approving, merging, taking back.

One forge, that of the remote the promotions are pushed to. Calls block and may be made from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace

from liftlock.clock import Clock
from liftlock.commands import Runner, action
from liftlock.errors import ForgeError, LiftlockError, PlanError, RepositoryError
from liftlock.forge import Forge, kind_of, moved, open_forge, parse
from liftlock.forge.opening import Opened
from liftlock.gitrepo import Repository
from liftlock.model.board import Source
from liftlock.model.forge import CheckState, MergeMethod, PullRequest, RequestState
from liftlock.model.gates import CommitCheck as Reported
from liftlock.model.plan import Plan
from liftlock.model.promotion import Promotion
from liftlock.model.report import Check
from liftlock.model.review import Flight, FlightState, Landing, Proposed
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading
from liftlock.render import Renderer
from liftlock.reviews import checking, trailers
from liftlock.reviews.carrying import bring, carried
from liftlock.reviews.judging import judged, next_step
from liftlock.reviews.proposing import Asked, Proposing
from liftlock.text import printable
from liftlock.values import dataclass

__all__ = ["Asked", "Desk", "Reviews"]

_AT_ONCE = 6
_LOOK = 4.0
"""Seconds between two looks at a pull request that is waited for."""
_WORKED_OUT = 4.0
"""Seconds that the forge gets to work out whether one goes together with its base, where all else is there."""
_NOT_NOW = (400, 405, 406, 409, 422)
"""What forges answer to a merge that its own state forbids."""
_SETTLES = 20.0
"""Seconds that the forge gets until it tells the commit of a merge."""


_REPORTED = {
    CheckState.PASSED: "success",
    CheckState.FAILED: "failure",
    CheckState.RUNNING: "pending",
    CheckState.SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What reviews need of the engine that owns them. `said` maps hosts to forges, as the user or a look told.

    `clone` is what liftlock.toml names the repository, "" for the one that is open; `source` what is read there.
    """

    repository: Repository
    clone: str
    source: Callable[[], Source]
    reading: Callable[[], Reading]
    planning: Planning
    renderer: Callable[[], Renderer]
    runner: Runner
    clock: Clock
    said: Mapping[str, str] = field(default_factory=dict)
    learned: Callable[[str, str], object] = lambda host, kind: None


class Reviews:
    """The pull requests of one repository's promotions."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._opened: Opened | None = None
        self._me: str | None = None

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._opened is not None:
                self._opened.forge.close()
                self._opened = None

    # Who is asked ----------------------------------------------------------------------------------------------------

    @property
    def opened(self) -> Opened:
        """The forge with how it was found. Raises ForgeError, RepositoryError (no remote)."""
        with self._lock:
            if self._opened is None:
                repository = self._desk.repository
                remote, _ = repository.remote_for(self._desk.source().ref)
                address = repository.push_address(remote)
                self._opened = open_forge(
                    address,
                    self._desk.runner,
                    said=self._desk.said,
                    certificates=repository.certificates,
                    folder=repository.common_dir,
                )
                if self._opened.known_by == "asked":
                    self._desk.learned(self._opened.address.host, self._opened.forge.kind)
            return self._opened

    @property
    def known(self) -> bool:
        """Whether the remote is a forge whose kind is known without asking it."""
        try:
            remote, _ = self._desk.repository.remote_for(self._desk.source().ref)
        except RepositoryError:
            return False  # no remote
        address = parse(self._desk.repository.push_address(remote))
        return address is not None and bool(self._desk.said.get(address.host) or kind_of(address))

    def checks(self) -> tuple[Check, ...]:
        """What the doctor says of the forge; nothing is asked of it. Empty without a remote."""
        repository = self._desk.repository
        try:
            remote, _ = repository.remote_for(self._desk.source().ref)
        except LiftlockError:
            return ()  # no remote, or nothing that can be read: the doctor says so elsewhere
        url = repository.push_address(remote)
        address = parse(url)
        said = self._desk.said.get(address.host) if address is not None else None
        return tuple(checking.checks(url, self._desk.runner, said, repository.common_dir))

    def reported(self, commit: str) -> tuple[Reported, ...]:
        """The checks of a commit as the gate reads them: those that are required, else all. Raises ForgeError."""
        _, base = self._desk.repository.remote_for(self._desk.source().ref)
        there = {check.name: check for check in self.forge.checks(commit)}
        wanted = self.forge.rules(base).checks or tuple(there)
        return tuple(
            Reported(name, _REPORTED[there[name].state], there[name].url)
            if name in there
            else Reported(name, "expected")
            for name in wanted
        )

    @property
    def forge(self) -> Forge:
        """The forge of the remote. Raises ForgeError, RepositoryError."""
        return self.opened.forge

    def me(self) -> str:
        """The user that the token belongs to, "" without a token. Raises ForgeError."""
        if self._me is None:
            self._me = self.forge.me()
        return self._me

    # What is in flight -----------------------------------------------------------------------------------------------

    def flights(self, *, judged: bool = True) -> tuple[Flight, ...]:
        """The open pull requests that promote, the last changed first; with `judged` each with where it stands.

        Raises ForgeError, RepositoryError.
        """
        told = (trailers.flight(request) for request in self.forge.open_requests())
        found = [self._of_here(flight) for flight in told if flight is not None]
        if not judged or not found:
            return tuple(found)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(pool.map(lambda flight: self._judged(flight, flight.request), found))

    def in_flight(self, plan: Plan) -> Flight | None:
        """The one that proposing this plan would update, None where it would open one. Raises ForgeError."""
        there = Proposing(self._desk, self.forge, self.opened.token_from != "", plan, Asked()).there()
        return self._of_here(there) if there is not None else None

    def flight(self, number: int) -> Flight:
        """One promotion in flight as it stands now, merged or closed ones as well.

        Raises ForgeError: it is not there, or promotes nothing.
        """
        request = self.forge.request(number)
        found = trailers.flight(request)
        if found is None:
            raise ForgeError(
                f"#{number} is no promotion",
                f"{printable(request.title)} by {printable(request.author)} has no Promotion-To in its description",
                "liftlock reviews lists those that are open",
            )
        found, until = self._of_here(found), time.monotonic() + _WORKED_OUT
        while (now := self._judged(found, request)).state is FlightState.UNKNOWN and time.monotonic() < until:
            _pause(0.5, lambda: False)
            request = self.forge.request(number)
        bring(self._desk, now.request.merged_as)
        return now

    def _of_here(self, flight: Flight) -> Flight:
        return replace(flight, repository=self._desk.clone)

    def _judged(self, flight: Flight, request: PullRequest) -> Flight:
        forge = self.forge
        if request.state is RequestState.OPEN and request.mergeable is None:
            request = forge.request(request.number)  # a list does not always work it out
        reviews = forge.reviews(request)
        checks = forge.checks(request.head_commit) if request.head_commit else ()
        return judged(flight, request, reviews, checks, forge.rules(request.base))

    # What is done ----------------------------------------------------------------------------------------------------

    def propose(self, plan: Plan, asked: Asked) -> Proposed:
        """Push what is selected and open its pull request, or update the one that is in flight.

        Without a token the branch is pushed and `page` is where to open it by hand. Raises PlanError (nothing
        selected), ForgeError (somebody else edited the one in flight), RepositoryError.
        """
        if not plan.chosen:
            raise PlanError(
                "Nothing is selected", "no change of the plan is staged", "stage one, or name it with --only"
            )
        with action(f"propose {plan.source} to {', '.join(plan.targets)}"):
            made = Proposing(self._desk, self.forge, self.opened.token_from != "", plan, asked).run()
        return replace(made, flight=self._of_here(made.flight)) if made.flight is not None else made

    def approve(self, flight: Flight) -> Flight:
        """Approve it as it was looked at. Raises ForgeError: one's own, no right, the branch has moved since."""
        with action(f"approve #{flight.number}"):
            now = self.forge.request(flight.number)
            _same(flight, now)
            if now.author and now.author == self.me():
                raise ForgeError(
                    f"#{flight.number} is your own", "a forge lets nobody approve what is theirs", "ask somebody else"
                )
            self.forge.approve(now)
        return self.flight(flight.number)

    def promotion(self, flight: Flight) -> Promotion:
        """What the branch of a flight carries, as a promotion; see `carrying.carried`."""
        return carried(self._desk, self.forge, flight)

    def merge(
        self,
        flight: Flight,
        method: MergeMethod | None = None,
        *,
        delete_branch: bool = True,
        overrides: Sequence[tuple[str, str]] = (),
    ) -> Landing:
        """Merge it the way the repository allows, as it was looked at; then take its branch away.

        That it was merged meanwhile is told, not an error. Raises ForgeError.
        """
        now = self.forge.request(flight.number)
        if now.state is RequestState.MERGED:
            bring(self._desk, now.merged_as)
            return Landing(
                self._judged(flight, now), now.merged_as, method or MergeMethod.MERGE, ("it was merged already",)
            )
        _same(flight, now)
        rules = self.forge.rules(now.base)
        way = method or next(iter(rules.methods), MergeMethod.MERGE)
        if method is not None and method not in rules.methods:
            allowed = ", ".join(rules.methods)
            raise ForgeError(f"{self.forge.where} does not allow {method}", f"allowed: {allowed}", "choose one of them")
        notes: tuple[str, ...] = ()
        with action(f"merge #{flight.number}"):
            try:
                self.forge.merge(now, way, now.title, self._message(flight, overrides))
            except ForgeError as error:
                standing = self._after(flight, error)
                lost = error.status == 0 or error.status >= 500
                bring(self._desk, standing.request.merged_as)
                note = "it is merged; the answer was lost" if lost else "somebody merged it at the same time"
                return Landing(standing, standing.request.merged_as, way, (note,))
            if delete_branch and not now.fork:
                try:
                    if other := self._needed_by(now):
                        notes = (f"its branch {printable(now.head)} stays: #{other} needs it",)
                    else:
                        self._delete_branch(now.head)
                except ForgeError as error:
                    notes = (f"its branch {printable(now.head)} stays: {error}",)
        landed = self._settled(flight)
        bring(self._desk, landed.request.merged_as)
        return Landing(landed, landed.request.merged_as, way, notes)

    def abort(self, flight: Flight) -> tuple[str, ...]:
        """Close it unmerged and take its branch away; what was done, in sentences. Raises ForgeError."""
        now = self.forge.request(flight.number)
        if now.state is RequestState.MERGED:
            hint = "take it back with liftlock rollback"
            raise ForgeError(f"#{flight.number} is merged", "what is merged cannot be closed", hint)
        said = []
        with action(f"abort #{flight.number}"):
            if now.state is RequestState.OPEN:
                self.forge.close_request(now)
                said.append(f"closed #{flight.number}")
            else:
                said.append(f"#{flight.number} was closed already")
            if not now.fork:
                said.append(self._branch_gone(now))
        return tuple(said)

    def until_merged(
        self, number: int, *, timeout: float, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Flight]:
        """The flight each time it stands otherwise, until it is merged or closed or `timeout` seconds are over.

        Raises ForgeError when the forge cannot be asked for longer than that.
        """
        until = time.monotonic() + timeout
        last: Flight | None = None
        while True:
            now = last
            try:
                now = self.flight(number)
            except ForgeError as error:
                # A forge that stumbles is asked again; one that says no is not.
                if error.status not in (0, 429) and error.status < 500:
                    raise
                if time.monotonic() > until:
                    raise
            if now is not None and (last is None or (now.state, now.why) != (last.state, last.why)):
                last = now
                yield now
            ended = now is not None and now.state in (FlightState.MERGED, FlightState.CLOSED)
            if ended or cancelled() or time.monotonic() > until:
                return
            _pause(_LOOK, cancelled)

    def _branch_gone(self, request: PullRequest) -> str:
        """What became of the branch of one that was closed, in a sentence."""
        branch = printable(request.head)
        if other := self._needed_by(request):
            return f"the branch {branch} stays: #{other} needs it"
        return f"took the branch {branch} away" if self._delete_branch(request.head) else "its branch was gone already"

    # Inside ----------------------------------------------------------------------------------------------------------

    def _needed_by(self, request: PullRequest) -> int:
        """Another open one of the same branch, 0 where there is none. Raises ForgeError."""
        others = (o for o in self.forge.open_requests() if o.head == request.head and not o.fork)
        return next((other.number for other in others if other.number != request.number), 0)

    def _delete_branch(self, branch: str) -> bool:
        """Take it away on the forge, and what this clone remembers of it; whether it was there.

        Raises ForgeError, RepositoryError.
        """
        taken = self.forge.delete_branch(branch)
        remote, _ = self._desk.repository.remote_for(self._desk.source().ref)
        self._desk.repository.forget_remote_branch(remote, branch)
        return taken

    def _after(self, flight: Flight, refusal: ForgeError) -> Flight:
        """The flight as merged where it is, in spite of a refusal. Raises that one, with where the flight stands."""
        try:
            standing = self._judged(flight, self.forge.request(flight.number))
        except ForgeError:
            raise refusal from None  # it cannot be asked at all: the first refusal says more
        if standing.state is not FlightState.MERGED:
            step = next_step(standing)
            if step and refusal.status in _NOT_NOW:
                refusal.title, refusal.hint = f"#{flight.number} cannot be merged yet", step
            why = "" if standing.state is FlightState.READY else standing.why
            refusal.detail = "; ".join(dict.fromkeys(part for part in (why, refusal.detail) if part))
            raise refusal
        return standing

    def _message(self, flight: Flight, overrides: Sequence[tuple[str, str]]) -> str:
        """The body of a merge's commit: that of the promoting commit with its trailers, who approved, the overrides."""
        try:
            text = self.promotion(flight).message.partition("\n")[2].strip()
        except LiftlockError as error:
            # The description says the same; the reason is kept in the journal.
            self._desk.runner.note(f"the commits of #{flight.number} cannot be read: {error}", code=1)
            text = "\n".join(line for line in flight.request.body.splitlines() if line.startswith("Promotion-"))
        known = text.splitlines()
        told = (*trailers.approvals(flight), *overrides)
        more = [line for key, value in told if (line := f"{key}: {value}") not in known]
        return "\n".join([text, *more])

    def _settled(self, flight: Flight) -> Flight:
        """The flight after its merge, once the forge tells its commit."""
        until = time.monotonic() + _SETTLES
        while True:
            now = self.forge.request(flight.number)
            if (now.state is RequestState.MERGED and now.merged_as) or time.monotonic() > until:
                return self._judged(flight, now)
            _pause(0.5, lambda: False)


def _same(flight: Flight, now: PullRequest) -> None:
    """Raises ForgeError when it is closed, or its branch holds something else than what was looked at."""
    if now.state is not RequestState.OPEN:
        raise ForgeError(f"#{flight.number} is {now.state}", "nothing was done", "liftlock reviews lists what is open")
    seen = flight.request.head_commit
    # A list may tell just the first digits of a commit.
    if seen and not (now.head_commit.startswith(seen) or seen.startswith(now.head_commit)):
        raise moved(flight.request, now.head_commit)


def _pause(seconds: float, cancelled: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not cancelled():
        time.sleep(0.1)
