"""Apps and cells: what is promoted, and where it stands in each environment."""

from __future__ import annotations

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """A version that a cell pins: of an image, a chart, a release or a remote reference.

    `name` says of what (`ghcr.io/acme/api`), `value` is the text as written; `path` is the leaf as a person reads it.
    """

    name: str
    value: str
    file: str
    path: str
    kind: str
    """`image`, `chart`, `release`, `ref`, `variable` or `value`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One app in one environment: the files that are its own there.

    `roots` are the folders or files that hold it (a folder ends with `/`). `shared` are files that it takes from
    elsewhere (bases, components) and that reach other environments too. `why` is the reason it was recognised.
    """

    app: str
    environment: str
    roots: tuple[str, ...]
    files: tuple[str, ...]
    shared: tuple[str, ...] = ()
    render_root: str = ""
    """The folder to build for manifests, "" when none was recognised."""
    why: str = ""
    part: str = ""
    """Only this item of the files is the cell's: a release of a helmfile, a dependency of a chart; "" for all."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """A file of the source cell beside the file of the target cell that plays the same part.

    `source` or `target` is None when there is no such file; then `path` is where the missing one would be.
    """

    source: str | None
    target: str | None
    path: str
