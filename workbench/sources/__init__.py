"""Sources: one file each. What is received becomes RAW bytes and bronze columns."""
