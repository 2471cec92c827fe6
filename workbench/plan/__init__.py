"""Plan: a spec and an observed schema become steps. Pure."""
