"""One watch of the runs for all panels of a workspace: it emits ``runs`` there."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

from workbench.engine.watching import Change, RunsWatch
from workbench.panels.workspace import Workspace
from workbench.records.store import open_records

_watches: WeakKeyDictionary[Workspace, RunsWatch] = WeakKeyDictionary()
_lock = threading.Lock()


def watch(workspace: Workspace) -> RunsWatch:
    """The workspace's watch; it begins when it is first asked for and ends with the process."""
    with _lock:
        found = _watches.get(workspace)
        if found is None:
            records = open_records(workspace.settings)
            found = RunsWatch(workspace.settings, records, _teller(workspace)).start()
            _watches[workspace] = found
        return found


def stop_watching(workspace: Workspace) -> None:
    """End the workspace's watch, if there is one."""
    with _lock:
        found = _watches.pop(workspace, None)
    if found is not None:
        found.close()


def _teller(workspace: Workspace) -> Any:
    def tell(change: Change) -> None:
        workspace.emit("runs", **change.model_dump(mode="json"))

    return tell
