"""What is typed after `/`, as a question to a text. Pure."""

from __future__ import annotations

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Sieve:
    """Words that a text must have, and words with `!` before them that it must not have; case says nothing."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @classmethod
    def of(cls, typed: str) -> Sieve:
        """Read what was typed; a `!` that stands alone is not finished yet and asks nothing."""
        words = typed.lower().split()
        wanted = tuple(word for word in words if not word.startswith("!"))
        return cls(wanted, tuple(word[1:] for word in words if len(word) > 1 and word.startswith("!")))

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)

    def passes(self, *texts: str) -> bool:
        """Whether each wanted word is in one of these texts, and no unwanted one in any."""
        low = [text.lower() for text in texts]
        return all(any(word in text for text in low) for word in self.wanted) and not any(
            word in text for word in self.unwanted for text in low
        )
