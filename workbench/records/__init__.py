"""The records: what was asked for, what happened, what is published. SQL is the truth.

``store.open_records(settings)`` opens them. Functions that write take a ``Connection`` (from
``with records.begin() as connection``) where they are parts of a larger transaction, and
``Records`` where they are a transaction of their own; functions that read take ``Records``.
"""
