"""Which signs of a cluster speak of which state of an app: by its commit, or by the versions that ran. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from liftlock.model.rollback import Former, Sign


def matching(former: Former, signs: Iterable[Sign], by_commit: Mapping[str, str], *, stands: bool) -> tuple[Sign, ...]:
    """The signs that speak of this state. `by_commit` maps a sign's revision to the commit that gave the state there.

    One that names neither commit nor versions speaks of the state that stands.
    """
    found = []
    for sign in signs:
        if sign.revision:
            mine = by_commit.get(sign.revision) == former.revision.commit
        elif sign.versions:
            mine = _ran(former, sign)
        else:
            mine = stands
        if mine:
            found.append(sign)
    return tuple(found)


def _ran(former: Former, sign: Sign) -> bool:
    """Whether the versions of the sign are the state's: at least one, and none that the state has otherwise.

    A values file often tells a tag without the image's name: then the value alone has to be there. What ended before
    the state was made cannot be of it.
    """
    if sign.at is not None and sign.at < former.revision.time:
        return False
    pinned: dict[str, set[str]] = {}
    for version in former.versions:
        pinned.setdefault(version.name, set()).add(_value(version.name, version.value))
    values = {value for one in pinned.values() for value in one}
    hits = 0
    for name, value in sign.versions:
        if name in pinned:
            if value not in pinned[name]:
                return False
            hits += 1
        elif value and value in values:
            hits += 1
    return hits > 0


def _value(name: str, value: str) -> str:
    """The tag or digest of a value that may be a whole image string."""
    tail = value.rpartition("@")[2] if "@" in value else value
    return tail.removeprefix(f"{name}:")
