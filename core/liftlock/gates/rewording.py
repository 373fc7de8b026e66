"""A promotion with further trailers: the same tree on the same base, under a message that says more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from liftlock.errors import RepositoryError
from liftlock.gitrepo import Repository
from liftlock.model.promotion import Promotion


def reworded(
    repository: Repository, promotion: Promotion, trailers: Sequence[tuple[str, str]], *, interactive: bool
) -> Promotion:
    """The promotion anew with these trailers, each once; its branch is moved by compare-and-swap.

    Raises RefMoved, RepositoryError, TerminalNeeded.
    """
    lines = [f"{key}: {value}" for key, value in trailers]
    missing = [line for line in lines if line not in promotion.message.splitlines()]
    if not missing:
        return promotion
    if repository.is_published(promotion.commit):
        raise RepositoryError(
            "This promotion was pushed", "what others can see is not reworded", "promote anew with the override"
        )
    before, after = repository.tree(promotion.base), repository.tree(promotion.commit)
    changed = [p for p in {*before.entries, *after.entries} if before.entries.get(p) != after.entries.get(p)]
    held = after.read_many(changed)
    text = promotion.message.rstrip("\n") + "\n" + "\n".join(missing) + "\n"
    made = repository.write_commit(promotion.base, {p: held.get(p) for p in changed}, text, interactive=interactive)
    repository.create_or_move_branch(promotion.branch, made, promotion.commit)
    return replace(promotion, commit=made, message=text)
