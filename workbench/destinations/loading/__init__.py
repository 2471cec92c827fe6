"""What all destinations share: requests, tables, the four strategies, one transaction."""
