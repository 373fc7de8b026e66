"""Manifests of a tree: kustomize, helm and plain YAML, before and after a change, and two environments compared."""

from liftlock.render.environments import compare_environments
from liftlock.render.markdown import as_markdown
from liftlock.render.programs import tools
from liftlock.render.renderer import Renderer
from liftlock.render.result import Rendered

__all__ = ["Rendered", "Renderer", "as_markdown", "compare_environments", "tools"]
