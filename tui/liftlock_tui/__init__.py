"""The front ends of liftlock: the full-screen app and the plain commands."""
