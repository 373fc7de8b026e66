"""A server that answers as a forge, for each test its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from forgeserver import ForgeServer, serving


@pytest.fixture
def server() -> Iterator[ForgeServer]:
    with serving() as made:
        yield made
