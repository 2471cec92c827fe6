"""Mending refused rows in a grid: by reason, page by page, and back as a file of corrections."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from workbench.config import Settings
from workbench.errors import NotFound, RowsSettled
from workbench.lake import corrections
from workbench.lake.raw import RawStore
from workbench.model.dataset import PROVENANCE
from workbench.model.value import Value
from workbench.records.quarantine import (
    QuarantinedRow,
    QuarantineStatus,
    count_reasons,
    list_places,
    reopen_rows,
    resolve_rows,
    rows_with,
)
from workbench.records.runs import OPEN, list_runs
from workbench.records.store import Records
from workbench.registry import unknown
from workbench.steps.mending import accept_corrections, lines_of
from workbench.steps.verbs.ingest import CORRECTIONS

#: A reason that names the value (in quotes or parentheses) and says what is wrong with it.
_VALUE = re.compile(
    r"(?P<before>[^:']{1,200}: )(?:'.*'|\(.*\))(?P<after> (?:does|is|has) .*)", re.DOTALL
)


class Reason(Value):
    """Why rows were refused. ``parts`` is the sentence, in parts where the value stood between."""

    parts: tuple[str, ...]
    rows: int


class Refused(Value):
    """What was refused of a received row: by which step, and its values at that time."""

    step: str
    values: dict[str, str | None]


class LineRow(Value):
    """A received row to be mended; ``values`` are as received, in the order of the columns.

    ``resolved_run`` is the run that it was sent again with, if it was.
    """

    ids: tuple[str, ...]
    source: str | None
    row: int | None
    run_id: str
    created_at: datetime
    reasons: tuple[str, ...]
    values: dict[str, str | None]
    refused: tuple[Refused, ...]
    resolved_run: str | None = None


class Lines(Value):
    """A page of received rows to be mended: how many ``places`` in files it has, of how many.

    A place has several rows where its file was received several times and all are replayed.
    """

    columns: tuple[str, ...]
    rows: tuple[LineRow, ...]
    places: int
    total: int


class Mended(Value):
    """A received row as somebody has mended it: the cells that were changed; null is empty."""

    ids: tuple[str, ...]
    values: dict[str, str | None] = Field(default_factory=dict)


def page_of_lines(
    settings: Settings,
    records: Records,
    dataset: str,
    *,
    status: QuarantineStatus = "open",
    reason: Sequence[str] = (),
    offset: int = 0,
    limit: int = 50,
) -> Lines:
    """Received rows of which something was refused, with their values, to be mended in a grid.

    ``reason`` chooses by the texts of a ``Reason``.
    """
    places, total = list_places(
        records, dataset, status=status, reason=reason, limit=min(limit, 500), offset=offset
    )
    ids = [id_ for place in places for id_ in place]
    known = {row.id: row for row in rows_with(records, dataset, ids)}
    columns, found = lines_of(settings, dataset, ids)
    order = {id_: number for number, id_ in enumerate(ids)}
    found.sort(key=lambda line: min(order[id_] for id_ in line.ids))
    return Lines(
        columns=tuple(columns),
        rows=tuple(_shown(line, [known[id_] for id_ in line.ids]) for line in found),
        places=len(places),
        total=total,
    )


def count_by_reason(
    records: Records, dataset: str, *, status: QuarantineStatus = "open"
) -> tuple[Reason, ...]:
    """How many rows were refused for each reason, whatever the value; the most frequent first."""
    counts: Counter[tuple[str, ...]] = Counter()
    for reasons, count in count_reasons(records, dataset, status=status).items():
        for parts in dict.fromkeys(map(_parts, reasons)):
            counts[parts] += count
    return tuple(Reason(parts=parts, rows=count) for parts, count in counts.most_common())


def correct_lines(
    settings: Settings, records: Records, dataset: str, mended: Sequence[Mended]
) -> dict[str, Any]:
    """Keep rows as they were mended in a grid; the parameters of the run that ingests them.

    What goes into RAW is the file that ``export_rows`` writes, with the mended cells. Raises
    ``RowsSettled`` when somebody else has dealt with one of the rows meanwhile, and ``NotFound``
    for rows and columns that are not there; nothing is kept then.
    """
    wanted = {id_: line for line in mended for id_ in line.ids}
    if not wanted:
        raise NotFound("no rows were given to be mended")
    _refuse_settled(settings, records, dataset, wanted)
    columns, found = lines_of(settings, dataset, list(wanted))
    for line in found:
        given = {name: text for id_ in line.ids for name, text in wanted[id_].values.items()}
        unknown_names = sorted(given.keys() - set(columns))
        if unknown_names:
            raise NotFound(
                unknown("column", unknown_names[0], tuple(columns)), where=f"dataset {dataset}"
            )
        line.values = {**line.values, **given}
    folder = settings.path("staging", "corrections")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place, f"{dataset}.csv")
        corrections.write_lines(path, columns, found)
        return accept_corrections(settings, dataset, path)


def dismiss_lines(records: Records, dataset: str, ids: Collection[str]) -> int:
    """Close these open rows of a dataset without mending them; how many were open."""
    ours = [row.id for row in rows_with(records, dataset, ids)]
    with records.begin() as connection:
        return resolve_rows(connection, ours, "dismissed")


def reopen_lines(records: Records, dataset: str, ids: Collection[str]) -> int:
    """Open rows again that were dismissed; how many were."""
    ours = [row.id for row in rows_with(records, dataset, ids)]
    with records.begin() as connection:
        return reopen_rows(connection, ours)


def _shown(line: corrections.Line, rows: Sequence[QuarantinedRow]) -> LineRow:
    return LineRow(
        ids=tuple(line.ids),
        source=line.source,
        row=line.row,
        run_id=rows[0].run_id,
        created_at=rows[0].created_at,
        reasons=tuple(line.reasons),
        values=_texts(line.values),
        refused=tuple(Refused(step=step, values=_texts(told)) for step, told in line.refused),
        resolved_run=rows[0].resolved_run,
    )


def _texts(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        name: None if value is None else str(value)
        for name, value in values.items()
        if name not in PROVENANCE
    }


def _parts(reason: str) -> tuple[str, ...]:
    """A reason without the value that it names: ``amount: 'two' does not read as integer``."""
    match = _VALUE.fullmatch(reason)
    return (reason,) if match is None else (match["before"], match["after"])


def _refuse_settled(
    settings: Settings, records: Records, dataset: str, wanted: Mapping[str, Mended]
) -> None:
    known = {row.id: row for row in rows_with(records, dataset, wanted)}
    missing = [id_ for id_ in wanted if id_ not in known]
    if missing:
        raise NotFound(f"{dataset!r} has no refused row {missing[0]!r}")
    said = {}
    for row in known.values():
        if row.status != "open":
            said[row.id] = _settled(row)
    for run_id, ids in _on_their_way(settings, records, dataset).items():
        for id_ in ids:
            if id_ in known:
                said.setdefault(id_, f"was mended, and run {run_id} is about to take it in")
    if said:
        first, words = next(iter(said.items()))
        place = f"row {known[first].row} of {known[first].source}"
        more = f", and so it is with {len(said) - 1} more" if len(said) > 1 else ""
        raise RowsSettled(
            f"{place} {words}{more}; nothing was sent",
            where=f"quarantine of {dataset}",
            remedy="look at the rows again: what is still open can be mended",
        )


def _settled(row: QuarantinedRow) -> str:
    return {
        "resubmitted": f"was mended already and sent with run {row.resolved_run}",
        "dismissed": "was dismissed",
        "superseded": f"came again with its file in run {row.resolved_run}",
    }[row.status]


def _on_their_way(settings: Settings, records: Records, dataset: str) -> dict[str, set[str]]:
    """The rows of corrections that open runs of the dataset are yet to take in, by run."""
    store = RawStore(settings)
    found = {}
    for run in list_runs(records, status=OPEN, dataset=dataset, limit=1000):
        path = store.path(str(run.params.get(CORRECTIONS, "")))
        if CORRECTIONS in run.params and path.is_file():
            found[run.id] = set(corrections.load(path).ids)
    return found
