"""What a kustomization refers to: files and folders of its own tree, and what lies elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from liftlock.values import dataclass

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "codeberg.org")
_SCHEME = re.compile(r"^(?:git::|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_SCP = re.compile(r"^[\w.-]+@[\w.-]+:")
_DOMAIN = re.compile(r"^[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_REF = re.compile(r"[?&](?:ref|version|timeout|submodules)=")


class Kind(StrEnum):
    """What may stand at a reference."""

    EITHER = "either"
    FILE = "file"
    CHARTS = "charts"


@dataclass(frozen=True, slots=True)
class Reference:
    """A text of a kustomization that names a place, the field it stands in, and what may be there."""

    text: str
    field: str
    kind: Kind = Kind.FILE


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart that a kustomization inflates; `repo` is "" for one that lies in the folder of charts."""

    name: str
    repo: str
    version: str
    home: str = "charts"

    def __str__(self) -> str:
        source = f"{self.repo.rstrip('/')}/{self.name}" if self.repo else self.name
        return f"chart {source}" + (f" {self.version}" if self.version else " (no version)")


def looks_remote(text: str) -> bool:
    """Whether the text names something outside the tree."""
    if "\n" in text:
        return False
    return bool(
        _SCHEME.match(text)
        or _SCP.match(text)
        or text.startswith(_HOSTS)
        or (_REF.search(text) and _DOMAIN.match(text))
        or (_DOMAIN.match(text) and (".git/" in text or text.endswith(".git")))
    )


def references(kustomization: dict[str, Any]) -> Iterator[Reference]:
    """Every place the kustomization names, in the order of its fields."""
    for field in ("resources", "bases", "components", "generators", "transformers", "validators"):
        for text in _texts(kustomization.get(field)):
            yield Reference(text, field, Kind.EITHER)
    for field in ("crds", "configurations", "patchesStrategicMerge"):
        for text in _texts(kustomization.get(field)):
            yield Reference(text, field)
    for field in ("patches", "patchesJson6902", "replacements"):
        for item in _items(kustomization.get(field)):
            yield from _one(item.get("path"), field)
    for field in ("configMapGenerator", "secretGenerator"):
        for item in _items(kustomization.get(field)):
            for text in _texts(item.get("files")):
                yield Reference(text.partition("=")[2] if "=" in text else text, field)
            for text in _texts(item.get("envs")):
                yield Reference(text, field)
            yield from _one(item.get("env"), field)
    openapi = kustomization.get("openapi")
    if isinstance(openapi, dict):
        yield from _one(openapi.get("path"), "openapi")
    for item in (*_items(kustomization.get("helmCharts")), *_items(kustomization.get("helmChartInflationGenerator"))):
        yield from values_of(item)


def values_of(item: dict[str, Any]) -> Iterator[Reference]:
    """The value files of a chart that is inflated."""
    for key in ("valuesFile", "values"):
        yield from _one(item.get(key), "helmCharts")
    for text in _texts(item.get("additionalValuesFiles")):
        yield Reference(text, "helmCharts")


def charts(kustomization: dict[str, Any]) -> Iterator[Chart]:
    """The charts that the kustomization inflates itself."""
    settings = kustomization.get("helmGlobals")
    home = settings.get("chartHome") if isinstance(settings, dict) else None
    for item in _items(kustomization.get("helmCharts")):
        yield _chart(item, "name", "repo", "version", home)
    for item in _items(kustomization.get("helmChartInflationGenerator")):
        yield _chart(item, "chartName", "chartRepoUrl", "chartVersion", item.get("chartHome") or home)


def generator_chart(document: Any) -> Chart | None:
    """The chart that a generator's own file inflates, None when it is another kind of generator."""
    if not isinstance(document, dict) or document.get("kind") != "HelmChartInflationGenerator":
        return None
    return _chart(document, "name", "repo", "version", document.get("chartHome"))


def _chart(item: dict[str, Any], name: str, repo: str, version: str, home: Any) -> Chart:
    texts = [str(item.get(key) or "") for key in (name, repo, version)]
    return Chart(texts[0], texts[1], texts[2], str(home) if isinstance(home, str) and home else "charts")


def _texts(value: Any) -> list[str]:
    """The items of a list that name something; what is written in place is left out."""
    return [item for item in value if isinstance(item, str) and "\n" not in item] if isinstance(value, list) else []


def _items(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _one(value: Any, field: str) -> Iterator[Reference]:
    if isinstance(value, str) and value and "\n" not in value:
        yield Reference(value, field)
