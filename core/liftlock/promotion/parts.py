"""The parts of a value: image strings, references in URLs, names with a version behind them, versions as folders.

Where registry or repository differ between environments, they stay and the tag, digest or reference moves.
"""

from __future__ import annotations

import re
from dataclasses import replace

from liftlock.values import dataclass

# An image as the container runtimes read it: [registry[:port]/]repository[:tag][@digest], with the prefix that Flux
# (oci://) and skopeo (docker://) write before it.
_IMAGE = re.compile(
    r"(?P<scheme>(?:oci|docker)://)?"
    r"(?P<repository>(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?/)?[a-z0-9][a-z0-9._/-]*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
# kustomize reads `ref=` and, as an older spelling, `version=`; hashicorp/go-getter writes `git::` before the address.
_URL_REF = re.compile(r"(?P<head>.*[?&](?:ref|version)=)(?P<ref>[^&#\s]+)(?P<tail>.*)", re.DOTALL)
# owner/repository/path@reference, as workflows name what they use.
_AT_REF = re.compile(r"(?P<head>[\w.-]+/[\w./-]+@)(?P<ref>(?!sha256:)[\w.-]+)(?P<tail>)")


@dataclass(frozen=True, slots=True)
class Image:
    """An image string in its parts; tag, digest and scheme are "" when absent."""

    repository: str
    """Registry and repository, as they stand before the tag."""
    tag: str = ""
    digest: str = ""
    scheme: str = ""

    def __str__(self) -> str:
        tag, digest = (f":{self.tag}" if self.tag else ""), (f"@{self.digest}" if self.digest else "")
        return f"{self.scheme}{self.repository}{tag}{digest}"

    @property
    def registry(self) -> str:
        """The registry with its port; "" where the repository begins at once.

        A first part is a registry when it has a dot or a port or is `localhost`, as Docker's reference grammar has it.
        """
        first, slash, _ = self.repository.partition("/")
        return first if slash and (first == "localhost" or "." in first or ":" in first) else ""

    @property
    def name(self) -> str:
        """The repository without its registry."""
        return self.repository[len(self.registry) :].lstrip("/")

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
    return Image(repository, found["tag"] or "", found["digest"] or "", found["scheme"] or "")


@dataclass(frozen=True, slots=True)
class Reference:
    """An address with a Git reference: what stands before the reference, the reference, what follows."""

    head: str
    ref: str
    tail: str

    def __str__(self) -> str:
        return self.head + self.ref + self.tail


def reference(text: str) -> Reference | None:
    """The parts of an address with `?ref=` (or `@`, before a version); None when it has none."""
    found = _URL_REF.fullmatch(text)
    if found is None:
        found = _AT_REF.fullmatch(text)
        if found is None or not version_shape(found["ref"]):
            return None
    return Reference(found["head"], found["ref"], found["tail"])


@dataclass(frozen=True, slots=True)
class Named:
    """A name with a version behind it, as charts are called: `redis-17.0.1`, `redis-17.0.1.tgz`."""

    name: str
    version: str
    tail: str = ""


_NAMED = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9._]*(?:-[A-Za-z][A-Za-z0-9._]*)*)"
    r"-(?P<version>v?\d{1,5}\.\d{1,6}\.\d{1,10}(?:[-+][0-9A-Za-z][0-9A-Za-z.+-]*?)?)(?P<tail>\.tgz|\.tar\.gz)?"
)


def named(text: str) -> Named | None:
    """The parts of a name with a version behind it; None when it has none."""
    found = _NAMED.fullmatch(text)
    return Named(found["name"], found["version"], found["tail"] or "") if found else None


def only_named_version_differs(old: str, new: str) -> bool:
    """Whether two texts are one name with different versions behind it."""
    mine, theirs = named(new), named(old)
    return mine is not None and theirs is not None and mine != theirs and replace(theirs, version=mine.version) == mine


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


def is_range(version: str) -> bool:
    """Whether a version is a range that several satisfy: `1.x`, `>=1.2`, `~1.4`, `*`."""
    return version.strip() in ("*", "x", "X") or bool(_CONSTRAINT.search(version)) or version.endswith(".*")


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
    return bool(unlike) and all(
        (version_shape(a) and version_shape(b)) or only_named_version_differs(b, a) for a, b in unlike
    )
