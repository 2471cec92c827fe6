"""Steps: the verbs that notebooks call."""
