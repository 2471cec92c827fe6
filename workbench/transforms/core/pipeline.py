"""Transforms in a row: what columns they give, and what they make of rows.

``columns_after`` and the lineage come from walking the transforms over an unbound table, where
nothing is computed; ``run`` walks them over real rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from workbench.errors import TransformError, WorkbenchError, as_storage_error
from workbench.model.dataset import Column
from workbench.model.ledger import TransformLedger
from workbench.model.lineage import LineageEdge
from workbench.registry import find
from workbench.spec.models import TransformUse
from workbench.transforms.core.columns import RESERVED, visible
from workbench.transforms.core.context import Applied, Context
from workbench.transforms.core.lineage import edges
from workbench.transforms.core.rows import Label, Rows, final, project
from workbench.transforms.core.types import to_ibis, to_logical

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PROVENANCE = {"_source": "string", "_row": "int64", "_run": "string"}

#: An expression over the unbound source, and the columns that it has.
Meant = tuple["ir.Table", tuple[Column, ...]]


@dataclass(frozen=True)
class Outcome:
    """What became of the rows.

    ``table`` has the final ``columns`` and, while rows descend from one received row, provenance.
    ``quarantined`` (``None`` if no row was refused) has ``_source, _row, _run, step, reasons``
    (JSON list of texts) and ``values`` (JSON object of the row before the transform refused it).
    """

    table: ir.Table
    quarantined: ir.Table | None
    ledgers: tuple[TransformLedger, ...]
    lineage: tuple[LineageEdge, ...]
    columns: tuple[Column, ...]


def planning_context(
    dataset: str,
    columns_of: Callable[[str], Sequence[Column]],
    received: Sequence[Column],
    *,
    params: Mapping[str, Any] | None = None,
    source: str | None = None,
) -> Context:
    """The context for a plan: other datasets are known by their columns alone."""
    return Context(
        dataset=dataset,
        resolve=lambda name: unbound(columns_of(name), name),
        originals=_originals(received),
        params=params or {},
        source=source,
        symbolic=True,
    )


def columns_after(
    columns: Sequence[Column], transforms: Sequence[TransformUse], context: Context
) -> list[tuple[Column, ...]]:
    """The columns after each transform, one entry for each in the spec, disabled ones too.

    ``TransformError`` names the transform and what is wrong with it.
    """
    start = unbound(columns, context.source or f"{context.dataset}.bronze")
    return [after for _, after in _walk(start, tuple(columns), transforms, context)]


def lineage(
    columns: Sequence[Column], transforms: Sequence[TransformUse], context: Context
) -> tuple[LineageEdge, ...]:
    """Edges from the columns of the source and of other datasets to the final columns."""
    start = unbound(columns, context.source or f"{context.dataset}.bronze")
    tables = [start, *(table for table, _ in _walk(start, tuple(columns), transforms, context))]
    return edges(tables[-1], visible(tables[-1].columns), context.dataset)


@dataclass(frozen=True)
class Stage:
    """Rows after some transforms, and what the ones that follow need to go on from there.

    ``meant`` is the same as an expression over the unbound source, for lineage; ``number`` is how
    many transforms of the spec are done, disabled ones included; ``unique`` says whether
    provenance still tells rows apart.
    """

    table: ir.Table
    meant: ir.Table
    columns: tuple[Column, ...]
    number: int = 0
    unique: bool = True


@dataclass(frozen=True)
class Advanced:
    """What transforms made of a stage: the next ``stage``, their ledgers, the rows refused."""

    stage: Stage
    ledgers: tuple[TransformLedger, ...]
    refused: tuple[ir.Table, ...]


def begin(table: ir.Table, context: Context) -> Stage:
    """The stage of received rows, before any transform."""
    received = columns_of(table, context.originals)
    return Stage(table, unbound(received, context.source or f"{context.dataset}.bronze"), received)


def think(
    meant: ir.Table,
    columns: tuple[Column, ...],
    transforms: Sequence[TransformUse],
    context: Context,
    *,
    done: int = 0,
) -> list[Meant]:
    """What each of ``transforms`` makes of an expression and its columns; nothing is computed."""
    return list(_walk(meant, columns, transforms, context, done))


def advance(
    stage: Stage,
    transforms: Sequence[TransformUse],
    context: Context,
    *,
    keep: bool = False,
    meant: Sequence[Meant] | None = None,
) -> Advanced:
    """Walk ``transforms``, which follow those of ``stage``, over its rows.

    With ``keep`` the rows are computed once and kept, so that others can start from them; else
    the last row-wise transforms may be left as an expression. ``meant`` is what ``think`` gave
    for just these transforms, if it is known. Raises as ``run`` does.
    """
    if meant is None:
        # all is walked in thought first: what does not fit is said before rows are computed
        meant = think(stage.meant, stage.columns, transforms, context, done=stage.number)
    rows = Rows(stage.table, context)
    known, unique = stage.columns, stage.unique
    for number, use in enumerate(transforms, start=stage.number + 1):
        if not use.enabled:
            continue
        label = Label(number, use.name)
        with blaming(context.dataset, label):
            module = find("transforms", use.name)
            rowwise = getattr(module, "ROWWISE", False)
            if not rowwise:
                rows.settle(numbered=getattr(module, "NUMBERED", False))
            now = replace(context, originals=_originals(known), rows_are_unique=unique)
            recall = context.recall if rowwise else None
            recalled = recall(rows.table, label, use, now) if recall else None
            applied, then = recalled or (module.apply(rows.table, use.options, now), None)
            unique = unique and not getattr(module, "EXPANDS", False)
            rows.take(label, applied, rowwise=rowwise, after=then)
        known = meant[number - stage.number - 1][1]
    with blaming(context.dataset):
        table = rows.finish(keep=keep)
    after = Stage(
        table, meant[-1][0] if meant else stage.meant, known, stage.number + len(transforms), unique
    )
    return Advanced(after, tuple(rows.ledgers), tuple(rows.refused))


def run(table: ir.Table, transforms: Sequence[TransformUse], context: Context) -> Outcome:
    """Walk ``transforms`` over the rows of ``table``.

    Raises ``TransformError`` and its kinds, and ``LedgerImbalance`` if rows were lost or doubled.
    """
    import ibis

    done = advance(begin(table, context), transforms, context)
    refused = ibis.union(*done.refused) if len(done.refused) > 1 else None
    quarantined = refused if refused is not None else next(iter(done.refused), None)
    found = lineage_of(done.stage, context)
    return Outcome(final(done.stage.table), quarantined, done.ledgers, found, done.stage.columns)


def lineage_of(stage: Stage, context: Context) -> tuple[LineageEdge, ...]:
    """Edges from the columns of the source and of other datasets to those of ``stage``."""
    return edges(stage.meant, [column.name for column in stage.columns], context.dataset)


def columns_of(table: ir.Table, originals: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    """The visible columns of a table, with logical types."""
    schema = table.schema()
    return tuple(
        Column(name=name, type=str(to_logical(schema[name])), original=(originals or {}).get(name))
        for name in visible(schema.names)
    )


def _walk(
    table: ir.Table,
    columns: tuple[Column, ...],
    transforms: Sequence[TransformUse],
    context: Context,
    done: int = 0,
) -> Iterator[Meant]:
    """The unbound table and its columns after each transform; ``done`` came before them."""
    given = context.resolve
    context = replace(context, symbolic=True, resolve=lambda name: _named(given(name), name))
    for number, use in enumerate(transforms, start=done + 1):
        if use.enabled:
            label = Label(number, use.name)
            now = replace(context, originals=_originals(columns))
            with blaming(context.dataset, label):
                module: ModuleType = find("transforms", use.name)
                applied: Applied = module.apply(table, use.options, now)
                # refusals are no lineage: without them the expression stays what it means
                table = project(replace(applied, problems=()), label, ())
                columns = _described(table, columns, applied.origins)
        yield table, columns


class blaming:
    """Errors that leave this block say where they come from; the engine's become ours."""

    def __init__(self, dataset: str, label: Label | None = None) -> None:
        self.where = f"dataset {dataset}" + (f", transform {label}" if label else "")

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, WorkbenchError):
            if not (error.where or "").startswith("dataset "):
                error.where = f"{self.where}: {error.where}" if error.where else self.where
            return
        if error is None or not isinstance(error, Exception):
            return
        full = as_storage_error(error, where=self.where)
        if full:
            raise full from error
        if type(error).__module__.split(".")[0] in ("ibis", "duckdb", "_duckdb", "sqlglot"):
            raise TransformError(
                f"the engine refuses it: {str(error).strip() or type(error).__name__}",
                where=self.where,
                remedy="look at the types and values of the columns that it names",
            ) from error


