"""Refs: what they mean, what there is, and moving them by compare-and-swap."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from liftlock.errors import RefMoved, RepositoryError
from liftlock.gitrepo.process import Git
from liftlock.text import printable
from liftlock.values import dataclass

_FORMAT = "%(refname)%00%(objectname)%00%(*objectname)%00%(symref)%00%(upstream)"


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref: the object it names (a tag's commit for an annotated tag), where it points if it is symbolic."""

    name: str
    oid: str
    symbolic: str = ""
    upstream: str = ""


def read_refs(git: Git, *patterns: str) -> dict[str, Ref]:
    """The refs under these names (`refs/heads`, `refs/remotes/origin/main`) by full name. Raises RepositoryError."""
    found = {}
    for line in git.text("for-each-ref", f"--format={_FORMAT}", *patterns).split("\n"):
        if not line:
            continue
        name, oid, peeled, symbolic, upstream = line.split("\0")
        found[name] = Ref(name, peeled or oid, symbolic, upstream)
    return found


def local_tips(git: Git) -> list[tuple[str, str, str, str]]:
    """Local branches, the newest first: branch, tip, parents, message. Raises RepositoryError."""
    mark = os.urandom(8).hex()  # nothing in a message can be taken for it
    fields = f"{mark}%(refname:strip=2)%00%(objectname)%00%(parent)%00%(contents)"
    listing = git.run("for-each-ref", "--sort=-committerdate", f"--format={fields}", "refs/heads").text
    tips = []
    for record in listing.split(mark)[1:]:
        branch, tip, parents, text = record.removesuffix("\n").split("\0", 3)
        tips.append((branch, tip, parents, text))
    return tips


def remote_tips(git: Git, remote: str, base: str) -> list[tuple[str, str]]:
    """Branches of a remote, as far as was fetched, with commits that `base` lacks: branch and tip.

    Raises RepositoryError.
    """
    place = f"refs/remotes/{remote}/"
    fields = "--format=%(refname)%00%(objectname)%00%(symref)"
    listing = git.run("for-each-ref", "--sort=-committerdate", f"--no-merged={base}", fields, place).text
    rows = (line.split("\0") for line in listing.splitlines())
    return [(name.removeprefix(place), tip) for name, tip, symbolic in rows if not symbolic]


def short(name: str) -> str:
    """A ref as people say it: `refs/heads/main` is `main`, `refs/remotes/origin/main` is `origin/main`."""
    return re.sub(r"^refs/(heads|remotes|tags)/", "", name)


def resolve(git: Git, rev: str) -> str:
    """The id of the commit that a revision means.

    Raises RepositoryError when it means none, with the nearest names there are.
    """
    if rev and not rev.startswith("-") and "\0" not in rev:
        found = git.run("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}", ok=(0, 1, 128))
        if found.code == 0:
            return found.text.strip()
    raise no_such(git, rev)


def no_such(git: Git, rev: str) -> RepositoryError:
    """The error for a revision that is not there."""
    shown = printable(rev)
    if rev == "HEAD":
        return RepositoryError(
            "Nothing is committed here yet", "HEAD is on a branch without a commit", "make the first commit"
        )
    names = [short(name) for name in read_refs(git, "refs/heads", "refs/remotes", "refs/tags")]
    import difflib  # wanted only where something is wrong

    near = difflib.get_close_matches(rev, names, 3, 0.5)
    if near:
        hint = f"did you mean {' or '.join(printable(name) for name in near)}?"
    elif re.fullmatch(r"[0-9a-f]{4,64}", rev):
        hint = "a commit of another clone has to be fetched first: git fetch"
    else:
        hint = "git branch --all lists the branches there are"
    return RepositoryError(f"There is no revision {shown}", "it names no commit of this repository", hint)


def head_branch(git: Git) -> str | None:
    """The full name of the branch HEAD is on, born or not; None when HEAD is detached."""
    told = _told_by_the_file(git.git_dir / "HEAD")
    if told:
        return told
    found = git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    return found.text.strip() if found.code == 0 else None


def _told_by_the_file(head: Path) -> str:
    """The branch that a HEAD of the usual form is on; "" where only git can tell.

    Git itself keeps it in this form, but for very old repositories (a link), and where refs are kept in tables the file
    names a branch that cannot be.
    """
    try:
        text = "" if head.is_symlink() else head.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    found = re.fullmatch(r"ref: (refs/heads/[^.\s][^\s]*)\n", text)
    return found[1] if found else ""


