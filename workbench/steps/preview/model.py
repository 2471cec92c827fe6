"""What a preview answers with: plain values that travel as JSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workbench.model.dataset import Column
from workbench.model.ledger import ParseLedger, TransformLedger
from workbench.model.lineage import EdgeKind, LineageEdge
from workbench.model.result import Severity
from workbench.model.value import Value

Scope = Literal["sample", "whole"]


class Fault(Value):
    """An error as plain words: what, where, and the remedy."""

    message: str
    where: str | None = None
    remedy: str | None = None


class FileChoice(Value):
    """A file that can be previewed; ``received`` ones are in RAW already."""

    name: str
    size: int = 0
    modified: str = ""
    received: bool = False
    sha256: str | None = None


class InputView(Value):
    """What the preview is of: the file, how much of it, and what parsing it found.

    ``rows`` are those previewed; ``whole_rows`` those of the whole file, where known.
    """

    file: str
    sha256: str
    size: int
    scope: Scope
    rows: int
    whole_rows: int | None = None
    columns: tuple[Column, ...] = ()
    ledger: ParseLedger | None = None
    unparseable: tuple[dict[str, Any], ...] = ()
    detected: dict[str, Any] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Retyped(Value):
    """A column that has another type than before."""

    name: str
    before: str
    after: str


class Renamed(Value):
    """A column that has another name than before."""

    before: str
    after: str


class ColumnChanges(Value):
    """What a transform does to columns. ``changed``: values are computed anew, same name."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the columns stay as they are."""
        return not (self.added or self.removed or self.renamed or self.retyped or self.changed)


class Origin(Value):
    """Where a column after a transform comes from, in the table before it."""

    column: str
    source: str
    kind: EdgeKind


class StepView(Value):
    """One entry of the timeline: the received table (number 0), or what a transform makes of it.

    The same ``key`` means the same rows. ``ledger`` balances as that of a run does; ``reasons``
    counts refused rows by reason. ``fault`` is set on the transform that cannot be done; those
    after it have no rows.
    """

    number: int
    key: str
    name: str
    summary: str = ""
    enabled: bool = True
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    changes: ColumnChanges = ColumnChanges()
    origins: tuple[Origin, ...] = ()
    ledger: TransformLedger | None = None
    reasons: tuple[tuple[str, int], ...] = ()
    fault: Fault | None = None


class CheckView(Value):
    """One expectation over the final rows: how many fail, and what a failing row is told.

    ``number`` is its place among the spec's expectations, from 0, and marks the rows of windows.
    ``success`` is ``None`` where it was not evaluated: it needs Great Expectations, which takes
    seconds, and is asked for by itself. ``error`` is set when it could not be evaluated.
    """

    number: int
    name: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity
    success: bool | None
    failing: int | None = None
    looked: int | None = None
    columns: tuple[str, ...] = ()
    words: str = ""
    rowwise: bool = False
    observed: Any = None
    error: str | None = None


class PreviewView(Value):
    """The whole preview but for its cells."""

    dataset: str
    key: str
    scope: Scope
    input: InputView
    steps: tuple[StepView, ...]
    columns: tuple[Column, ...]
    lineage: tuple[LineageEdge, ...] = ()
    fault: Fault | None = None
    seconds: float = 0.0


class Sort(Value):
    """A column to sort by."""

    column: str
    descending: bool = False


Operator = Literal[
    "contains", "not_contains", "equals", "not_equals", "starts", "ends", "less", "at_most",
    "greater", "at_least", "between", "in", "missing", "present", "empty", "blank",
]  # fmt: skip


class Filter(Value):
    """A condition on a column. ``values`` are texts, read as the column's type."""

    column: str
    operator: Operator
    values: tuple[str | None, ...] = ()


class Window(Value):
    """Rows of one step. ``positions`` number them within the step's table.

    ``failing`` are the numbers of the checks that each row fails; ``marked`` the columns (by
    index) whose text was taken for "no value", in the table as received. ``cells`` has a list for
    each row: texts, numbers and truth values; numbers that JavaScript cannot hold are texts.
    ``rows`` are the physical rows of the file, where known.
    """

    step: int
    offset: int
    total: int
    columns: tuple[Column, ...]
    positions: tuple[int, ...]
    rows: tuple[int | None, ...]
    sources: tuple[str | None, ...] = ()
    cells: tuple[tuple[Any, ...], ...]
    failing: tuple[tuple[int, ...], ...] = ()
    marked: tuple[tuple[int, ...], ...] = ()


class ColumnStatistics(Value):
    """A column at a glance. ``null`` counts all cells without a value.

    Of these, ``blank_in_file`` were blank in the file and ``markers`` stood there as a text that
    means "no value" (by text); the rest became null on the way. ``empty`` and ``blank`` are texts
    of no characters, and of white space only.
    """

    column: str
    type: str
    rows: int
    null: int
    blank_in_file: int | None = None
    markers: tuple[tuple[str, int], ...] = ()
    became_null: int | None = None
    empty: int = 0
    blank: int = 0
    invisible: int = 0
    distinct: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    mean: float | None = None
    top: tuple[tuple[str, int], ...] = ()
    histogram: tuple[tuple[float, float, int], ...] = ()


class CellChange(Value):
    """A value before and after a transform, and the row of the file."""

    row: int | None
    before: Any
    after: Any


class ChangedColumn(Value):
    """How many cells of a column a transform changed, with examples."""

    column: str
    cells: int
    examples: tuple[CellChange, ...] = ()


class RefusedRow(Value):
    """A row that a transform set aside, with its reasons and its values before."""

    row: int | None
    reasons: tuple[str, ...]
    values: dict[str, Any]


class StepDetail(Value):
    """Examples of what one transform did: rows that went, rows refused, cells changed."""

    number: int
    removed: tuple[dict[str, Any], ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    changed: tuple[ChangedColumn, ...] = ()


class DistinctValue(Value):
    """A value of a column and how many rows have it; ``value`` is ``None`` for null."""

    value: str | None
    count: int


class Tried(Value):
    """What a cast makes of one text: its value as text, or the reason why it has none."""

    text: str | None
    value: str | None
    failed: bool
    reason: str | None = None
    count: int = 1


class Trial(Value):
    """What a cast makes of the values of a column; ``failing`` and ``nulls`` count rows."""

    rows: int
    failing: int
    nulls: int
    distinct: int
    values: tuple[Tried, ...]


class DistinctValues(Value):
    """The values of a column, most frequent first, and how many there are in all."""

    column: str
    total: int
    values: tuple[DistinctValue, ...]


class ChecksView(Value):
    """All checks of a spec over the previewed rows, and how many rows fail at least one."""

    checks: tuple[CheckView, ...]
    rows: int
    failing_rows: int
    scope: Scope
