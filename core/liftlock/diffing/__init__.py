"""Differences of texts and of Kubernetes objects, with secrets masked. Pure: nothing here reads or runs anything."""

from liftlock.diffing.fields import changes as field_changes
from liftlock.diffing.files import as_text, diff_texts, side_by_side
from liftlock.diffing.masking import mask
from liftlock.diffing.masktext import mask_text
from liftlock.diffing.objects import diff_objects
from liftlock.diffing.plainsecrets import plain_text_secrets
from liftlock.diffing.signs import is_secret as secret_by_name
from liftlock.diffing.signs import kind_of, masked

__all__ = [
    "as_text",
    "diff_objects",
    "diff_texts",
    "field_changes",
    "kind_of",
    "mask",
    "mask_text",
    "masked",
    "plain_text_secrets",
    "secret_by_name",
    "side_by_side",
]
