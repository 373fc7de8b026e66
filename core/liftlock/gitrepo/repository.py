"""One repository, opened: everything the engine asks of Git. Safe to use from any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.gitrepo import refs
from liftlock.gitrepo.process import Cancelled, Progress
from liftlock.gitrepo.readable import Readable

# What only writes and what talks to remotes is imported when it is asked for: most starts only read.
if TYPE_CHECKING:
    from liftlock.model.report import Fetched, Pushed
    from liftlock.model.revision import Revision


class Repository(Readable):
    """One repository. The user's HEAD, index, work tree and stash are never touched by anything here."""

    # Writing ---------------------------------------------------------------------------------------------------------

    def write_commit(
        self,
        base: str,
        changes: Mapping[str, bytes | None],
        message: str,
        *,
        parents: Sequence[str] = (),
        sign: bool | None = None,
        interactive: bool = False,
    ) -> str:
        """The id of a new commit on `base` with these files written or gone; see `commits.write_commit`.

        Raises RepositoryError, TerminalNeeded.
        """
        from liftlock.gitrepo import commits

        onto = self.resolve(base)
        return commits.write_commit(
            self._git,
            self._objects,
            onto,
            changes,
            message,
            parents=parents,
            sign=sign,
            interactive=interactive,
            private=lambda: self._private(onto, changes),
        )

    def _private(self, base: str, changes: Mapping[str, bytes | None]) -> bool:
        """Whether what differs is not to be told in the command log."""
        tree = self.tree(base)
        before = tree.read_many(changes)
        return any(self._hides(path, before.get(path), data) for path, data in changes.items())

    def run_message_hooks(self, message: str, *, edited: bool = False) -> str:
        """The message after the user's hooks; see `hooks.run_message_hooks`. Raises RepositoryError."""
        from liftlock.gitrepo import hooks

        return hooks.run_message_hooks(self._git, self.common_dir, message, edited=edited)

    def create_or_move_branch(self, branch: str, commit: str, expected: str | None) -> None:
        """Create the branch (`expected` None) or move it from `expected`, by compare-and-swap.

        Raises RefMoved, RepositoryError; a branch that a work tree has checked out is never moved.
        """
        refs.move_branch(self._git, self.common_dir, branch, commit, expected)

    def delete_branch(self, branch: str, expected: str) -> None:
        """Take the branch away if it still stands at `expected`. Raises RefMoved, RepositoryError."""
        refs.delete_branch(self._git, self.common_dir, branch, expected)

    def checked_out(self, branch: str) -> Path | None:
        """The work tree that has the branch checked out, None when none has."""
        return refs.checked_out(self._git, self.common_dir, branch)

    # Remotes ---------------------------------------------------------------------------------------------------------

    def fetch(
        self,
        remote: str | None = None,
        *,
        only: str = "",
        interactive: bool = False,
        cancelled: Cancelled | None = None,
        progress: Progress | None = None,
    ) -> Fetched:
        """Bring remote-tracking refs up to date; with `only` have the commits of that ref of the remote, under no name.

        Raises RepositoryError, TerminalNeeded, Cancelled.
        """
        from liftlock.gitrepo import fetching

        git, folder = self._git, self.common_dir
        return fetching.fetch(
            git, folder, remote, only=only, interactive=interactive, cancelled=cancelled, progress=progress
        )

    def push(
        self,
        remote: str,
        refspec: str,
        *,
        expected_remote: str | None = None,
        interactive: bool = False,
        cancelled: Cancelled | None = None,
        progress: Progress | None = None,
        options: Sequence[str] = (),
    ) -> Pushed:
        """Push one commit to one branch, never by force; see `pushing.push`.

        Raises PushRejected, TerminalNeeded, RepositoryError, Cancelled.
        """
        from liftlock.gitrepo import pushing

        return pushing.push(
            self._git,
            self.common_dir,
            remote,
            refspec,
            expected_remote=expected_remote,
            interactive=interactive,
            cancelled=cancelled,
            progress=progress,
            options=options,
        )

    def remotes(self) -> tuple[tuple[str, str], ...]:
        """Each remote's name and first address, which may hold credentials. Raises RepositoryError."""
        return self.settings().remotes

    def remote_for(self, ref: str) -> tuple[str, str]:
        """The remote that a push of this ref goes to, and the branch there. Raises RepositoryError: no remote."""
        from liftlock.gitrepo import pushing

        return pushing.remote_for(self._git, ref)

    def forget_remote_branch(self, remote: str, branch: str) -> None:
        """Take away what this clone remembers of a branch that the remote has no more."""
        self._git.run("update-ref", "-d", f"refs/remotes/{remote}/{branch}", ok=(0, 1, 128), mutates=True)

    def push_address(self, remote: str) -> str:
        """The address that a push goes to, with the password it may hold; "" where there is none."""
        from liftlock.gitrepo import hosting

        return hosting.push_address(self._git, remote)

    def certificates(self, address: str) -> str:
        """The file of certificates that git uses for an address, "" for the system's."""
        from liftlock.gitrepo import hosting

        return hosting.certificates(self._git, address)

    def would_push(self, remote: str, commit: str, destination: str) -> tuple[Revision, ...]:
        """Every commit that a push to this branch of the remote carries, newest first. Raises RepositoryError."""
        from liftlock.gitrepo import pushing

        return pushing.would_push(self._git, remote, commit, destination)

    def has_remote_branch(self, remote: str, branch: str) -> bool:
        """Whether the remote has the branch, as far as was fetched."""
        from liftlock.gitrepo import pushing

        ref = pushing.tracking_ref(self.settings(), remote, f"refs/heads/{branch}")
        return ref is not None and self.exists(ref)
