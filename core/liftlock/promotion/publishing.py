"""From a plan to a commit on a branch, back again, and what a push of it would do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from liftlock.errors import PlanError, RepositoryError
from liftlock.gitrepo import Repository
from liftlock.model.environment import Environment
from liftlock.model.plan import Plan
from liftlock.model.promotion import Promotion, Publication
from liftlock.promotion import message as messages
from liftlock.promotion.apply import Files
from liftlock.text import printable

_TRAILER = re.compile(r"^(Promotion-[A-Za-z-]+): (.*)$", re.MULTILINE)


def commit(
    repository: Repository,
    plan: Plan,
    files: Files,
    text: str,
    branch: str,
    *,
    onto: bool,
    edited: bool,
    interactive: bool,
) -> Promotion:
    """Commit these files on top of the plan's base and point the branch to it; with `onto` the branch is there.

    `edited` says that a person wrote the message, which hooks are told.

    Raises PlanError when nothing would change, RepositoryError.
    """
    tree = repository.tree(plan.base)
    unlike = {path: data for path, data in files.items() if _differs(tree.entries, tree.read, path, data)}
    if not unlike:
        raise PlanError("Nothing would change", "the target holds these values already", "make the plan again")
    previous = repository.resolve(f"refs/heads/{branch}") if onto else None
    taken = repository.checked_out(branch)
    if taken is not None:
        raise RepositoryError(
            f"{printable(branch)} is checked out in {printable(str(taken))}",
            "moving it would leave that work tree's index holding the exact inverse of the promotion",
            f"commit to a branch of its own (--branch NAME), or push straight to it (--onto {branch} --push)",
        )
    text = repository.run_message_hooks(text, edited=edited)
    if not text.strip():
        raise RepositoryError("The commit message is empty", "nothing was committed", "write a subject")
    made = repository.write_commit(plan.base, unlike, text, interactive=interactive)
    repository.create_or_move_branch(branch, made, previous)
    return Promotion(plan, plan.source, plan.targets, made, branch, plan.base, plan.base_ref, text, not onto, previous)


def _differs(entries: Mapping[str, object], read, path: str, data: bytes | None) -> bool:  # type: ignore[no-untyped-def]
    if path not in entries:
        return data is not None
    return data is None or read(path) != data


def free_branch(repository: Repository, wanted: str) -> str:
    """The name, or the first of `name-2`, `name-3`, … that no branch has and that fits beside those there are."""
    there = set(repository.branches())
    name, number = wanted, 1
    while name in there or any(b.startswith(f"{name}/") or name.startswith(f"{b}/") for b in there):
        number += 1
        name = (
            f"{wanted}-{number}"
            if not any(wanted.startswith(f"{b}/") for b in there)
            else f"{wanted.replace('/', '-')}-{number}"
        )
    return name


def undo(repository: Repository, promotion: Promotion) -> str:
    """Take an unpushed promotion back. Raises RepositoryError when it was pushed or the branch has moved on."""
    if repository.is_published(promotion.commit):
        raise RepositoryError(
            "This promotion was pushed", "what others can see is not taken back silently", "promote the old value back"
        )
    if promotion.previous is None:
        repository.delete_branch(promotion.branch, promotion.commit)
        return f"branch {promotion.branch} is gone; its commit {promotion.commit[:8]} can still be had by its id"
    repository.create_or_move_branch(promotion.branch, promotion.previous, promotion.commit)
    return f"{promotion.branch} stands at {promotion.previous[:8]} again"


def publication(
    repository: Repository,
    promotion: Promotion,
    environments: Sequence[Environment],
    followed: Mapping[str, str],
    *,
    direct: bool,
) -> Publication:
    """What pushing would do. `followed` maps each environment to the ref that it is read from.

    Raises RepositoryError when there is no remote.
    """
    remote, base_branch = repository.remote_for(promotion.base_ref)
    destination = base_branch if direct else promotion.branch
    commits = repository.would_push(remote, promotion.commit, destination)
    foreign = tuple(c for c in commits if c.commit != promotion.commit)
    names = tuple(e.name for e in environments) or promotion.targets
    reached = {
        ref.removeprefix("refs/remotes/").removeprefix(f"{remote}/").removeprefix("refs/heads/")
        for ref in followed.values()
    }
    shown = f"{remote}/{destination}"
    return Publication(
        remote,
        f"{promotion.commit}:refs/heads/{destination}",
        destination,
        commits,
        foreign,
        tuple(e.name for e in environments if e.protected),
        messages.consequence(names, commits, foreign, shown, followed=destination in reached),
        not repository.has_remote_branch(remote, destination),
        promotion.targets,
    )


def unpushed(repository: Repository, made: Sequence[Promotion]) -> tuple[Promotion, ...]:
    """Promotions on local branches that no remote has: those of this run, then those found by their trailers."""
    mine = [p for p in made if not repository.is_published(p.commit) and repository.exists(f"refs/heads/{p.branch}")]
    known = {p.commit for p in mine}
    found = []
    for branch, tip, parent, text in repository.local_promotions():
        trailers = dict(_TRAILER.findall(text))
        if tip in known or "Promotion-To" not in trailers or not parent:
            continue
        targets = tuple(value for key, value in _TRAILER.findall(text) if key == "Promotion-To")
        found.append(
            Promotion(
                None,
                trailers.get("Promotion-From", ""),
                targets,
                tip,
                branch,
                parent,
                repository.default_source().ref,
                text,
                True,
                None,
            )
        )
    return (*mine, *found)
