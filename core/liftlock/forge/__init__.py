"""Pull requests on the forge that a remote belongs to."""

from liftlock.forge.address import KINDS, Address, kind_of, parse
from liftlock.forge.forge import Forge
from liftlock.forge.opening import open_forge
from liftlock.forge.rest import moved

__all__ = ["KINDS", "Address", "Forge", "kind_of", "moved", "open_forge", "parse"]
