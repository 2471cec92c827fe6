"""Upload: files become deliveries, or the spec of a new dataset."""

from __future__ import annotations

from workbench.panels.panel import Panel


class Upload(Panel):
    """Files from disk, from an address or from a connection, into the project."""

    name = "upload"
