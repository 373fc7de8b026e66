"""What a repository's own history says of promotions: which leaves ever moved, which never did, and what goes along."""

from liftlock.learning.lessons import Lessons
from liftlock.learning.reading import FOR_A_STUDY, FilePairing, Memory, learn

__all__ = ["FOR_A_STUDY", "FilePairing", "Lessons", "Memory", "learn"]
