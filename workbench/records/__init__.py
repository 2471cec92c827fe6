"""The records: what happened, in SQL."""
