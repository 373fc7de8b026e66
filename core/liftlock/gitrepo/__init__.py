"""The repository: objects and history read, trees and commits built, refs moved, fetched and pushed.

The user's HEAD, index, work tree and stash are never touched by anything here.
"""

from liftlock.gitrepo.history import Touched
from liftlock.gitrepo.repository import Repository
from liftlock.gitrepo.trees import GitTree, case_conflicts
from liftlock.gitrepo.versions import Version

__all__ = ["GitTree", "Repository", "Touched", "Version", "case_conflicts"]
