"""Data Docs: a page for each run of a dataset's checks, and an index of all.

Great Expectations' renderer says what was expected and observed; the pages are ours. Each is one
file that works offline: no script, no link to anywhere else, everything escaped. Only what is new
is built: a page whose results are already on disk is not touched, however long the history grows.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.model.result import CheckResult
from workbench.publish import data_docs_index as pages
from workbench.publish.blocks import escape, html_of

if TYPE_CHECKING:
    from workbench.records.store import Records


@dataclass(frozen=True)
class DatasetChecks:
    """Results of the checks of one dataset in one run; ``time`` is when they were made, in UTC.

    Values of ``masked`` columns have been taken out of them.
    """

    run_id: str
    dataset: str
    step: str
    checks: tuple[CheckResult, ...]
    time: datetime
    masked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Built:
    """What a build did: pages written, results already there, and the index page."""

    written: tuple[Path, ...]
    kept: int
    index: Path


def publish_docs(records: Records, folder: Path) -> int:
    """Build the pages of all finished steps with checks that have none yet; their number.

    Values of masked columns stay out of them, as out of the portal; a page that was made while
    other columns were masked is made again.
    """
    from sqlalchemy import exists, select

    from workbench.publish.collect.catalog import masked_columns
    from workbench.publish.collect.masking import check_result
    from workbench.records.results import step_checks
    from workbench.records.schema import checks, step_runs

    step = step_runs.c
    finished = (
        select(step.run_id, step.step_id, step.dataset, step.finished_at)
        .where(step.finished_at.is_not(None))
        .where(exists().where(checks.c.run_id == step.run_id, checks.c.step_id == step.step_id))
        .order_by(step.finished_at)
    )
    there = pages.known(folder)
    masked = masked_columns(records)
    nothing: frozenset[str] = frozenset()
    fresh = (
        row
        for row in records.rows(finished)
        if not pages.is_of(
            there.get((row.run_id, row.dataset)),
            row.finished_at,
            masked.get(row.dataset, nothing),
        )
    )
    results = (
        DatasetChecks(
            run_id=row.run_id,
            dataset=row.dataset,
            step=row.step_id,
            checks=tuple(
                CheckResult(**check_result(check.model_dump(), masked.get(row.dataset, ())))
                for check in step_checks(records, row.run_id, row.step_id)
            ),
            time=row.finished_at,
            masked=masked.get(row.dataset, nothing),
        )
        for row in fresh
    )
    return len(build(results, folder).written)


def build(results: Iterable[DatasetChecks], folder: Path) -> Built:
    """Write the pages that are new, and the index if there is any; safe beside another build.

    A page is new if its (run, dataset) has none yet, or one of another time or other masks: a step
    that was retried has other results.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    kept = 0
    with _locked(folder):
        entries = pages.entries(folder)
        for each in results:
            entry = _entry(each)
            page = folder / entry["page"]
            if entries.get(entry["page"]) == entry and page.is_file():
                kept += 1
                continue
            _write(page, _page(each))
            entries[entry["page"]] = entry
            written.append(page)
        index = folder / "index.html"
        if written or not index.is_file():
            _write(folder / pages.INDEX, json.dumps(list(entries.values()), ensure_ascii=False))
            _write(index, pages.index(entries.values()))
    return Built(tuple(written), kept, index)


def _entry(each: DatasetChecks) -> pages.Entry:
    return {
        "page": f"{pages.name(each.dataset)}/{pages.name(each.run_id)}.html",
        "run": each.run_id,
        "dataset": each.dataset,
        "step": each.step,
        "time": pages.stamp(each.time),
        "masked": sorted(each.masked),
        "checks": len(each.checks),
        "failed": sum(not check.success for check in each.checks),
    }


def _write(path: Path, text: str) -> None:
    """Write aside, then rename, so that nobody reads half a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _page(each: DatasetChecks) -> str:
    from workbench.quality import suite_pages

    blocks = suite_pages.blocks(each.checks)
    sections: dict[str, list[str]] = {}
    for check, (said, observed) in zip(each.checks, blocks, strict=True):
        sections.setdefault(_section(check), []).append(
            f"<tr><td>{_status(check)}</td><td>{html_of(said)}</td><td>{html_of(observed)}</td>"
            f"<td>{escape(check.severity)}</td></tr>"
        )
    entry = _entry(each)
    facts = {
        "Run": each.run_id,
        "Step": each.step,
        "Time": entry["time"],
    }
    parts = [
        '<p><a href="../index.html">Data Docs</a></p>',
        f"<h1>{escape(each.dataset)}</h1>",
        f"<p>{pages.outcome(entry['checks'], entry['failed'])}</p>",
        "<dl>"
        + "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items())
        + "</dl>",
    ]
    for title, rows in sections.items():
        parts.append(
            f"<h2>{escape(title)}</h2><table><thead><tr><th scope=col>Status</th>"
            "<th scope=col>Expectation</th><th scope=col>Observed</th><th scope=col>Severity</th>"
            f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
    return pages.html(f"{each.dataset} · {each.run_id}", "\n".join(parts))


def _section(check: CheckResult) -> str:
    """The column that a check is about, or several of them, or the table."""
    kwargs = check.kwargs
    columns = kwargs.get("column_list") or [kwargs.get("column_A"), kwargs.get("column_B")]
    named: Sequence[Any] = [kwargs["column"]] if kwargs.get("column") else columns
    names = [str(name) for name in named if name] if isinstance(named, list | tuple) else []
    return ", ".join(names) or "Table"


def _status(check: CheckResult) -> str:
    if check.error is not None:
        return '<span class="failed">! could not be checked</span>'
    if check.success:
        return '<span class="held">✓ held</span>'
    style = "warned" if check.severity == "warn" else "failed"
    return f'<span class="{style}">✗ failed</span>'