def branches(git: Git, remotes: Iterable[str]) -> tuple[str, ...]:
    """Short names of all branches, local ones first, then those only a remote has (without the remote's name)."""
    prefixes = [f"refs/remotes/{remote}/" for remote in remotes]
    names: dict[str, None] = {}
    for ref in read_refs(git, "refs/heads", "refs/remotes").values():
        if ref.name.startswith("refs/heads/"):
            names[ref.name.removeprefix("refs/heads/")] = None
            continue
        prefix = max((p for p in prefixes if ref.name.startswith(p)), key=len, default="")
        if prefix and not ref.symbolic:
            names[ref.name.removeprefix(prefix)] = None
    return tuple(names)


def check_branch_name(git: Git, branch: str) -> str:
    """The full name of a branch. Raises RepositoryError when git does not take such a name."""
    ref = f"refs/heads/{branch}"
    sayable = branch not in ("", "HEAD") and "\0" not in branch
    if not sayable or git.run("check-ref-format", "--branch", branch, ok=(0, 1, 128)).text != f"{branch}\n":
        raise RepositoryError(
            f"{printable(branch)} cannot be the name of a branch",
            "git takes no spaces, no '..', '~', '^', ':', '?', '*', '[', no '-' in front, no '/' or '.lock' at the end",
            "choose another name",
        )
    return ref


def checked_out(git: Git, common_dir: Path, branch: str) -> Path | None:
    """The work tree that has the branch checked out (or is rebasing it), None when none has."""
    wanted = f"refs/heads/{branch}"
    path = ""
    for line in git.text("worktree", "list", "--porcelain").split("\n"):
        key, _, value = line.partition(" ")
        if key == "worktree":
            path = value
        elif key == "branch" and value == wanted:
            return Path(path)
    return _busy_with(common_dir, wanted)


def _busy_with(common_dir: Path, wanted: str) -> Path | None:
    """A work tree whose rebase will move the branch when it ends, though HEAD is detached meanwhile."""
    linked = common_dir / "worktrees"
    for folder in (common_dir, *(sorted(linked.iterdir()) if linked.is_dir() else ())):
        for state in ("rebase-merge/head-name", "rebase-apply/head-name"):
            told = folder / state
            if told.is_file() and told.read_text("utf-8", "surrogateescape").strip() == wanted:
                pointer = folder / "gitdir"
                return Path(pointer.read_text("utf-8").strip()).parent if pointer.is_file() else common_dir.parent
    return None


def move_branch(git: Git, common_dir: Path, branch: str, commit: str, expected: str | None) -> None:
    """Create the branch (`expected` None) or move it from `expected` to the commit, in one step or not at all.

    Raises RefMoved when it does not stand where it is expected, RepositoryError for a branch that a work tree has
    checked out, a name that git does not take or that is in the way of another, a lock.
    """
    ref = check_branch_name(git, branch)
    _refuse_checked_out(git, common_dir, branch)
    verb = "create" if expected is None else "move"
    _update(git, ref, ("-m", f"liftlock: {verb} branch", ref, commit, expected or "0" * len(commit)))


def delete_branch(git: Git, common_dir: Path, branch: str, expected: str) -> None:
    """Take the branch away if it still stands at `expected`. Raises as `move_branch` does."""
    ref = check_branch_name(git, branch)
    _refuse_checked_out(git, common_dir, branch)
    _update(git, ref, ("-d", ref, expected))


def _refuse_checked_out(git: Git, common_dir: Path, branch: str) -> None:
    place = checked_out(git, common_dir, branch)
    if place is None:
        return
    shown = printable(branch)
    gone = "" if place.exists() else "; that folder is gone: git worktree prune forgets it"
    raise RepositoryError(
        f"{shown} is checked out in {printable(str(place))}",
        f"moving it would leave that work tree with the exact inverse of the promotion in its index{gone}",
        f"commit to a branch of its own (--branch NAME), or push straight to it (push SHA:refs/heads/{shown})",
    )


def _update(git: Git, ref: str, arguments: tuple[str, ...]) -> None:
    result = git.run("update-ref", *arguments, ok=(0, 1, 128), mutates=True)
    if result.code == 0:
        return
    said, shown = result.complaint, printable(short(ref))
    if re.search(r"but expected|reference already exists|unable to resolve reference", said):
        raise RefMoved(
            f"{shown} does not stand where it was read",
            said,
            "nothing was changed; look again",
            command="git update-ref",
        )
    if blocking := re.search(r"'(?P<there>[^']+)' exists; cannot create '(?P<new>[^']+)'", said):
        raise RepositoryError(
            f"The branch {shown} does not fit beside {printable(short(blocking['there']))}",
            "git cannot keep a branch and branches below it, such as release and release/1",
            "choose another name",
            command="git update-ref",
        )
    raise git.failure(result, f"The branch {shown} could not be moved", "git update-ref")
