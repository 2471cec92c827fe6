"""Measurements against near-limits. ``make bench`` runs all of them; see ``__main__``."""
