"""A line that image automation writes is offered, never moved unasked; one without its marker moves."""

import pytest

from liftlock.promotion.automation import automated
from liftlock.promotion.compare import compare
from liftlock.promotion.words import Words
from liftlock.yamledit import read

NONE = Words((), ())


def policy(target: str) -> str:
    mine, theirs = read(b"spec:\n  image: a/b:2\n", "a.yaml"), read(target.encode(), "b.yaml")
    (difference,) = compare(mine, theirs, NONE)
    return automated(theirs, difference)


def test_the_marker_of_the_line_names_the_policy():
    assert policy('spec:\n  image: a/b:1 # {"$imagepolicy": "flux-system:b"}\n') == "flux-system:b"
    assert policy('spec:\n  image: "a/b:1" #{"$imagepolicy": "flux-system:b:tag"}\n') == "flux-system:b:tag"


@pytest.mark.parametrize(
    "text",
    [
        "spec:\n  image: a/b:1\n",
        'spec:\n  image: a/b:1\n  # {"$imagepolicy": "x:y"}\n',
        "spec:\n  image: a/b:1 # pinned\n",
    ],
)
def test_without_a_marker_behind_it_no_policy_is_named(text: str):
    assert policy(text) == ""
