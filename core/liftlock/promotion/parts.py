"""The parts of a value: image strings, references in URLs, versions as folders.

Where registry or repository differ between environments, they stay and the tag or digest moves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

# An image as the container runtimes read it: [registry[:port]/]repository[:tag][@digest].
_IMAGE = re.compile(
    r"(?P<repository>(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?/)?[a-z0-9][a-z0-9._/-]*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_URL_REF = re.compile(r"(?P<head>.*[?&]ref=)(?P<ref>[^&#\s]+)(?P<tail>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Image:
    """An image string in its parts; tag and digest are "" when absent."""

    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def with_version_of(self, other: Image) -> Image:
        """This repository with the other's tag and digest."""
        return replace(self, tag=other.tag, digest=other.digest)


def image(text: str) -> Image | None:
    """The parts of an image string that names a repository and a tag or digest; None when it is none."""
    found = _IMAGE.fullmatch(text)
    if found is None or not (found["tag"] or found["digest"]):
        return None
    repository = found["repository"]
    if "/" not in repository and not found["digest"] and not re.search(r"[a-z]", repository):
        return None  # 8080:80 is a port mapping
    if "/" not in repository and (found["tag"] or "").isdigit() and len(found["tag"]) >= 2 and not found["digest"]:
        return None  # host:port
    if re.fullmatch(r".*\.[a-z]+", repository) and (found["tag"] or "").isdigit() and "/" not in repository:
        return None
    return Image(repository, found["tag"] or "", found["digest"] or "")


@dataclass(frozen=True, slots=True)
class Reference:
    """A URL with a Git reference: what stands before `ref=`'s value, the reference, what follows."""

    head: str
    ref: str
    tail: str

    def __str__(self) -> str:
        return self.head + self.ref + self.tail


def reference(text: str) -> Reference | None:
    """The parts of a URL with `?ref=`; None when it has none."""
    found = _URL_REF.fullmatch(text)
    return Reference(found["head"], found["ref"], found["tail"]) if found else None


_SHA = re.compile(r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}|[0-9a-f]{40}|[0-9a-f]{64}")
_SEMVER = re.compile(r"v?\d{1,5}\.\d{1,6}\.\d{1,10}(?:[-+._][0-9A-Za-z.+_-]*)?")
_SHORT = re.compile(r"v\d+(?:\.\d+)?(?:[-+.][0-9A-Za-z.-]+)?|\d{1,4}\.\d{1,5}")
_DATED = re.compile(r".*(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:[0-2]\d|3[01]).*")
_TAGGED_SHA = re.compile(r"[a-z][a-z0-9]*[-_.](?:[0-9a-f]{7,40})(?:[-_.]\w+)*")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?")


def version_shape(text: str) -> str:
    """The kind of version that a text looks like by itself: `digest`, `sha`, `semver`, `date`, `short`; or ""."""
    if _IP.fullmatch(text) or cloud_id(text):
        return ""
    if re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        return "digest"
    if _SHA.fullmatch(text):
        return "sha"
    if _SEMVER.fullmatch(text):
        return "semver"
    if " " not in text and "/" not in text and len(text) < 128 and _DATED.fullmatch(text):
        return "date"
    if _TAGGED_SHA.fullmatch(text) and re.search(r"\d", text):
        return "sha"
    if _SHORT.fullmatch(text):
        return "short"
    return ""


# How a constraint of versions is written (Helm, Flux, npm): operators, wildcards, alternatives.
_CONSTRAINT = re.compile(r"[<>=~^!]|\|\||\.[xX*]|\s-\s|,")
_PRERELEASE = re.compile(r"(?<=\d)-[0-9A-Za-z][0-9A-Za-z.-]*")


def only_admission_differs(old: str, new: str) -> bool:
    """Whether two constraints are the same but for pre-releases: `>=1.0.0` and `>=1.0.0-alpha`."""
    if old == new or not (_CONSTRAINT.search(old) and _CONSTRAINT.search(new)):
        return False
    return _PRERELEASE.sub("", old) == _PRERELEASE.sub("", new)


_PULL_REQUEST = re.compile(r"(?:^|[-_.])(?:pr|pull)[-_.]?\d+(?=$|[-_.])", re.IGNORECASE)


def of_pull_request(tag: str) -> bool:
    """Whether a tag says that it was built from a pull request: `pr-1207-dee9c41`."""
    return bool(_PULL_REQUEST.search(tag))


def moves_by_itself(tag: str) -> bool:
    """Whether a tag is a mere word (`latest`, `develop`, `deploy`), so that what it stands for changes by itself."""
    return bool(re.fullmatch(r"[A-Za-z]+(?:[-_./][A-Za-z]+)*", tag)) and not _SHA.fullmatch(tag)


# Ids that a cloud gives to its objects look like tagged hashes, and are of one account and region.
_CLOUD_ID = re.compile(
    r"(?:sg|subnet|vpc|vpce|vol|snap|eni|igw|nat|rtb|acl|eipalloc|fs|lt|pcx|tgw|i)-[0-9a-f]{8}(?:[0-9a-f]{9})?"
)


def cloud_id(text: str) -> bool:
    """Whether a text is the id of a cloud's object: a subnet, a security group, a volume."""
    return bool(_CLOUD_ID.fullmatch(text))


def only_version_folder_differs(old: str, new: str) -> bool:
    """Whether two paths or URLs differ only in segments that are versions: `components/x/v1.5.0` and `…/v1.5.1`."""
    mine, theirs = new.split("/"), old.split("/")
    if len(mine) < 2 or len(mine) != len(theirs):
        return False
    unlike = [(a, b) for a, b in zip(mine, theirs, strict=True) if a != b]
    return bool(unlike) and all(version_shape(a) and version_shape(b) for a, b in unlike)
