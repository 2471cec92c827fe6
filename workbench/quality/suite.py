"""Great Expectations: evaluates what SQL cannot.

Only modules of this package named ``suite*`` import it, and only when a check needs it. The context
is ephemeral: nothing is written, nothing is sent.

How columns are handed over: integers stay exact (nullable where values are missing); decimals
become floating point, except for the expectations of order, which compare exactly; dates and
timestamps become timestamps; texts stay texts.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import time
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.model.result import CheckResult
from workbench.quality import catalog
from workbench.quality.results import plain_kwargs, validation_text
from workbench.quality.scope import missing, plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbench.spec.models import ExpectationUse

#: Our own arguments, which Great Expectations does not know or reads differently.
_OURS = ("description", "row_condition")
_EXACT = frozenset(
    {"expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing"}
)


@cache
def great_expectations() -> Any:
    """The package, imported once, without analytics and without its slowest dependency."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    # A grammar that jsonschema's optional format checks would compile: over a second of import.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        import great_expectations.expectations
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx


def run_gx(
    table: pa.Table | Path | str, expectations: Sequence[ExpectationUse]
) -> tuple[CheckResult, ...]:
    """Evaluate ``expectations`` over an Arrow table, or a Parquet file, with Great Expectations.

    Whatever goes wrong within one expectation becomes the ``error`` of its result.
    """
    arrow = _arrow(table)
    context = _context()
    batches: dict[bool, Any] = {}
    outcomes = []
    for index, use in enumerate(expectations):
        exact = use.name in _EXACT
        if exact not in batches:
            batches[exact] = _batch(context, f"t{index}", _pandas(arrow, exact=exact))
        outcomes.append(_evaluate(batches[exact], use, arrow.column_names))
    return tuple(outcomes)


def _arrow(table: pa.Table | Path | str) -> pa.Table:
    if isinstance(table, Path | str):
        import pyarrow.parquet

        return pyarrow.parquet.read_table(table)
    return table


def _context() -> Any:
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    with _quietly():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _batch(context: Any, name: str, frame: pd.DataFrame) -> Any:
    with _quietly():
        asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
        definition = asset.add_batch_definition_whole_dataframe(name)
        return definition.get_batch(batch_parameters={"dataframe": frame})


def _evaluate(batch: Any, use: ExpectationUse, names: Sequence[str]) -> CheckResult:
    started = time.perf_counter()
    success, error = False, None
    result: dict[str, Any] = {}
    try:
        arguments = catalog.model(use.name).model_validate(use.kwargs)
        absent = [name for name in catalog.columns(use.name, arguments) if name not in names]
        if absent:
            raise ValueError(missing(absent[0], names))
        success, result, error = _validate(batch, use, arguments.model_dump(exclude_unset=True))
    except ValidationError as problem:
        error = validation_text(problem)
    except ValueError as problem:
        error = str(problem)
    return CheckResult(
        expectation=use.name,
        kwargs=plain_kwargs(use.kwargs),
        severity=use.severity,
        success=success and error is None,
        result=result,
        engine="gx",
        error=error,
        seconds=time.perf_counter() - started,
    )


def _validate(
    batch: Any, use: ExpectationUse, kwargs: dict[str, Any]
) -> tuple[bool, dict[str, Any], str | None]:
    """Success, result and error of one expectation over one batch."""
    given = {name: _listed(value) for name, value in kwargs.items() if name not in _OURS}
    try:
        from great_expectations.expectations.registry import get_expectation_impl

        with _quietly():
            expectation = get_expectation_impl(use.name)(**given)
            outcome = batch.validate(expectation, result_format="SUMMARY")
    # Great Expectations raises whatever its metrics raise; none of it may end the run unexplained.
    except Exception as problem:
        return False, {}, _first_line(str(problem) or type(problem).__name__)
    error = _exception_text(outcome.exception_info)
    return bool(outcome.success), _plain_result(outcome.result), error


def _listed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_listed(item) for item in value]
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return value


def _exception_text(info: Any) -> str | None:
    """The message of an exception within a validation, which Great Expectations only mentions."""
    if not isinstance(info, dict):
        return None
    if "raised_exception" in info:
        info = {"": info}
    for detail in info.values():
        if isinstance(detail, dict) and detail.get("raised_exception"):
            return _first_line(str(detail.get("exception_message") or "it could not be evaluated"))
    return None


def _first_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return f"Great Expectations: {lines[0] if lines else 'it could not be evaluated'}"


def _plain_result(result: Any) -> dict[str, Any]:
    """The result as JSON can hold it: NumPy's and pandas' values become Python's."""
    return {str(key): _plain(value) for key, value in dict(result or {}).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if hasattr(value, "isoformat"):
        return None if str(value) == "NaT" else value.isoformat()
    if (isinstance(value, float) and value != value) or str(value) in ("NaT", "<NA>"):
        return None
    return plain(value)


def _pandas(table: pa.Table, *, exact: bool) -> pd.DataFrame:
    """The table as Great Expectations' pandas engine computes with it; see the module."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_decimal(kind) and not exact:
            column = pc.cast(column, pa.float64())
        elif pa.types.is_date(kind):
            column = pc.cast(column, pa.timestamp("us"))
        if pa.types.is_integer(kind) and column.null_count:
            columns[name] = column.to_pandas(types_mapper={kind: pd.Int64Dtype()}.get)
        elif pa.types.is_boolean(kind) and column.null_count:
            columns[name] = column.to_pandas(types_mapper={kind: pd.BooleanDtype()}.get)
        else:
            columns[name] = column.to_pandas()
    return pd.DataFrame(columns)


@contextlib.contextmanager
def _quietly() -> Any:
    """Without warnings and progress bars: notebooks show results, not chatter."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
