"""What all transforms share: selecting columns, types, refusing rows, the pipeline, lineage."""
