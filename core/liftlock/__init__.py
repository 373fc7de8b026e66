"""The engine of liftlock: promotions between GitOps environments, without a terminal."""

__version__ = "0.1.0"
