"""Transforms: one file each, over ibis tables."""
