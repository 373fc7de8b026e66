"""What liftlock asks of a forge, whichever it is. Every call may block, and raises ForgeError."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from liftlock.model.forge import CommitCheck, Draft, MergeMethod, PullRequest, Review, Rules


class Forge(Protocol):
    """One repository on one forge, as one user."""

    kind: str
    where: str
    """Host and path, for sentences."""
    looked_for: str
    """The places where a token would be found, as a sentence's end."""
    html: bool
    """Whether descriptions may hold HTML beside Markdown."""
    longest: int
    """The characters that a description may have."""
    request_ref: str
    """The remote's ref of a pull request's commits, those from forks too, `{}` for its number; "" for none."""

    def me(self) -> str:
        """The user that the token belongs to, "" without a token."""
        ...

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last changed first, as they come."""
        ...

    def request(self, number: int) -> PullRequest:
        """One pull request as it stands now."""
        ...

    def open(self, draft: Draft) -> PullRequest:
        """Open one. Where the forge has an open one for the same branches already, that one."""
        ...

    def update(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Set title and body; draft or not stays as it is."""
        ...

    def dress(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Add the labels that the forge knows, and ask for a review who is not asked yet."""
        ...

    def reviews(self, request: PullRequest) -> tuple[Review, ...]:
        """What each person said last, and who was asked and has not answered."""
        ...

    def checks(self, commit: str) -> tuple[CommitCheck, ...]:
        """Statuses and check runs of a commit, the newest of each name."""
        ...

    def rules(self, branch: str) -> Rules:
        """What is wanted before something gets onto this branch."""
        ...

    def approve(self, request: PullRequest) -> None:
        """Approve what the branch holds at `request.head_commit`."""
        ...

    def merge(self, request: PullRequest, method: MergeMethod, title: str, message: str) -> None:
        """Merge, provided that the branch still stands at `request.head_commit`."""
        ...

    def close_request(self, request: PullRequest) -> None:
        """Close it unmerged."""
        ...

    def delete_branch(self, branch: str) -> bool:
        """Take the branch away; whether it was there, as far as the forge tells."""
        ...

    def new_request_page(self, head: str, base: str) -> str:
        """The page on which a person opens a pull request by hand."""
        ...

    def fork_of(self) -> str:
        """The repository that this one is a fork of, "" where it is none."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
