"""Promotions as pull requests: proposed, found again, judged, merged or taken back."""

from liftlock.reviews.carrying import unnamed
from liftlock.reviews.everywhere import in_flight
from liftlock.reviews.session import Asked, Desk, Reviews

__all__ = ["Asked", "Desk", "Reviews", "in_flight", "unnamed"]
