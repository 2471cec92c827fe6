"""Destinations: one small file a database; strategies are written once."""
