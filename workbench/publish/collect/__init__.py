"""What the portal shows, read from the records in bulk, as frozen values."""
