"""Reading the environments: which ref each is read from, its tree, and the cells found there."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from liftlock.config import CONFIG_FILE, RepositoryConfig, load_repository
from liftlock.discovery import Discovery, cell_from_path, discover, discover_with, is_environment_word, is_production
from liftlock.errors import PlanError
from liftlock.gitrepo import Repository
from liftlock.model.app import Cell
from liftlock.model.board import Source
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree
from liftlock.promotion.drafting import Side
from liftlock.promotion.words import Words, of_paths
from liftlock.text import printable


class BranchTrees(Mapping[str, Tree]):
    """The trees of branches that may be environments, each read only when it is looked at."""

    def __init__(self, repository: Repository, names: Sequence[str]) -> None:
        self._repository = repository
        self._names = tuple(names)
        self._trees: dict[str, Tree] = {}

    def __getitem__(self, name: str) -> Tree:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._trees:
            self._trees[name] = self._repository.tree(self._repository.source_of(name).commit)
        return self._trees[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Reading:
    """The repository as it stands at one moment: refs resolved once, trees and discovery shared by all who ask."""

    def __init__(self, repository: Repository, at: str | None = None) -> None:
        """Raises RepositoryError (no such revision, nothing committed), ConfigError."""
        self.repository = repository
        self.at = at
        self.settings = repository.settings()
        if at is None:
            self.source = repository.default_source(self.settings)
        else:
            self.source = Source(at, repository.resolve(at), why=f"read as it stood at {printable(at)}")
        self.tree = repository.tree(self.source.commit)
        entry = self.tree.entries.get(CONFIG_FILE)
        data = self.tree.read(CONFIG_FILE) if entry is not None and entry.is_file else None
        self.config: RepositoryConfig = load_repository(data, CONFIG_FILE)
        self._lock = threading.RLock()
        self._discovery: Discovery | None = None
        self._sources: dict[tuple[str, str], Source] = {}
        """By the clone ("" for this one) and the ref ("" for its usual one)."""
        self._trees: dict[str, Tree] = {self.source.commit: self.tree}

    def fingerprint(self) -> list[str]:
        """What everything here was read from: equal fingerprints mean equal content."""
        return [self.at or "", *(f"{s.ref}={s.commit}" for s in self._refs())]

    def stale(self) -> bool:
        """Whether a ref that was read has moved since."""
        if self.at is not None:
            return False
        now = self.repository.default_source()
        if (now.ref, now.commit) != (self.source.ref, self.source.commit):
            return True
        return any(self._found(*at).commit != source.commit for at, source in self._sources.items())

    def _refs(self) -> list[Source]:
        branches = [self.repository.source_of(n) for n in self._environment_branches()]
        elsewhere = [self.source_of(e) for e in self.config.environments if e.repository]
        return [self.source, *branches, *elsewhere]

    def _found(self, clone: str, ref: str) -> Source:
        repository = self.repository.neighbour(clone) if clone else self.repository
        source = repository.source_of(ref) if ref else repository.default_source()
        if not clone:
            return source
        if self.at is not None:
            moment = next(iter(self.repository.history(self.source.commit, limit=1))).revision.time
            commit = repository.before(source.commit, moment) or source.commit
            return Source(source.ref, commit, why=f"{printable(clone)} as it stood at the time of {self.at}")
        return replace(source, why=f"{source.why}, in {printable(clone)}")

    # Environments in other repositories ------------------------------------------------------------------------------

    def home_of(self, name: str) -> Repository:
        """The repository that holds an environment: this one, or the clone that it names. Raises RepositoryError."""
        clone = self.clone_of(name)
        return self.repository.neighbour(clone) if clone else self.repository

    def homes(self) -> list[tuple[Repository, Source]]:
        """Every repository that holds an environment, with what is read there; this one first."""
        named = (self.repository.neighbour(clone) if clone else self.repository for clone in self.clones())
        return [(home, self.usual(clone)) for home, clone in zip(named, self.clones(), strict=True)]

    def clones(self) -> tuple[str, ...]:
        """The clones that hold environments as liftlock.toml names them, this one ("") first."""
        return tuple(dict.fromkeys(("", *(e.repository for e in self.config.environments))))

    def clone_of(self, name: str) -> str:
        """The clone that holds an environment, as liftlock.toml names it; "" for this one."""
        return next((e.repository for e in self.config.environments if e.name == name), "")

    def usual(self, clone: str) -> Source:
        """What a clone is read from where nothing else is said. Raises RepositoryError."""
        return self._source_at(clone, "") if clone else self.source

    def _source_at(self, clone: str, ref: str) -> Source:
        with self._lock:
            if (clone, ref) not in self._sources:
                self._sources[clone, ref] = self._found(clone, ref)
            return self._sources[clone, ref]

    @property
    def partial(self) -> bool:
        """Whether older contents are left with a remote and would be fetched one by one when they are read."""
        return self.settings.partial

    def _environment_branches(self) -> list[str]:
        return [n for n in self.repository.branches(self.settings) if is_environment_word(n)] if self.at is None else []

    @property
    def marked(self) -> bool:
        """Whether versions were marked bad here."""
        from liftlock.model.gates import MARKS_FOLDER

        return any(path.startswith(MARKS_FOLDER) for path in self.tree.entries)

    @property
    def discovery(self) -> Discovery:
        """Environments, cells and findings of this moment."""
        with self._lock:
            if self._discovery is None:
                branches = BranchTrees(self.repository, self._environment_branches())
                if self.config.environments:
                    declared = tuple(self._guarded(e) for e in self.config.environments)
                    elsewhere = {e.name: self.tree_of(e) for e in declared if e.repository}
                    self._discovery = discover_with(self.tree, declared, branches=branches, elsewhere=elsewhere)
                else:
                    self._discovery = discover(self.tree, branches=branches)
            return self._discovery

    def _guarded(self, environment: Environment) -> Environment:
        """Production is protected though liftlock.toml does not say so; only `protected = false` opens it."""
        said = f"environment.{environment.name}.protected" in self.config.origins
        return environment if said else replace(environment, protected=is_production(environment.name))

    def environment(self, name: str) -> Environment | None:
        """The environment of this name, None when there is none."""
        return next((e for e in self.discovery.environments if e.name == name), None)

    def source_of(self, environment: Environment) -> Source:
        """Where the environment is read from. Raises RepositoryError."""
        if environment.repository:
            return self._source_at(environment.repository, environment.ref or "")
        if environment.ref is None or self.at is not None:
            return self.source
        return self._source_at("", environment.ref)

    def tree_of(self, environment: Environment) -> Tree:
        """The tree the environment is read from. Raises RepositoryError."""
        return self.tree_at(self.source_of(environment).commit)

    def tree_at(self, commit: str) -> Tree:
        """The tree of a commit, read once."""
        with self._lock:
            if commit not in self._trees:
                self._trees[commit] = self.repository.tree(commit)
            return self._trees[commit]

    def cells_of(self, environment: str) -> dict[str, Cell]:
        """The cells of an environment by app."""
        return {cell.app: cell for cell in self.discovery.cells if cell.environment == environment}

    def side(self, environment: Environment, tree: Tree | None = None) -> Side:
        """The environment as a plan reads it."""
        return Side(environment, tree or self.tree_of(environment), self.cells_of(environment.name))

    def sides(
        self, source: str, targets: Sequence[str], tree: Tree | None = None
    ) -> tuple[Side, tuple[Side, ...], Words | None, str]:
        """Source and targets by environment name or path; the words that tell paths apart; the base's ref.

        Raises PlanError for a name that is neither, with the nearest names.
        """
        if not targets:
            raise PlanError("No target", "a promotion goes from one environment to others", "name a target")
        found = [self.environment(name) for name in (source, *targets)]
        if all(found):
            known = [environment for environment in found if environment is not None]
            ref = self.source_of(known[1]).ref
            return self.side(known[0]), tuple(self.side(e, tree) for e in known[1:]), None, ref
        tree_for_target = tree or self.tree
        # A name that is nothing at all is told first: beside an environment it is more likely a slip than a path.
        cells = {
            name: self._path_cell(name, self.tree if name == source else tree_for_target)
            for name in (source, *targets)
            if self.environment(name) is None
        }
        mixed = next((name for name in (source, *targets) if name not in cells), None)
        if mixed is not None:
            raise PlanError(
                f"{printable(mixed)} is an environment, {printable(next(iter(cells)))} is a path",
                "a plan goes between two environments or between two paths",
                "name two environments, or two folders or files",
            )
        mine = cells[source]
        theirs = [cells[target] for target in targets]
        app = theirs[0].app if len(theirs) == 1 else mine.app
        words = of_paths(source, targets[0])
        left = Side(
            Environment(source, words=words.source), self.tree, {app: replace(mine, app=app, environment=source)}
        )
        right = tuple(
            Side(
                Environment(target, words=of_paths(target, source).source),
                tree_for_target,
                {app: replace(cell, app=app, environment=target)},
            )
            for target, cell in zip(targets, theirs, strict=True)
        )
        return left, right, words if len(targets) == 1 else None, self.source.ref

    def _path_cell(self, name: str, tree: Tree) -> Cell:
        try:
            return cell_from_path(tree, name.strip("/"))
        except PlanError as error:
            known = ", ".join(e.name for e in self.discovery.environments)
            said = f"environments here: {known}" if known else "no environment was recognised here"
            raise PlanError(
                f"There is no environment and no path {printable(name)!r}",
                f"{said}; {error.detail or error.title}",
                error.hint,
            ) from error


def require(reading: Reading, name: str) -> Environment:
    """The environment of this name. Raises PlanError with the names there are."""
    environment = reading.environment(name)
    if environment is None:
        known = ", ".join(e.name for e in reading.discovery.environments) or "none was recognised"
        raise PlanError(
            f"There is no environment {printable(name)!r}", f"environments here: {known}", "liftlock doctor"
        )
    return environment
