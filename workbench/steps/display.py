"""What a step notebook shows of its result: each part by itself, or all with :func:`show`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from workbench.model.ledger import Ledger, LoadLedger, ParseLedger, TransformLedger
from workbench.model.result import CheckResult, ColumnProfile, StepResult
from workbench.steps.flow import flow
from workbench.steps.tables import Cell, Figure, Note, Table, bars

Shown = Table | Figure | Note

_TERMS: dict[type[Ledger], tuple[str, ...]] = {
    ParseLedger: (
        "records", "preamble", "header", "blank", "footer", "parsed", "unparseable",
    ),
    TransformLedger: (
        "rows_in", "expanded", "rows_out", "filtered", "deduplicated", "collapsed", "quarantined",
    ),
    LoadLedger: (
        "candidate", "inserted", "updated", "unchanged", "rejected", "before", "deleted", "after",
    ),
}  # fmt: skip

_CAPTIONS: dict[type[Ledger], str] = {
    ParseLedger: "Parsed: records = preamble + header + blank + footer + parsed + unparseable",
    TransformLedger: "Transformed: in + expanded = out + filtered + deduplicated + collapsed "
    "+ quarantined",
    LoadLedger: "Loaded: candidate = inserted + updated + unchanged + rejected; "
    "before + inserted − deleted = after",
}


def show(result: StepResult) -> None:
    """Display all parts of a result that hold something.

    A part that cannot be shown says so and hides nothing else: the result is what counts.
    """
    from IPython.display import display

    for part in PARTS:
        try:
            shown = part(result)
        except Exception as error:
            shown = [Note(f"{part.__name__} cannot be shown: {type(error).__name__}: {error}")]
        for one in shown:
            display(one)  # type: ignore[no-untyped-call]


def summary(result: StepResult) -> list[Shown]:
    """In one sentence what was done, then the warnings."""
    if result.skipped:
        said = f"{result.dataset}: nothing to {result.verb}: {result.skipped}"
    else:
        rows = [f"{ref.rows:,} rows" for ref in result.outputs if ref.rows is not None]
        outcome = f" → {', '.join(rows)}" if rows else ""
        said = f"{result.dataset}: {result.verb}{outcome}"
    return [Note(said), *(Note(f"⚠ {warning}") for warning in result.warnings)]


def ledger(result: StepResult) -> list[Shown]:
    """What became of the rows: a table of each kind of ledger."""
    tables: list[Shown] = []
    for kind, terms in _TERMS.items():
        ledgers = [one for one in result.ledgers if type(one) is kind]
        if not ledgers:
            continue
        rows: list[tuple[Cell, ...]] = [
            (one.name, *_counts(one, terms), _balance(one), _notes(one)) for one in ledgers
        ]
        if len(ledgers) > 1 and kind is not TransformLedger:
            sums = (sum(getattr(one, term) for one in ledgers) for term in terms)
            rows.append(("total", *sums, "", ""))
        heads = tuple(term.removeprefix("rows_") for term in terms)
        tables.append(Table(_CAPTIONS[kind], ("name", *heads, "balances", "notes"), tuple(rows)))
    return tables


def rows_flow(result: StepResult) -> list[Shown]:
    """The way of the rows, as a figure."""
    figure = flow(result)
    return [figure] if figure else []


def checks(result: StepResult) -> list[Shown]:
    """The expectations, those that failed first."""
    if not result.checks:
        return []
    ordered = sorted(result.checks, key=lambda check: check.success)
    failed = sum(not check.success for check in ordered)
    caption = f"Checks: {len(ordered) - failed} passed, {failed} failed"
    heads = (
        "status", "expectation", "of", "severity", "unexpected", "%", "observed", "examples", "by",
    )  # fmt: skip
    return [Table(caption, heads, tuple(_check(check) for check in ordered))]


def profile(result: StepResult) -> list[Shown]:
    """The columns: how full, how different, within what bounds."""
    if not result.profiles:
        return []
    heads = (
        "column", "type", "rows", "nulls", "% null", "distinct", "minimum", "maximum", "mean",
        "distribution", "most frequent",
    )  # fmt: skip
    return [Table("Profile", heads, tuple(_profile(one) for one in result.profiles))]


def detection(result: StepResult) -> list[Shown]:
    """What was found out about each file, and what the spec had said."""
    rows: list[tuple[Cell, ...]] = []
    for name, found in result.detected.items():
        properties = found.get("properties", {}) if isinstance(found, dict) else {}
        for key, one in properties.items():
            sure = None if one.get("given") else f"{float(one.get('confidence', 1)):.0%}"
            rows.append(
                (
                    name,
                    key,
                    _text(one.get("value")),
                    "given" if one.get("given") else "detected",
                    sure,
                    str(one.get("evidence", "")),
                )
            )
    if not rows:
        return []
    heads = ("file", "property", "value", "how", "sure", "evidence")
    return [Table("How the files were read", heads, tuple(rows))]


def quarantine(result: StepResult) -> list[Shown]:
    """The rows that were refused, by reason."""
    rows = [
        (batch.dataset, reason, count)
        for batch in result.quarantine
        for reason, count in sorted(batch.reasons.items(), key=lambda item: -item[1])
    ]
    if not rows:
        return []
    total = sum(batch.rows for batch in result.quarantine)
    caption = f"Quarantine: {total:,} rows; a row may have several reasons"
    return [Table(caption, ("dataset", "reason", "rows"), tuple(rows))]


def outputs(result: StepResult) -> list[Shown]:
    """What was read and written."""
    rows = tuple(
        (way, ref.dataset, ref.layer, f"v{ref.version}" if ref.version is not None else "",
         ref.rows, (ref.fingerprint or "")[:12])
        for way, refs in (("read", result.inputs), ("wrote", result.outputs))
        for ref in refs
    )  # fmt: skip
    heads = ("", "dataset", "layer", "version", "rows", "fingerprint")
    return [Table("Read and written", heads, rows)] if rows else []


def lineage(result: StepResult) -> list[Shown]:
    """Which column came from which."""
    rows = tuple(
        (
            f"{edge.source}.{edge.source_column}" if edge.source_column else edge.source,
            edge.kind,
            f"{edge.target}.{edge.target_column}" if edge.target_column else edge.target,
        )
        for edge in result.lineage
    )
    return [Table("Lineage", ("from", "how", "to"), rows)] if rows else []


PARTS: tuple[Callable[[StepResult], list[Shown]], ...] = (
    summary, ledger, rows_flow, checks, quarantine, profile, detection, outputs, lineage,
)  # fmt: skip


def _counts(one: Ledger, terms: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(getattr(one, term) for term in terms)


def _balance(one: Ledger) -> str:
    try:
        one.check()
    except Exception:
        return "✗ does not balance"
    return "✓ balances"


def _notes(one: Ledger) -> str:
    return ", ".join(f"{key} {count:,}" for key, count in one.notes.items())


def _check(check: CheckResult) -> tuple[Cell, ...]:
    result = check.result
    observed = result.get("observed_value")
    status = "! error" if check.error else "✓ passed" if check.success else "✗ failed"
    examples = check.error or ", ".join(
        _text(value) for value in result.get("partial_unexpected_list", ())[:5]
    )
    unexpected = result.get("unexpected_count")
    percent = result.get("unexpected_percent")
    return (
        status,
        check.expectation,
        ", ".join(f"{key} {_text(value)}" for key, value in check.kwargs.items()),
        check.severity,
        unexpected if isinstance(unexpected, int) else None,
        round(percent, 3) if isinstance(percent, float | int) else None,
        "" if observed is None else _text(observed),
        examples,
        check.engine,
    )


def _profile(one: ColumnProfile) -> tuple[Cell, ...]:
    return (
        one.column,
        one.type,
        one.rows,
        one.nulls,
        round(100 * one.nulls / one.rows, 2) if one.rows else None,
        one.distinct,
        one.minimum,
        one.maximum,
        one.mean,
        bars([count for _, _, count in one.histogram]),
        ", ".join(f"{value} ({count:,})" for value, count in one.top[:3]),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
