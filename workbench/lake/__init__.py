"""The lake: RAW bytes, Delta layers, quarantine."""
