"""From a plan to a pull request: the commit, its branch, and the request that carries it; one for each promotion.

A promotion that is in flight is updated: its branch goes on with a new commit, never by force. One that somebody else
put commits on is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import TYPE_CHECKING

from liftlock.errors import ForgeError, LiftlockError, PushRejected
from liftlock.forge import Forge
from liftlock.model.diff import Rendering
from liftlock.model.forge import Draft, PullRequest, RequestState
from liftlock.model.plan import Plan
from liftlock.model.promotion import Promotion
from liftlock.model.release import Release
from liftlock.model.review import Flight, Proposed
from liftlock.overview.hops import hops
from liftlock.promotion import message as messages
from liftlock.promotion import publishing, results
from liftlock.promotion.apply import Files
from liftlock.reviews import body, trailers
from liftlock.text import printable
from liftlock.values import dataclass

if TYPE_CHECKING:
    from liftlock.reviews.session import Desk


@dataclass(frozen=True, slots=True)
class Asked:
    """How a promotion is to be proposed. `message` is an edited one, None for the usual; `made` what is committed.

    `notes` go into the description. `told` is called with each remark as it comes up.
    """

    reason: str = ""
    message: str | None = None
    made: Promotion | None = None
    branch: str = ""
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()
    releases: tuple[Release, ...] = ()
    interactive: bool = False
    told: Callable[[str], None] = field(default=lambda text: None, compare=False)


class Proposing:
    """One proposal, step by step."""

    def __init__(self, desk: Desk, forge: Forge, signed_in: bool, plan: Plan, asked: Asked) -> None:
        self._desk = desk
        self._repository = desk.repository
        self._forge = forge
        self._signed_in = signed_in
        self._plan = plan
        self._asked = asked
        self._remote, self._base = desk.repository.remote_for(plan.base_ref)
        self._files: Files = desk.planning.files(desk.reading(), plan)

    def run(self) -> Proposed:
        """Open it, or update the one in flight. Raises LiftlockError."""
        if not self._signed_in:
            return self._branch_alone()
        there = self.there()
        if there is not None:
            return self._update(there)
        commit, branch = self._commit_and_push()
        request = self._opened(commit, branch)
        mine = trailers.flight(request)
        if mine is None:
            raise ForgeError(
                f"#{request.number} does not say what it promotes", "its description was changed", request.url
            )
        elder = self._elder(mine)
        if elder is None:
            return Proposed("opened", commit, branch, mine, notes=(*self._passing(mine), *self._in_a_fork()))
        # Somebody proposed the same at the same moment: the first one stays, this one goes.
        self._forge.close_request(request)
        if branch != elder.request.head:
            self._forge.delete_branch(branch)
        self._asked.told(
            f"#{elder.number} of {printable(elder.request.author)} was a moment earlier: #{mine.number} is closed"
        )
        return self._update(elder)

    # What is there already -------------------------------------------------------------------------------------------

    def there(self) -> Flight | None:
        """The oldest open pull request that promotes one of these apps to one of these environments."""
        apps = {change.app for change in self._plan.chosen}
        found = [
            flight
            for request in self._forge.open_requests()
            if request.base == self._base and (flight := trailers.flight(request)) is not None
            if set(flight.targets) & set(self._plan.targets) and set(flight.apps) & apps
        ]
        return min(found, key=lambda one: one.number, default=None)

    def _elder(self, mine: Flight) -> Flight | None:
        there = self.there()
        return there if there is not None and there.number < mine.number else None

    def _opened(self, commit: str, branch: str) -> PullRequest:
        """The pull request of a branch that was pushed. Raises ForgeError, which says where to open it by hand."""
        draft = self._draft(branch)
        try:
            request = self._forge.open(draft)
        except ForgeError as error:
            error.detail = "; ".join(part for part in (error.detail, f"{branch} is pushed, at {commit[:8]}") if part)
            page = self._forge.new_request_page(branch, self._base)
            error.hint = "; ".join(part for part in (error.hint, f"propose again, or open it there: {page}") if part)
            raise
        return self._dressed(request, draft)

    def _dressed(self, request: PullRequest, draft: Draft) -> PullRequest:
        """With its labels and reviewers; that these cannot be set takes nothing back."""
        try:
            return self._forge.dress(request, draft)
        except ForgeError as error:
            self._asked.told(f"not all labels and reviewers of #{request.number} are set: {error}")
            return request

    def _in_a_fork(self) -> tuple[str, ...]:
        origin = self._forge.fork_of()
        return (f"{self._forge.where} is a fork of {origin}: that one is not changed by it",) if origin else ()

    def _update(self, there: Flight) -> Proposed:
        """The one in flight, carrying this plan. Raises ForgeError when it is not a promotion's alone any more."""
        request = there.request
        if request.fork:
            raise ForgeError(
                f"#{there.number} promotes this already, from a fork",
                f"its branch is in {printable(request.head_repository) or 'a repository that is gone'}",
                f"ask {request.author} to update it, or close it first: liftlock abort {there.number}",
            )
        self._must_be_whole(there)
        self._repository.fetch(self._remote, interactive=self._asked.interactive)
        tracking = f"refs/remotes/{self._remote}/{request.head}"
        if not self._repository.exists(tracking):
            raise ForgeError(
                f"The branch of #{there.number} is gone",
                f"{printable(request.head)} is not on {printable(self._remote)}",
                f"close it, then propose again: liftlock abort {there.number}",
            )
        tip = self._repository.resolve(tracking)
        self._must_be_ours(there, tip)
        draft = self._draft(request.head)
        if self._holds_it(tip):
            done, commit = "unchanged", tip
            draft = replace(draft, title=request.title, body=request.body)
        else:
            done, commit = "updated", self._go_on(tip)
            self._push(commit, request.head)
            if not body.untouched(request.body):
                draft = replace(draft, body=body.renewed(request.body, draft.body))
                self._asked.told(f"the description of #{there.number} was edited: only its trailers are new")
        self._leave_no_branch()
        updated = self._forge.update(request, draft)
        if updated.state is not RequestState.OPEN:
            raise ForgeError(
                f"#{there.number} was {updated.state} meanwhile",
                f"{commit[:8]} is on {printable(request.head)} and not on {self._base}",
                "look at it, then propose again: that opens a new one",
            )
        updated = self._dressed(updated, draft)
        flight = trailers.flight(updated) or there
        return Proposed(done, commit, request.head, flight, notes=self._passing(there))

    def _must_be_whole(self, there: Flight) -> None:
        """One that carries more than this plan is not overwritten by it."""
        apps, targets = {change.app for change in self._plan.chosen}, set(self._plan.targets)
        more = [app for app in there.apps if app not in apps] + [t for t in there.targets if t not in targets]
        if more:
            raise ForgeError(
                f"#{there.number} promotes {', '.join(there.apps)} to {', '.join(there.targets)}",
                f"this plan has nothing of {', '.join(more)}: updating would take that out",
                f"promote them together, or close it first: liftlock abort {there.number}",
            )

    def _must_be_ours(self, there: Flight, tip: str) -> None:
        base = f"refs/remotes/{self._remote}/{self._base}"
        for one in self._repository.messages(base, tip):
            if len(one.parents) < 2 and not trailers.promotes(one.text):
                raise ForgeError(
                    f"#{there.number} was edited by {one.author}",
                    f"{one.commit[:8]} {one.text.partition(chr(10))[0]} is on its branch and is no promotion",
                    f"merge or close it first: {there.request.url}",
                )

    def _holds_it(self, tip: str) -> bool:
        """Whether the branch changes just what this plan changes, on what the base has in these files."""
        fork = self._repository.merge_base(self._plan.base, tip)
        if fork is None:
            return False
        before, now = self._repository.tree(fork), self._repository.tree(tip)
        base = self._repository.tree(self._plan.base)
        if any(before.entries.get(path) != base.entries.get(path) for path in self._files):
            return False
        paths = before.entries.keys() | now.entries.keys()
        moved = {path for path in paths if before.entries.get(path) != now.entries.get(path)}
        return moved == set(self._files) and all(
            (now.read(path) if path in now.entries else None) == data for path, data in self._files.items()
        )

    def _go_on(self, tip: str) -> str:
        """A commit on the branch that holds the base as it is now, with this plan's changes."""
        forked_here = self._repository.merge_base(self._plan.base, tip) == self._plan.base
        parents = (tip,) if forked_here else (tip, self._plan.base)
        text = self._repository.run_message_hooks(self._message(), edited=self._asked.message is not None)
        return self._repository.write_commit(
            self._plan.base, self._files, text, parents=parents, interactive=self._asked.interactive
        )

    def _passing(self, there: Flight) -> tuple[str, ...]:
        me = self._forge.me()
        return () if there.request.author == me else (f"#{there.number} was opened by {there.request.author}",)

    # What is new -----------------------------------------------------------------------------------------------------

    def _branch_alone(self) -> Proposed:
        commit, branch = self._commit_and_push()
        page = self._forge.new_request_page(branch, self._base)
        note = f"no token is known for {self._forge.where}; it is looked for in {self._forge.looked_for}"
        return Proposed("pushed", commit, branch, page=page, notes=(note,))

    def _commit_and_push(self) -> tuple[str, str]:
        made = self._asked.made
        if made is not None:
            self._push(made.commit, made.branch)
            self._leave_no_branch()
            return made.commit, made.branch
        reading = self._desk.reading()
        wanted = self._asked.branch or messages.branch_name(self._plan, reading.config.branch)
        there = self._left_there(wanted)
        if there is not None:
            return there, wanted
        branch = publishing.free_branch(self._repository, wanted)
        made = publishing.commit(
            self._repository,
            self._plan,
            self._files,
            self._message(),
            branch,
            onto=False,
            edited=self._asked.message is not None,
            interactive=self._asked.interactive,
        )
        try:
            self._push(made.commit, branch)
        except PushRejected:
            there = self._left_there(branch)
            if there is None:
                raise
            return there, branch
        finally:
            # What is on the remote needs no branch here, and what was refused leaves none behind.
            self._repository.delete_branch(branch, made.commit)
        return made.commit, branch

    def _left_there(self, branch: str) -> str | None:
        """The commit of a branch on the remote that holds just this: proposed by another at this moment, or stopped."""
        self._repository.fetch(self._remote, interactive=self._asked.interactive)
        tracking = f"refs/remotes/{self._remote}/{branch}"
        if not self._repository.exists(tracking):
            return None
        tip = self._repository.resolve(tracking)
        made = self._repository.messages(self._plan.base, tip)
        ours = bool(made) and all(trailers.promotes(one.text) for one in made)
        return tip if ours and self._holds_it(tip) else None

    def _leave_no_branch(self) -> None:
        """The branch here of what was committed before: what is on the remote needs none."""
        made = self._asked.made
        if made is not None and made.created_branch and self._repository.exists(f"refs/heads/{made.branch}"):
            self._repository.delete_branch(made.branch, made.commit)

    def _push(self, commit: str, branch: str) -> None:
        try:
            self._repository.push(self._remote, f"{commit}:refs/heads/{branch}", interactive=self._asked.interactive)
        except PushRejected as error:
            error.hint = "somebody proposes the same at this moment: look again, then propose"
            raise

    def _message(self) -> str:
        if self._asked.message is not None:
            return self._asked.message
        if self._asked.made is not None:
            return self._asked.made.message
        reading = self._desk.reading()
        return messages.message(
            self._plan, reason=self._asked.reason, template=reading.config.message, carried=self._asked.overrides
        )

    def _draft(self, head: str) -> Draft:
        reading = self._desk.reading()
        tree = reading.tree_at(self._plan.base)
        config = reading.config.review
        text = body.body(
            self._plan,
            reason=self._asked.reason,
            hops=hops(reading, self._plan),
            notes=(*self._asked.notes, *(c.text for c in self._plan.warnings)),
            files=results.file_diffs(tree, self._files),
            renderings=self._rendered(),
            template=config.body,
            overrides=self._asked.overrides,
            html=self._forge.html,
            longest=self._forge.longest,
            releases=self._asked.releases,
        )
        labels = tuple(dict.fromkeys((*config.labels_for(self._plan.targets), *self._asked.labels)))
        reviewers = tuple(dict.fromkeys((*config.reviewers, *self._asked.reviewers)))
        name = body.title(self._plan, config.title or reading.config.message)
        return Draft(name, text, head, self._base, labels, reviewers, self._asked.draft or config.draft)

    def _rendered(self) -> tuple[Rendering, ...]:
        from liftlock.promotion import previews  # heavy: a plan without a pull request needs none of it

        reading = self._desk.reading()
        cells = [c for n in self._plan.targets for c in reading.cells_of(n).values() if c.app in self._plan.apps]
        tree = reading.tree_at(self._plan.base)
        try:
            found = previews.renderings(
                self._desk.renderer(), tree, self._files, cells, fetch=False, cancelled=None, progress=None
            )
            return tuple(found)
        except LiftlockError as error:
            self._asked.told(f"the manifests are not in the description: {error}")
            return ()
