"""Central values: frozen, typed, without I/O."""
