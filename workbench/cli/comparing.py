"""``compare``: two runs of a dataset side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.complete import dataset_names
from workbench.cli.options import AS_JSON
from workbench.config import Settings
from workbench.errors import NotFound

if TYPE_CHECKING:
    from workbench.steps.comparing.rows import DifferentRow, DifferentRows, RowDifferences
    from workbench.steps.comparing.values import Comparison, Side

KINDS = ("added", "removed", "changed")


@click.command()
@click.argument("left", metavar="RUN")
@click.argument("right", metavar="RUN")
@click.option(
    "--dataset", shell_complete=dataset_names, help="Which, if the runs have several in common."
)
@click.option("--rows", "kind", type=click.Choice(KINDS), help="Show the rows of this kind.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@AS_JSON
def compare(
    left: str,
    right: str,
    dataset: str | None,
    kind: str | None,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """Compare two runs of a dataset: what they read, did, checked and published.

    Data is compared by the dataset's key: from the first RUN to the second.
    """
    from workbench.records.store import open_records
    from workbench.spec.loader import load_project
    from workbench.steps.comparing import compare_rows, compare_runs

    settings = Settings()
    records, project = open_records(settings), load_project(settings)
    found = compare_runs(settings, records, left, right, dataset, project=project)
    pages: dict[str, DifferentRows] = {}
    if found.data is not None and not found.data.gone:
        for each in (kind,) if kind else KINDS:
            if getattr(found.data, each):
                pages[each] = compare_rows(
                    settings,
                    records,
                    found.left.run_id,
                    found.right.run_id,
                    found.dataset,
                    kind=each,  # type: ignore[arg-type]
                    offset=offset,
                    limit=limit if kind else 3,
                    project=project,
                )
    elif kind:
        gone = found.data.gone if found.data else found.no_data
        raise NotFound(gone or "there is nothing to compare", where=f"dataset {found.dataset}")
    if as_json:
        content = found.model_dump(mode="json")
        content["different"] = {name: page.model_dump(mode="json") for name, page in pages.items()}
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found, pages)))


def _lines(found: Comparison, pages: dict[str, DifferentRows]) -> Iterable[str]:
    from workbench.cli.text import table

    yield click.style(f"{found.dataset}: {found.left.run_id} → {found.right.run_id}", bold=True)
    sides = (found.left, found.right)
    yield table(
        ("run", "status", "created", "took", "version", "rows"),
        [_side(side) for side in sides],
    )
    yield f"spec     {'the same' if found.same_spec else 'changed between the two runs'}"
    for column in found.columns:
        yield f"column   {column.name}: {column.types[0] or 'absent'} → {column.types[1] or 'gone'}"
    yield ""
    yield table(
        ("step", "status", "→", "seconds", "→"),
        [
            (step.step_id, *_both(step.status), *_both(step.seconds, "{:.2f}"))
            for step in found.steps
        ],
    )
    ledgers = [
        (each.verb, each.name, term, *_both(counts), _change(counts))
        for each in found.ledgers
        for term, counts in each.terms.items()
        if counts[0] != counts[1]
    ]
    if ledgers:
        yield ""
        yield table(("step", "ledger", "term", "rows", "→", "change"), ledgers)
    checks = [
        (check.expectation, str(check.kwargs.get("column", "")), *_both(check.success),
         *_both(check.unexpected))
        for check in found.checks
        if check.success[0] != check.success[1] or check.unexpected[0] != check.unexpected[1]
    ]  # fmt: skip
    if checks:
        yield ""
        yield table(("check", "column", "held", "→", "failing", "→"), checks)
    yield ""
    yield from _data_lines(found.data, found.no_data, pages)


def _data_lines(
    data: RowDifferences | None, no_data: str | None, pages: dict[str, DifferentRows]
) -> Iterable[str]:
    from workbench.cli.text import table

    if data is None or data.gone:
        yield f"data     {data.gone if data else no_data}"
        return
    yield (
        f"data     {data.added:,} added, {data.removed:,} removed, {data.changed:,} changed, "
        f"{data.unchanged:,} the same"
    )
    matched = f"by {', '.join(data.key)}" if data.by_key else f"as a whole: {data.why}"
    yield f"         {matched}"
    for name, count in data.cells.items():
        yield f"         {name}: {count:,} changed"
    for kind, page in pages.items():
        yield ""
        yield click.style(f"{kind} ({len(page.rows):,} of {page.total:,})", bold=True)
        yield table(page.columns, [_row(row) for row in page.rows], limit=40)


def _row(row: DifferentRow) -> list[Any]:
    """The cells of a row; a changed cell shows both values."""
    shown = row.right if row.right is not None else row.left or ()
    if row.left is None or row.right is None:
        return list(shown)
    return [
        f"{_cell(before)} → {_cell(after)}" if place in row.changed else after
        for place, (before, after) in enumerate(zip(row.left, row.right, strict=True))
    ]


def _cell(text: str | None) -> str:
    return "·" if text is None else text


def _side(side: Side) -> Sequence[Any]:
    from workbench.cli.text import status_word

    version = "·" if side.version is None else f"{side.layer} {side.version}"
    return (
        side.run_id,
        click.unstyle(status_word(side.status)),
        side.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        "·" if side.seconds is None else f"{side.seconds:.2f} s",
        version if side.own or side.version is None else f"{version} (an earlier run's)",
        side.rows,
    )


def _both(values: tuple[Any, Any], form: str = "{}") -> tuple[Any, Any]:
    left, right = (None if value is None else form.format(value) for value in values)
    return left, right


def _change(counts: tuple[int | None, int | None]) -> str:
    return f"{(counts[1] or 0) - (counts[0] or 0):+,}"
