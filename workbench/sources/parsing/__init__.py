"""Reading received files: what is not given is detected, and every record is accounted for.

``options`` holds the models; ``text`` decodes bytes; ``dialect`` and ``layout`` detect delimiter,
header and footer; ``delimited`` and ``excel`` read; ``kinds`` guesses the types of columns;
``assemble`` makes the table, its ledger and the record of what was detected; ``skeleton`` writes a
spec for a file.
"""
