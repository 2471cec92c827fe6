"""What previews keep: rows after transforms, and what became of the others."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.model.ledger import TransformLedger
from workbench.steps.preview.model import InputView
from workbench.transforms.core import pipeline

#: Of a received row: the places of the columns whose text was taken for "no value".
MARKED = "_wb_marked"
#: What stands in ``_run``: a preview is no run.
PREVIEW = "preview"


@dataclass
class Kept:
    """Rows after some transforms, kept under ``key``.

    ``view`` shows them, with provenance and ``_wb_row``; ``names`` are the tables that it rests
    on, ``views`` others made of it. ``raw`` shows a received file with the texts that mean "no
    value" in place; ``same`` is the provenance that all its rows share. ``parts`` are what was
    computed of these rows since, and goes with them. ``users`` read them just now.
    """

    key: str
    view: str
    stage: pipeline.Stage
    rows: int
    names: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    input: InputView | None = None
    raw: str | None = None
    same: Mapping[str, str] = field(default_factory=dict)
    users: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How much it weighs."""
        width = len(self.stage.columns) + 3
        return self.rows * width * (2 if self.raw else 1)


@dataclass
class Told:
    """What became of the rows at one transform: known by the transforms up to it."""

    ledger: TransformLedger
    reasons: tuple[tuple[str, int], ...] = ()
    refused: tuple[dict[str, Any], ...] = ()
