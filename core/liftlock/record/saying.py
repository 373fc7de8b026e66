"""What commits say of themselves: who, who approved, why, which gates, what they take back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from liftlock.gitrepo.landings import Landing
from liftlock.gitrepo.messages import Message
from liftlock.values import dataclass

_TRAILER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*): +(\S.*?) *$", re.MULTILINE)
_APPROVED = ("promotion-approved-by", "approved-by", "reviewed-by", "acked-by")
_REVERTS = re.compile(r"^(?:Promotion-Reverts: |This reverts commit )([0-9a-f]{7,64})\b", re.MULTILINE)
_PROMOTES = re.compile(r"promot", re.IGNORECASE)
_REVERT_SUBJECT = re.compile(r"^(?:revert\b|roll(?:ing)?[ -]?back\b|back ?out\b)", re.IGNORECASE)
# How forges name the pull request in the subject or the body of what they merge.
_REQUESTS = (
    re.compile(r"^Merge pull request #(\d+)\b"),
    re.compile(r"^Merged PR (\d+):"),
    re.compile(r"\((?:pull request )?#(\d+)\)$"),
    re.compile(r"^Merge pull request '.*' \(#(\d+)\)"),
    re.compile(r"See merge request \S*!(\d+)$", re.MULTILINE),
)
# Whoever presses the button on a forge's page commits in its name: that tells nothing.
_FORGES = frozenset({"github", "gitlab", "gitea", "forgejo", "bitbucket"})


@dataclass(frozen=True, slots=True)
class Said:
    """What the commits of one landing say together."""

    authors: tuple[str, ...]
    landed_by: str
    approved: tuple[str, ...]
    source: str
    targets: tuple[str, ...]
    apps: tuple[str, ...]
    reason: str
    overrides: tuple[str, ...]
    reverts: tuple[str, ...]
    request: str
    takes_back: bool
    """It calls itself a revert or a rollback."""
    adopts: bool
    promotes: bool
    """It calls itself a promotion."""


def said(landing: Landing, brought: Sequence[Message] = ()) -> Said:
    """What a landing says, with the commits that it brought where it is a merge."""
    texts = [landing.text, *(message.text for message in brought)]
    trailers = [(key.lower(), value) for text in texts for key, value in _TRAILER.findall(text)]
    authors = [message.author for message in brought if len(message.parents) < 2] or [landing.revision.author]
    authors += [_person(value) for key, value in trailers if key == "co-authored-by"]
    own = dict.fromkeys(author for author in authors if author)
    landed = landing.revision.author if brought else landing.committer
    subjects = [landing.revision.subject, *(message.text.partition("\n")[0] for message in brought)]
    return Said(
        tuple(own),
        "" if landed in own or landed.lower() in _FORGES else landed,
        _each(_person(value) for key, value in trailers if key in _APPROVED),
        next((value for key, value in trailers if key == "promotion-from"), ""),
        _each(value for key, value in trailers if key == "promotion-to"),
        _each(value for key, value in trailers if key == "promotion-app"),
        next((value for key, value in trailers if key == "promotion-reason"), ""),
        _each(value for key, value in trailers if key == "promotion-override"),
        _each(commit for text in texts for commit in _REVERTS.findall(text)),
        _request(landing),
        any(_REVERT_SUBJECT.match(subject) for subject in subjects)
        or any(key == "promotion-reverts" for key, _ in trailers),
        any(key == "promotion-adopts" for key, _ in trailers),
        any(_PROMOTES.search(subject) and not _REVERT_SUBJECT.match(subject) for subject in subjects),
    )


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _person(value: str) -> str:
    """The name of `Ada Lovelace <ada@example.org>`; where there is none, what stands before the `@`."""
    name = value.partition("<")[0].strip()
    return name or value.strip("<> ").partition("@")[0]


def _request(landing: Landing) -> str:
    subject = landing.revision.subject
    for pattern in _REQUESTS[:4]:
        found = pattern.search(subject)
        if found is not None:
            return f"#{found.group(1)}"
    found = _REQUESTS[4].search(landing.text)
    return f"!{found.group(1)}" if found is not None else ""
