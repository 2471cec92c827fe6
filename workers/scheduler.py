"""Starts one scheduler for the settings of the environment; the same as ``workbench scheduler``.

Any number may run at once: each slot of a schedule gets one run.
"""

from __future__ import annotations

from workbench.cli.services import scheduler

if __name__ == "__main__":
    scheduler()
