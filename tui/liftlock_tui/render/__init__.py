"""Values of the engine as lines: the only place where text gets its roles. Pure functions, no widgets."""
