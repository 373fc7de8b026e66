"""The plain commands: the same engine, told as lines or as JSON."""