def _originals(columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: column.original for column in columns if column.original is not None}


def unbound(columns: Sequence[Column], name: str) -> ir.Table:
    """A table of columns without rows, with provenance, to think about."""
    import ibis

    schema = {column.name: to_ibis(column.type) for column in columns}
    provenance = {key: value for key, value in _PROVENANCE.items() if key not in schema}
    return ibis.table(provenance | schema, name=name)


def _named(table: ir.Table, name: str) -> ir.Table:
    import ibis

    return ibis.table(table.schema(), name=name)


def _described(
    table: ir.Table, before: Sequence[Column], origins: Mapping[str, str]
) -> tuple[Column, ...]:
    """The columns of ``table``; what was said about a column follows it through a rename."""
    known = {column.name: column for column in before}
    seen: dict[str, str] = {}
    after = []
    for column in columns_of(table):
        folded = column.name.casefold()
        if folded in seen:
            raise TransformError(
                f"columns {seen[folded]!r} and {column.name!r} differ only by case",
                remedy="give one of them another name",
            )
        seen[folded] = column.name
        if folded.startswith(RESERVED):
            raise TransformError(
                f"the name {column.name!r} is reserved for the workbench",
                remedy="rename the column",
            )
        old = known.get(origins.get(column.name, column.name))
        if old:
            kept = {"original": old.original, "description": old.description}
            column = column.model_copy(update=kept)
        after.append(column)
    return tuple(after)
