"""The variables that Argo CD offers while it builds (`$ARGOCD_APP_NAME` and others), in Go's way of expanding them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:\{(?P<braced>[^{}]*)\}|(?P<special>[*#$@!?\-0-9])|(?P<name>[A-Za-z_][A-Za-z0-9_]*))")


def build_environment(
    app: str, namespace: str, project: str, revision: str, source: Mapping[str, str]
) -> Mapping[str, str]:
    """The variables by name; `source` has repoURL, path and targetRevision."""
    return {
        "ARGOCD_APP_NAME": app,
        "ARGOCD_APP_NAMESPACE": namespace,
        "ARGOCD_APP_PROJECT_NAME": project,
        "ARGOCD_APP_REVISION": revision,
        "ARGOCD_APP_REVISION_SHORT": revision[:7],
        "ARGOCD_APP_REVISION_SHORT_8": revision[:8],
        "ARGOCD_APP_SOURCE_REPO_URL": source.get("repoURL", ""),
        "ARGOCD_APP_SOURCE_PATH": source.get("path", ""),
        "ARGOCD_APP_SOURCE_TARGET_REVISION": source.get("targetRevision", ""),
    }


def expand(text: str, variables: Mapping[str, str]) -> str:
    """The text with variables put in; those that there are not vanish, `$$` is a dollar sign."""
    if "$" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["special"] or found["name"] or ""
        return "$" if name == "$" else variables.get(name, "")

    return _REFERENCE.sub(value, text)
