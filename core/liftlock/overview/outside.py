"""What a person opens outside of liftlock: a file in an editor, a page of the forge in a browser. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from liftlock.errors import ForgeError
from liftlock.forge.address import kind_of, parse
from liftlock.forge.pages import branch_page, commit_page, file_page
from liftlock.gitrepo import Repository
from liftlock.model.report import Page, Shelved
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Outside:
    """Where things of a repository can be seen elsewhere. `forges` says which forge a host is, where it was told."""

    repository: Repository
    forges: Mapping[str, str]

    def shelved(self, path: str, commit: str) -> Shelved:
        """A file as a commit has it, and where the work tree has it. Raises RepositoryError when the commit has none.

        A path that leads out of the work tree (through a symbolic link) is none of it.
        """
        data = self.repository.tree(commit).read(path)
        top = self.repository.work_tree
        place: Path | None = None
        same = False
        if top is not None:
            file = top / path
            try:
                if file.is_file() and file.resolve().is_relative_to(top.resolve()):
                    place, same = file, file.read_bytes() == data
            except OSError:
                place = None
        return Shelved(path, commit, data, place, same)

    def pages(self, ref: str, commit: str, files: tuple[tuple[str, int], ...] = ()) -> tuple[Page, ...]:
        """The pages of a commit, of files (with a line, 0 for none) as it has them, and of the branch.

        Raises ForgeError where no forge is behind the remote, or it is not known which one; RepositoryError: no remote.
        """
        remote, branch = self.repository.remote_for(ref)
        url = dict(self.repository.remotes()).get(remote, "")
        address = parse(url)
        if address is None:
            raise ForgeError("This remote has no pages", f"{printable(remote)} is a folder, not a forge", "")
        kind = self.forges.get(address.host) or kind_of(address)
        if not kind:
            raise ForgeError(
                "It is not known which forge this is",
                f"the name {printable(address.host)} does not tell",
                f'say it in your config.toml: [forges] "{printable(address.host)}" = "gitlab"',
            )
        found = [Page("commit", commit[:10], commit_page(address, kind, commit))]
        found += [Page("file", path, file_page(address, kind, commit, path, line)) for path, line in files]
        found.append(Page("branch", branch, branch_page(address, kind, branch)))
        return tuple(page for page in found if page.url)
