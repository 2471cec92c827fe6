"""The lineage graph: its layout, its picture, and the data that the explorer reads."""
