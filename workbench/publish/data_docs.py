"""Data Docs: a page for each run of a dataset's checks, and an index of all.

Great Expectations' renderer says what was expected and observed; the pages are ours. Each is one
file that works offline: no script, no link to anywhere else, everything escaped. Only what is new
is built: a page whose results are already on disk is not touched, however long the history grows.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from workbench.model.result import CheckResult
from workbench.publish.blocks import escape, html_of

if TYPE_CHECKING:
    from workbench.records.store import Records

_INDEX = "index.json"
_FIELDS = {"page", "run", "dataset", "step", "time", "checks", "failed"}

STYLE = """
:root{color-scheme:light dark;--page:light-dark(#fff,#101318);--ink:light-dark(#171c26,#e9ecf1);
--soft:light-dark(#f6f7f9,#1b2029);--line:light-dark(#e2e5eb,#2a313d);
--accent:light-dark(#2641a6,#a9baff);--good:light-dark(#17734a,#5ecb94);
--warn:light-dark(#8a5a00,#e5b54d);--bad:light-dark(#b92f2a,#ff8b81)}
body{font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;
color:var(--ink);background:var(--page);max-width:88rem;margin:0 auto;padding:1.5rem 2rem}
a{color:var(--accent)}h1{font-size:2.125rem}h2{font-size:1.375rem;margin-top:2.5rem}
h1,h2{line-height:1.2;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:.8125rem}
th,td{border-bottom:1px solid var(--line);padding:.5rem .75rem;text-align:left;vertical-align:top}
th{background:var(--soft)}td{overflow-wrap:anywhere}td table{width:auto;font-size:1em}
.v{background:var(--soft);border:1px solid var(--line);border-radius:.25rem;padding:0 .25rem;
font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.held{color:var(--good)}.failed{color:var(--bad)}.warned{color:var(--warn)}
.held,.failed,.warned{font-weight:600;white-space:nowrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0}
""".strip()

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


@dataclass(frozen=True)
class DatasetChecks:
    """Results of the checks of one dataset in one run; ``time`` is when they were made, in UTC."""

    run_id: str
    dataset: str
    step: str
    checks: tuple[CheckResult, ...]
    time: datetime


@dataclass(frozen=True)
class Built:
    """What a build did: pages written, results already there, and the index page."""

    written: tuple[Path, ...]
    kept: int
    index: Path


def known(folder: Path) -> dict[tuple[str, str], str]:
    """Times of the results that have pages, by (run, dataset): callers need not load these."""
    return {
        (entry["run"], entry["dataset"]): entry["time"]
        for entry in _entries(folder).values()
        if (folder / entry["page"]).is_file()
    }


def publish_docs(records: Records, folder: Path) -> int:
    """Build the pages of all finished steps with checks that have none yet; their number.

    Values of masked columns stay out of them, as out of the portal.
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
    there = known(folder)
    masked = masked_columns(records)
    fresh = (
        row
        for row in records.rows(finished)
        if there.get((row.run_id, row.dataset)) != _time(row.finished_at)
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
        )
        for row in fresh
    )
    return len(build(results, folder).written)


def build(results: Iterable[DatasetChecks], folder: Path) -> Built:
    """Write the pages that are new, and the index if there is any; safe beside another build.

    A page is new if its (run, dataset) has none yet, or one of another time: a step that was
    retried has other results.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    kept = 0
    with _locked(folder):
        entries = _entries(folder)
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
            _write(folder / _INDEX, json.dumps(list(entries.values()), ensure_ascii=False))
            _write(index, _index(entries.values()))
    return Built(tuple(written), kept, index)


def _entry(each: DatasetChecks) -> dict[str, Any]:
    return {
        "page": f"{_name(each.dataset)}/{_name(each.run_id)}.html",
        "run": each.run_id,
        "dataset": each.dataset,
        "step": each.step,
        "time": _time(each.time),
        "checks": len(each.checks),
        "failed": sum(not check.success for check in each.checks),
    }


def _time(time: datetime) -> str:
    """A time in UTC as text; microseconds tell apart the attempts of a retried step."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _name(text: str) -> str:
    """A name of a file that stays within its folder, whatever ``text`` is."""
    return quote(text, safe="").replace(".", "%2E") or "%"


def _entries(folder: Path) -> dict[str, dict[str, Any]]:
    """What the index knows, by page; nothing if it cannot be read: all is then built again."""
    try:
        entries = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        return {entry["page"]: entry for entry in entries if entry.keys() >= _FIELDS}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


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


def _html(title: str, body: str) -> str:
    policy = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _index(entries: Iterable[dict[str, Any]]) -> str:
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(entries, key=lambda entry: str(entry["time"]), reverse=True):
        groups.setdefault(str(entry["dataset"]), []).append(entry)
    parts = ["<h1>Data Docs</h1>", "<p>Checks of each dataset, newest run first.</p>"]
    for dataset, runs in sorted(groups.items()):
        rows = "".join(
            f'<tr><td><a href="{escape(quote(run["page"]))}">{escape(run["run"])}</a></td>'
            f"<td>{escape(run['time'])}</td><td>{_outcome(run['checks'], run['failed'])}</td></tr>"
            for run in runs
        )
        parts.append(
            f"<h2>{escape(dataset)}</h2><table><thead><tr><th scope=col>Run</th>"
            f"<th scope=col>Time</th><th scope=col>Checks</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    if not groups:
        parts.append("<p>No checks have been recorded yet.</p>")
    return _html("Data Docs", "\n".join(parts))


def _outcome(checks: int, failed: int) -> str:
    if failed:
        return f'<span class="failed">✗ {failed} of {checks} failed</span>'
    return f'<span class="held">✓ all {checks} held</span>'


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
        f"<p>{_outcome(entry['checks'], entry['failed'])}</p>",
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
    return _html(f"{each.dataset} · {each.run_id}", "\n".join(parts))


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
