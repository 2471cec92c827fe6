"""Starts one worker for the settings of the environment; the same as ``workbench worker``."""

from __future__ import annotations

from workbench.engine.worker import main

if __name__ == "__main__":
    raise SystemExit(main())
