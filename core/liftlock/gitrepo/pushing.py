"""Pushing: never by force, and every way it can be refused told apart."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from pathlib import Path

from liftlock.errors import PushRejected, RepositoryError
from liftlock.gitrepo.history import revisions
from liftlock.gitrepo.hooks import hooks_folder, is_hook
from liftlock.gitrepo.process import Cancelled, Git, Progress
from liftlock.gitrepo.refs import read_refs, resolve, short
from liftlock.gitrepo.settings import Settings, read_settings
from liftlock.gitrepo.sources import gather, remote_of
from liftlock.gitrepo.transfer import Outcome, remote_failure, transfer
from liftlock.model.report import Pushed
from liftlock.model.revision import Revision
from liftlock.shell import joined
from liftlock.text import printable

_ADDRESS = re.compile(r"https?://[^\s'\"<>]+")
_OFFER = re.compile(r"/pull/new/|merge_requests/new|/pull-requests/new|/compare/|pullrequestcreate|[?&]create=", re.I)
_BEHIND = ("non-fast-forward", "fetch first", "stale info", "needs force", "remote ref updated since checkout")
_HOOK_ENDED = re.compile(r"^error: failed to push some refs", re.MULTILINE)
_CONNECTION = re.compile(
    r"^(error: RPC failed|send-pack:|fatal: the remote end hung up|fatal: unable to)", re.MULTILINE
)
_RACE = re.compile(r"cannot lock ref|failed to update ref|incorrect old value|reference already exists|failed to lock")


def push(
    git: Git,
    common_dir: Path,
    remote: str,
    refspec: str,
    *,
    expected_remote: str | None = None,
    interactive: bool = False,
    cancelled: Cancelled | None = None,
    progress: Progress | None = None,
    options: Sequence[str] = (),
) -> Pushed:
    """Push one refspec (`<commit>:refs/heads/<branch>`), and nothing beside it.

    `expected_remote` is the commit that the plan takes the remote's branch to stand at; where it is already known to
    stand elsewhere, nothing is sent. Raises PushRejected when the remote has moved, TerminalNeeded when git would
    have to ask, Cancelled, RepositoryError for a hook that refused, a branch that is protected, a remote that is gone.
    """
    source, colon, destination = refspec.partition(":")
    if refspec.startswith("+") or not colon or not source or not destination.startswith("refs/"):
        raise RepositoryError(
            f"{printable(refspec)} is not pushed", "liftlock pushes one commit to one branch, never by force"
        )
    settings = read_settings(git)
    commit = resolve(git, source)
    if expected_remote is not None:
        _refuse_moved(git, settings, remote, destination, expected_remote)
    arguments = [
        # git takes no single branch for a mirror, and a mirror would push all refs
        *(("-c", f"remote.{remote}.mirror=false") if settings.flag(f"remote.{remote}.mirror") else ()),
        *("push", "--porcelain", "--progress", "--no-follow-tags", "--recurse-submodules=no"),
        *(f"--push-option={option}" for option in options),
        *(remote, refspec),
    ]
    outcome = transfer(
        git,
        settings,
        arguments,
        interactive=interactive,
        cancelled=cancelled,
        progress=progress,
        script=joined(("git", "push", remote, refspec)),
    )
    if outcome.code != 0:
        raise _refused(git, common_dir, settings, outcome, remote, destination)
    if not settings.get(f"remote.{remote}.fetch") and destination.startswith("refs/heads/"):
        # git keeps no note of what it pushed where nothing is fetched to (a bare clone); see `fetching.fetch`.
        git.run("update-ref", "-m", "liftlock: push", f"refs/remotes/{remote}/{destination[11:]}", commit)
    said = _said(outcome.complaint)
    return Pushed(remote, destination, commit, address(said), said)


def _refuse_moved(git: Git, settings: Settings, remote: str, destination: str, expected: str) -> None:
    tracking = tracking_ref(settings, remote, destination)
    known = read_refs(git, tracking).get(tracking) if tracking else None
    if known is not None and known.oid != expected:
        raise _moved_on(remote, destination, f"it stands at {known.oid[:8]}, the plan was made on {expected[:8]}")


def _moved_on(remote: str, destination: str, detail: str) -> PushRejected:
    return PushRejected(
        f"{printable(short(destination))} of {printable(remote)} has moved on",
        detail,
        "fetch, plan again on the new base, then push; nothing was overwritten",
        command="git push",
    )


def _refused(
    git: Git, common_dir: Path, settings: Settings, outcome: Outcome, remote: str, destination: str
) -> RepositoryError:
    shown = printable(remote)
    for line in outcome.output.split("\n"):
        if not line.startswith("!"):
            continue
        summary = printable(line.split("\t")[-1])
        detail = "\n".join(part for part in (summary, _said(outcome.complaint)) if part)
        if any(word in summary for word in _BEHIND) or _RACE.search(summary):
            return _moved_on(remote, destination, detail)
        branch = printable(short(destination))
        if "hook declined" in summary or "protected" in detail.lower() or "GH006" in detail:
            return RepositoryError(
                f"{shown} refuses this push to {branch}",
                detail,
                "a rule of the server stands against it: propose it as a pull request (promote --pr)",
                command="git push",
            )
        return RepositoryError(
            f"{shown} did not take the push to {branch}", detail, "the server says why", command="git push"
        )
    said = outcome.complaint
    if (
        _HOOK_ENDED.search(said)
        and not _CONNECTION.search(said)
        and is_hook(hooks_folder(git, common_dir, settings) / "pre-push")
    ):
        said = "\n".join(line for line in said.split("\n") if not line.startswith("error: failed to push some refs"))
        return RepositoryError(
            "The pre-push hook refused",
            said or f"it ended with exit code {outcome.code}",
            "do what it asks, then push again; nothing was sent",
            command="git push",
        )
    return remote_failure(outcome, remote, "push", f"git push {shown}")


def _said(complaint: str) -> str:
    lines = [line.removeprefix("remote:").strip() for line in complaint.split("\n") if line.startswith("remote:")]
    return "\n".join(line for line in lines if line and not re.match(r"(Counting|Compressing|Resolving)\b", line))


def address(said: str) -> str:
    """The address at which the remote offers to open a pull request, "" when it offers none."""
    return next((url for url in _ADDRESS.findall(said) if _OFFER.search(url)), "")


def tracking_ref(settings: Settings, remote: str, destination: str) -> str | None:
    """The remote-tracking ref that a branch of the remote is fetched to, None when it is fetched to none."""
    refspecs = settings.values.get(f"remote.{remote}.fetch", ()) or (f"refs/heads/*:refs/remotes/{remote}/*",)
    for refspec in refspecs:
        source, _, target = refspec.removeprefix("+").partition(":")
        if source.startswith("^") or not target:
            continue
        if source == destination:
            return target
        if "*" in source and fnmatch.fnmatchcase(destination, source.replace("[", "[[]")):
            before, _, after = source.partition("*")
            star = destination[len(before) : len(destination) - len(after)]
            return target.replace("*", star, 1)
    return None


def remote_for(git: Git, ref: str) -> tuple[str, str]:
    """The remote that a push of this ref goes to, and the branch there.

    A remote-tracking ref goes back to where it came from; a local branch as branch.<name>.pushRemote,
    remote.pushDefault, its upstream and push.default say. Raises RepositoryError when there is no remote.
    """
    settings = read_settings(git)
    known = gather(git, settings)
    there = remote_of(ref, known.remotes)
    name = short(ref)
    if there is None and not ref.startswith("refs/"):
        there = remote_of(f"refs/remotes/{ref}", known.remotes)
    if there is not None:
        return there
    followed = settings.get(f"branch.{name}.remote")
    remote = (
        settings.get(f"branch.{name}.pushremote") or settings.get("remote.pushdefault") or followed or known.primary
    )
    if not remote or remote == ".":
        raise RepositoryError(
            "There is no remote to push to", "this repository knows none", "git remote add origin URL"
        )
    merge = settings.get(f"branch.{name}.merge")
    if merge and remote == followed and settings.get("push.default") in ("upstream", "tracking"):
        return remote, merge.removeprefix("refs/heads/")
    return remote, name


def would_push(git: Git, remote: str, commit: str, destination: str) -> tuple[Revision, ...]:
    """Every commit that a push to this branch of the remote carries, newest first.

    That is what the remote's branch does not have as far as it was fetched; for a new branch, what no branch of the
    remote has. Where nothing of the remote was ever fetched, the remote is asked. Raises RepositoryError.
    """
    settings = read_settings(git)
    ref = destination if destination.startswith("refs/") else f"refs/heads/{destination}"
    tracking = tracking_ref(settings, remote, ref)
    if tracking and tracking in read_refs(git, tracking):
        return tuple(revisions(git, [commit, f"^{tracking}"]))
    if read_refs(git, f"refs/remotes/{remote}"):
        return tuple(revisions(git, [commit, "--not", f"--remotes={remote}"]))
    outcome = transfer(
        git, settings, ["ls-remote", "--heads", remote], interactive=False, cancelled=None, progress=None
    )
    if outcome.code != 0:
        raise remote_failure(outcome, remote, "ls-remote", f"git ls-remote {printable(remote)}")
    answers = [line.split("\t", 1) for line in outcome.output.split("\n") if "\t" in line]
    tips = {name: tip for tip, name in answers}
    wanted = [tips[ref]] if ref in tips else list(dict.fromkeys(tips.values()))
    check = git.run("cat-file", "--batch-check=%(objectname)", stdin="".join(f"{tip}\n" for tip in wanted).encode())
    have = [line for line in check.text.split("\n") if line and " " not in line]
    return tuple(revisions(git, [commit, *(f"^{tip}" for tip in have)]))
