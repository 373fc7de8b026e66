"""Discovery: from a tree to environments, apps and cells, without any configuration."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from liftlock.discovery.branches import branch_environments
from liftlock.discovery.cells import make_cells, pattern_of
from liftlock.discovery.contents import Contents, read_contents
from liftlock.discovery.families import Families, find_families
from liftlock.discovery.index import Index
from liftlock.discovery.jenkinsx import in_jenkinsx
from liftlock.discovery.ordering import in_order, merge
from liftlock.discovery.result import Discovery
from liftlock.discovery.slots import Place, find_places
from liftlock.model.environment import Finding
from liftlock.model.tree import Tree
from liftlock.text import printable

LOOKED_FOR = (
    "folders or file names that stand beside each other and carry words such as dev, test, staging or prod; Flux "
    "clusters, Argo CD ApplicationSets, helmfiles and jx-requirements.yml; branches named for environments"
)


def discover(tree: Tree, *, branches: Mapping[str, Tree] | None = None) -> Discovery:
    """Environments, apps and cells of a tree with nothing configured.

    `branches` are trees of branches whose names may be environments'. Raises RepositoryError when the tree cannot be
    read; a file that cannot be parsed is a problem of that file only.
    """
    index = Index(tree)
    found = in_jenkinsx(tree, index)
    if found is not None and found.environments:
        return found
    contents = read_contents(tree, index)
    by_folders = in_tree(index, contents)
    if branches:
        by_branches = branch_environments(tree, branches, by_folders)
        if by_branches is not None:
            return by_branches
    return by_folders


def in_tree(index: Index, contents: Contents) -> Discovery:
    """What the folders and file names of one tree say."""
    families = find_families(index, contents.components, contents.declared)
    places = [p for p in find_places(index, families, contents.components) if p.held]
    written = {name.lower() for place in places for name in place.held}
    support = Counter({n: c for n, c in families.support.items() if n in written})
    if not support:
        nothing = Finding(
            "environments", f"none found; looked for {LOOKED_FOR}", question="Where are the environments?"
        )
        return Discovery(findings=(nothing,), problems=tuple(contents.problems))
    known = merge(Counter({n: c for n, c in support.items() if n not in families.variants}), families.standing)
    environments, order = in_order(known)
    cells = make_cells(index, contents, places, known, families, [e.name for e in environments])
    findings = [*_layouts(index, places), *_inferences(families, support), *order]
    return Discovery(tuple(environments), cells, tuple(findings), tuple(contents.problems))


def _layouts(index: Index, places: Sequence[Place]) -> list[Finding]:
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        groups[pattern_of(index, place)].append(place)
    findings = []
    for pattern, alike in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0])):
        names = Counter(name for place in alike for name in place.held)
        shown = ", ".join(printable(n) for n, _ in names.most_common(8)) + (" and more" if len(names) > 8 else "")
        kind = "folders" if alike[0].folders else "files"
        where = "one place" if len(alike) == 1 else f"{len(alike)} places ({_some(alike)})"
        marker = _markers(index, alike)
        reason = f"{kind} named {shown} stand beside each other in {where}{marker}"
        findings.append(Finding(printable(pattern), reason))
    return findings


def _some(places: Sequence[Place]) -> str:
    """A few of the folders by name."""
    named = dict.fromkeys(place.parent.split("/")[-1] or "." for place in places)
    return ", ".join(printable(n) for n in list(named)[:3]) + (", …" if len(named) > 3 else "")


def _markers(index: Index, places: Sequence[Place]) -> str:
    markers: Counter[str] = Counter()
    for place in places:
        if place.folders:
            head = f"{place.parent}/" if place.parent else ""
            markers.update(m for name in place.held if (m := index.marker(head + name)))
    return f" and hold {markers.most_common(1)[0][0]}" if markers else ""


def _inferences(families: Families, support: Counter[str]) -> list[Finding]:
    found = [Finding(printable(n), f"an environment: {why}") for n, why in families.inferred.items() if n in support]
    for name, (level, rest) in sorted(families.variants.items()):
        if name in support:
            shown, rest = printable(name), printable(rest)
            found.append(Finding(shown, f"stands in few places, so it is {level} of apps that are called {rest} too"))
    return found
