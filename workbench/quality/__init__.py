"""Quality: compiled rules, the Great Expectations suite, profiles."""
