"""Differences of texts and of Kubernetes objects, with secrets masked. Pure: nothing here reads or runs anything.

Each name is taken from its module when it is first asked for: a plan needs little of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.ondemand import on_demand

if TYPE_CHECKING:
    from liftlock.diffing.fields import changes as field_changes
    from liftlock.diffing.files import as_text, diff_texts, side_by_side
    from liftlock.diffing.masking import mask
    from liftlock.diffing.masktext import mask_text
    from liftlock.diffing.objects import diff_objects
    from liftlock.diffing.plainsecrets import plain_text_secrets, tells_a_secret
    from liftlock.diffing.signs import is_secret as secret_by_name
    from liftlock.diffing.signs import kind_of, masked

_HOMES = {
    "as_text": "files",
    "diff_objects": "objects",
    "diff_texts": "files",
    "field_changes": "fields.changes",
    "kind_of": "signs",
    "mask": "masking",
    "mask_text": "masktext",
    "masked": "signs",
    "plain_text_secrets": "plainsecrets",
    "secret_by_name": "signs.is_secret",
    "side_by_side": "files",
    "tells_a_secret": "plainsecrets",
}

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
    "tells_a_secret",
]

__getattr__ = on_demand(__name__, _HOMES)
