"""Jenkins X: environments of jx-requirements.yml, and the releases of their helmfiles as apps."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Any

import yaml

from liftlock.discovery.contents import at, parse
from liftlock.discovery.index import Index
from liftlock.discovery.result import Discovery
from liftlock.discovery.words import PRODUCTION, read_name
from liftlock.errors import Problem
from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding
from liftlock.model.tree import Tree
from liftlock.text import plural, printable

REQUIREMENTS = "jx-requirements.yml"
# Written by the pipeline from the requirements: promoting it would copy what belongs to one environment.
_GENERATED = "jx-values.yaml"


def in_jenkinsx(tree: Tree, index: Index) -> Discovery | None:
    """What a Jenkins X repository says of itself; None where it is none."""
    if REQUIREMENTS in index.here[""]:
        return _cluster_repository(tree, index)
    if "env" in index.here and "requirements.yaml" in index.here["env"]:
        return _environment_repository(tree, index)
    return None


def _documents(tree: Tree, path: str, problems: list[Problem]) -> list[dict[str, Any]]:
    data = tree.read_many([path]).get(path, b"")
    if b"{{" in data:
        problems.append(Problem(printable(path), "holds template expressions, so it is left as it is"))
        return []
    try:
        return [d for d in parse(data) if isinstance(d, dict)]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        said = str(error).splitlines()[0] if str(error) else "not YAML"
        problems.append(Problem(printable(path), f"cannot be read as YAML: {printable(said)}", "see the file"))
        return []


def _cluster_repository(tree: Tree, index: Index) -> Discovery | None:
    problems: list[Problem] = []
    listed: list[dict[str, Any]] = []
    for document in _documents(tree, REQUIREMENTS, problems):
        found = at(document, "spec", "environments") or document.get("environments")
        listed += (
            [e for e in found if isinstance(e, dict) and isinstance(e.get("key"), str)]
            if isinstance(found, list)
            else []
        )
    listed = [e for e in listed if re.fullmatch(r"[A-Za-z0-9][\w.-]{0,60}", e["key"])]
    if not listed:
        return Discovery(problems=tuple(problems)) if problems else None
    own = {e["key"]: e.get("namespace") or f"jx-{e['key']}" for e in listed}
    environments: list[Environment] = []
    findings: list[Finding] = []
    before: tuple[str, ...] = ()
    for entry in listed:
        key = entry["key"]
        read = read_name(key)
        production = read is not None and read.rank >= PRODUCTION
        after = () if key == "dev" else before
        environments.append(Environment(key, after, protected=production, words=(key, str(own[key]))))
        findings.append(Finding(key, f"{REQUIREMENTS} lists it" + (f" after {after[0]}" if after else "")))
        if key == "dev":
            findings.append(
                Finding(key, "the development environment of Jenkins X itself: nothing is promoted to or from it")
            )
        else:
            before = (key,)
        if entry.get("remoteCluster") == "true":
            where = printable("/".join(str(entry[k]) for k in ("owner", "repository") if entry.get(k)))
            question = f"Where is a clone of {where or 'its repository'}?"
            findings.append(
                Finding(
                    key,
                    "a remote cluster with a repository of its own: `repository` in liftlock.toml names its clone",
                    question=question,
                )
            )
    cells: list[Cell] = []
    helmfiles = sorted(f for f in index.here if f.startswith("helmfiles/") and "helmfile.yaml" in index.here[f])
    namespaces = {namespace: key for key, namespace in own.items() if key != "dev"}
    for folder in helmfiles:
        key = namespaces.get(folder.removeprefix("helmfiles/"), "dev" if "dev" in own else "")
        if key:
            cells += _releases(tree, index, f"{folder}/helmfile.yaml", key, str(own[key]), problems)
    for key, namespace in own.items():
        count = sum(c.environment == key for c in cells)
        place = f"helmfiles/{namespace}/helmfile.yaml" if key != "dev" else "the other helmfiles"
        said = (
            f"{plural(count, 'release')} in {place}" if count else f"no release yet: there is no helmfiles/{namespace}"
        )
        findings.append(Finding(key, said))
    return Discovery(tuple(environments), tuple(_unique(cells)), tuple(findings), tuple(problems))


def _unique(cells: list[Cell]) -> list[Cell]:
    """One cell for each app and environment: releases of one name in several helmfiles are told apart by folder."""
    seen: set[tuple[str, str]] = set()
    found = []
    for cell in cells:
        if (cell.app, cell.environment) in seen:
            cell = replace(cell, app=f"{cell.files[0].split('/')[1]}/{cell.app}")
        if (cell.app, cell.environment) not in seen:
            seen.add((cell.app, cell.environment))
            found.append(cell)
    return sorted(found, key=lambda c: (c.app.lower(), c.environment))


def _releases(
    tree: Tree, index: Index, path: str, environment: str, namespace: str, problems: list[Problem]
) -> list[Cell]:
    folder = path.rpartition("/")[0]
    cells = []
    for document in _documents(tree, path, problems):
        releases = document.get("releases")
        for release in releases if isinstance(releases, list) else ():
            name = release.get("name") if isinstance(release, dict) else None
            if not isinstance(name, str) or not name:
                continue
            values = release.get("values")
            own, shared = [path], list[str]()
            for value in values if isinstance(values, list) else ():
                file = posixpath.normpath(posixpath.join(folder, value)) if isinstance(value, str) else ""
                if (
                    file
                    and value != _GENERATED
                    and not file.startswith("..")
                    and index.has(file)
                    and file not in index.here
                ):
                    (own if file.startswith(f"{folder}/") else shared).append(file)
            chart = release.get("chart")
            if isinstance(chart, str) and chart.startswith("./"):
                own += index.under(posixpath.normpath(posixpath.join(folder, chart)))
            app = name.removeprefix(f"{namespace}-") or name
            why = f"the release {printable(name)} of {printable(path)}"
            files = tuple(dict.fromkeys(own))
            cells.append(Cell(printable(app), environment, files, files, tuple(shared), why=why, part=name))
    return cells


def _environment_repository(tree: Tree, index: Index) -> Discovery | None:
    """One environment whose chart's dependencies are the apps."""
    problems: list[Problem] = []
    path = "env/requirements.yaml"
    named = [n for n in ("jenkins-x.yml", "Makefile", "Jenkinsfile") if n in index.here[""]]
    name = ""
    for data in tree.read_many(named).values():
        match = re.search(rb"DEPLOY_NAMESPACE[\"']?\s*(?::?=|\n?\s*value:|:)\s*[\"']?([a-z0-9-]+)", data)
        if match and not name:
            name = match.group(1).decode()
    if not name:
        return None
    read = read_name(name.rpartition("-")[2]) or read_name(name)
    key = read.name if read is not None else name
    cells = []
    for document in _documents(tree, path, problems):
        dependencies = document.get("dependencies")
        for dependency in dependencies if isinstance(dependencies, list) else ():
            part = dependency.get("alias") or dependency.get("name") if isinstance(dependency, dict) else None
            if isinstance(part, str) and dependency.get("name") != "exposecontroller":
                why = f"a dependency of the environment's chart in {path}"
                cells.append(Cell(printable(part), key, (path,), (path,), why=why, part=part))
    protected = read is not None and read.rank >= PRODUCTION
    environment = Environment(key, protected=protected, words=tuple(dict.fromkeys((key, name))))
    finding = Finding(key, f"the repository of one Jenkins X environment, deployed to the namespace {printable(name)}")
    return Discovery((environment,), tuple(_unique(cells)), (finding,), tuple(problems))
