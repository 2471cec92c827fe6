"""Publishing: records become pages."""
