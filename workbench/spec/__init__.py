"""Specs: strict models of datasets and connections, the loader, and expressions."""
