"""How plans, runs and tables look in a terminal. Pure: values in, text out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click

from workbench.model.ledger import Ledger, TransformLedger
from workbench.model.plan import Plan, PlanStep
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.model.status import Status

_COLOURS = {
    Status.SUCCESS: "green",
    Status.FAILED: "red",
    Status.CANCELLED: "yellow",
    Status.SKIPPED: "bright_black",
    Status.RUNNING: "cyan",
}
_MARKS = {
    Status.SUCCESS: "✓",
    Status.FAILED: "✗",
    Status.CANCELLED: "■",
    Status.SKIPPED: "-",
    Status.RUNNING: "▸",
    Status.QUEUED: "…",
    Status.PENDING: "·",
}


def plain(value: Any, limit: int = 60) -> str:
    """A value as one line without control or bidi characters, cut at ``limit``."""
    if value is None:
        return "·"
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def readable(text: str) -> str:
    """A text of several lines without other control or bidi characters."""
    return "\n".join(plain(line, len(line)) for line in text.split("\n"))


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], *, limit: int = 60) -> str:
    """Rows as aligned columns; numbers to the right."""
    body = [[plain(cell, limit) for cell in row] for row in rows]
    raw = [list(head), *body]
    widths = [max(len(line[i]) for line in raw) for i in range(len(head))]
    right = [
        bool(body) and all(_is_number(line[i]) or line[i] == "·" for line in body)
        for i in range(len(head))
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in raw
    ]
    return "\n".join([click.style(lines[0], bold=True), *lines[1:]])


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace(",", "").replace("-", "", 1).isdigit()


def seconds(start: datetime | None, end: datetime | None) -> str:
    """How long it took, ``·`` while that is not known."""
    return "·" if start is None or end is None else f"{(end - start).total_seconds():.2f} s"


def status_word(status: Status) -> str:
    """Mark and word, coloured; the word carries the meaning."""
    return click.style(f"{_MARKS[status]} {status.value}", fg=_COLOURS.get(status))


def plan_text(plan: Plan) -> str:
    """What will happen, step by step."""
    lines = [click.style(f"Plan for {', '.join(plan.datasets)}", bold=True)]
    for number, step in enumerate(plan.steps, 1):
        lines.append("")
        lines.append(click.style(f"{number}. {step.verb} {step.dataset}", bold=True))
        lines.extend(f"   {line}" for line in _step_lines(step))
    return "\n".join(lines)


def _step_lines(step: PlanStep) -> Iterable[str]:
    yield f"reads   {', '.join(step.inputs)}"
    yield f"writes  {', '.join(step.outputs)}"
    if step.needs:
        yield f"after   {', '.join(step.needs)}"
    if step.verb == "ingest" and step.columns:
        yield f"columns {_columns(step.columns)}"
    for number, transform in enumerate(step.transforms, 1):
        yield f"{number:>2}. {transform.name}: {plain(transform.summary, 120)}"
        yield f"      → {_columns(transform.columns)}"
    for check in step.checks:
        yield f"check   {plain(check, 120)}"
    if step.target:
        key = f", key {', '.join(step.target.key)}" if step.target.key else ""
        yield f"target  {step.target.name} ({step.target.type}, {step.target.strategy}{key})"
        for change in step.target.changes or ("nothing to create or alter",):
            yield f"change  {change}"
    for note in step.notes:
        yield click.style(f"note    {note}", fg="yellow")


def _columns(columns: Sequence[Any], most: int = 12) -> str:
    shown = ", ".join(f"{column.name} {column.type}" for column in columns[:most])
    return shown + (f", … {len(columns)} in all" if len(columns) > most else "")


def step_line(step: StepRun) -> str:
    """One line on a step: status, id, time, and what it came to."""
    words = _outcome(step)
    return (
        f"{status_word(step.status)}  {step.step_id}  "
        f"{seconds(step.started_at, step.finished_at)}" + (f"  {words}" if words else "")
    )


def _outcome(step: StepRun) -> str:
    if step.error:
        return plain(step.error.get("message", ""), 160)
    if step.waiting_for:
        return f"waits for run {step.waiting_for}"
    if step.result is None:
        return ""
    if step.result.skipped:
        return step.result.skipped
    return "; ".join(ledger_words(ledger) for ledger in step.result.ledgers[-1:])


def ledger_words(ledger: Ledger) -> str:
    """A ledger in one line; terms that are zero are left out."""
    terms = ledger.model_dump(exclude={"kind", "name", "notes"})
    shown = ", ".join(f"{name} {count:,}" for name, count in terms.items() if count)
    return shown or "no rows"


def run_text(run: Run, *, brief: bool = False) -> str:
    """The summary of a run: steps, ledgers, checks, quarantine, errors.

    ``brief`` leaves out the steps, which were told while they ran, ledgers in which every row
    stayed, and checks that held.
    """
    lines = [
        f"run {run.id}  {status_word(run.status)}  {seconds(run.started_at, run.finished_at)}  "
        f"{run.workflow}  ({run.trigger.value} by {plain(run.triggered_by)})"
    ]
    if not brief:
        lines.extend(f"  {step_line(step)}" for step in run.steps)
    done = [step.result for step in run.steps if step.result]
    lines += _section("Ledger: every row is accounted for", _ledger_table(done, brief))
    lines += _section("Checks", _check_table(done, brief))
    refused = [
        (batch.dataset, rows, plain(reason, 100))
        for result in done
        for batch in result.quarantine
        for reason, rows in batch.reasons.items()
    ]
    if refused:
        text = table(("dataset", "rows", "reason"), refused, limit=110)
        lines += _section("Quarantine: workbench quarantine DATASET", text)
    for result in done:
        lines.extend(click.style(f"warning: {plain(w, 300)}", fg="yellow") for w in result.warnings)
    for step in run.steps:
        if step.error:
            lines += ["", error_text(step)]
    if run.error and "step" not in run.error:  # it has none to show it
        lines += ["", *_error_lines("error: ", run.error)]
    if brief:
        lines += ["", f"more: workbench show {run.id}"]
    return "\n".join(lines)


def _section(title: str, text: str) -> list[str]:
    return ["", title, text] if text else []


def _ledger_table(done: Sequence[StepResult], brief: bool) -> str:
    rows = [
        (result.dataset, ledger.kind, ledger.name, ledger_words(ledger))
        for result in done
        for ledger in result.ledgers
        if not (brief and isinstance(ledger, TransformLedger) and _is_quiet(ledger))
    ]
    return table(("dataset", "kind", "of", "rows"), rows, limit=110) if rows else ""


def _is_quiet(ledger: TransformLedger) -> bool:
    return ledger.rows_in == ledger.rows_out and not ledger.expanded


def _check_table(done: Sequence[StepResult], brief: bool) -> str:
    checks = [(result.dataset, check) for result in done for check in result.checks]
    rows = [
        (
            dataset,
            "✓ held" if check.success else "✗ failed",
            check.expectation,
            ", ".join(f"{k}={plain(v, 30)}" for k, v in check.kwargs.items()),
            check.severity,
            check.error or check.result.get("unexpected_count") or "",
        )
        for dataset, check in checks
        if not (brief and check.success)
    ]
    head = ("dataset", "state", "expectation", "arguments", "severity", "failing")
    held = sum(check.success for _, check in checks)
    lines = [f"{held} of {len(checks)} held"] if brief and checks else []
    return "\n".join([*lines, *([table(head, rows)] if rows else [])])


def error_text(step: StepRun) -> str:
    """The error of a step: where, what, the remedy, and the notebook that shows it."""
    lines = _error_lines(f"error in {step.step_id}: ", step.error or {})
    if step.notebook:
        lines.append(f"  notebook: {step.notebook}")
    return "\n".join(lines)


def _error_lines(title: str, error: dict[str, Any]) -> list[str]:
    where = f"{error['where']}: " if error.get("where") else ""
    remedy = [f"  → {error['remedy']}"] if error.get("remedy") else []
    message = error.get("message", "unknown error")
    return [click.style(title, fg="red") + readable(f"{where}{message}"), *map(readable, remedy)]
