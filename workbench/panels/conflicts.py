"""Saving drafts without writing over what somebody else has saved."""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

from workbench.errors import SpecConflict
from workbench.panels.draft import Draft

_MOST_LINES = 400


def save(draft: Draft, *, overwrite: bool = False) -> dict[str, Any] | None:
    """Save a draft; what differs, where the file is another than the one that was opened.

    Lines of the difference begin with ``-`` (on disk) and ``+`` (in the draft).
    """
    try:
        draft.save(overwrite=overwrite)
    except SpecConflict as conflict:
        theirs = (conflict.theirs or "").splitlines()
        lines = unified_diff(theirs, conflict.mine.splitlines(), lineterm="")
        return {
            "message": conflict.message,
            "file": draft.file,
            "gone": conflict.theirs is None,
            "diff": list(lines)[2:_MOST_LINES],
        }
    return None
