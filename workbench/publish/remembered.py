"""Pieces of Markdown that were rendered before: words repeat from page to page and run to run.

They are kept from one publication to the next, so that a publication after a run, which as a rule
has no new words, does not even import the parser.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.publish.site.files import replace_file

_NAME = ".words.json"
#: Pieces that are kept; those that were not used for longest go first.
_MOST = 4000

_pieces: dict[str, Any] = {}
_known: set[str] = set()


def piece(kind: str, text: str, make: Callable[[str], Any]) -> Any:
    """What ``make`` makes of a text (plain values), remembered by ``kind`` and text."""
    key = hashlib.blake2b(f"{kind}\n{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()
    if key in _pieces:
        found = _pieces[key] = _pieces.pop(key)  # used last
        return found
    made = _pieces[key] = make(text)
    return made


def load(folder: Path, program: str) -> None:
    """Remember what was kept in a published folder by the same program."""
    _pieces.clear()
    _known.clear()
    try:
        found = json.loads((folder / _NAME).read_bytes())
        if found["program"] == program:
            _pieces.update(found["pieces"])
            _known.update(_pieces)
    except (OSError, ValueError, TypeError, KeyError):
        _pieces.clear()


def save(folder: Path, program: str) -> None:
    """Keep the pieces for the next time, if there are new ones."""
    if _pieces.keys() <= _known:
        return
    kept = dict(list(_pieces.items())[-_MOST:])
    content = {"program": program, "pieces": kept}
    replace_file(folder / _NAME, json.dumps(content, separators=(",", ":"), ensure_ascii=False))
