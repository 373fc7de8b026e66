"""Frozen values: what liftlock knows and says. Nothing here reads or writes anything."""
