"""The four verbs, one file each."""
