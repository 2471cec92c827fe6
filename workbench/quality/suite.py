"""Great Expectations: evaluates what SQL cannot.

Only modules of this package named ``suite*`` import it, and only when a check needs it. The context
is ephemeral: nothing is written, nothing is sent.

How columns are handed over: integers stay exact; decimals become floating point, except for the
expectations of order, which compare exactly; dates and timestamps become timestamps; texts stay
texts.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.model.result import CheckResult
from workbench.quality import catalog
from workbench.quality.results import plain_kwargs, validation_text
from workbench.quality.scope import plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbench.spec.models import ExpectationUse

#: Success, result and error of one expectation.
_Found = tuple[bool, dict[str, Any], str | None]

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
    context = quiet_context()
    outcomes: dict[int, CheckResult] = {}
    for exact in (False, True):
        group = {n: use for n, use in enumerate(expectations) if (use.name in _EXACT) == exact}
        if group:
            batch = _batch(context, f"exact_{exact}", _pandas(arrow, exact=exact))
            outcomes |= zip(group, validate(batch, list(group.values())), strict=True)
    return tuple(outcomes[index] for index in sorted(outcomes))


def _arrow(table: pa.Table | Path | str) -> pa.Table:
    if isinstance(table, Path | str):
        import pyarrow.parquet

        return pyarrow.parquet.read_table(table)
    return table


def quiet_context() -> Any:
    """An ephemeral context of Great Expectations, without progress bars."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    with quietly():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _batch(context: Any, name: str, frame: pd.DataFrame) -> Any:
    with quietly():
        asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
        definition = asset.add_batch_definition_whole_dataframe(name)
        return definition.get_batch(batch_parameters={"dataframe": frame})


def validate(batch: Any, uses: Sequence[ExpectationUse]) -> list[CheckResult]:
    """Evaluate expectations over a batch, together; what goes wrong becomes an ``error``."""
    started = time.perf_counter()
    made: dict[int, Any] = {}
    found: dict[int, _Found] = {}
    for index, use in enumerate(uses):
        try:
            made[index] = _expectation(use, index)
        except ValidationError as problem:
            found[index] = (False, {}, validation_text(problem))
        except Exception as problem:
            found[index] = (False, {}, _first_line(problem))
    found |= _validate(batch, made)
    seconds = (time.perf_counter() - started) / max(1, len(uses))
    return [_check(use, found[index], seconds) for index, use in enumerate(uses)]


def _check(use: ExpectationUse, found: _Found, seconds: float) -> CheckResult:
    success, result, error = found
    return CheckResult(
        expectation=use.name,
        kwargs=plain_kwargs(use.kwargs),
        severity=use.severity,
        success=success and error is None,
        result=result,
        engine="gx",
        error=error,
        seconds=seconds,
    )


def _expectation(use: ExpectationUse, index: int) -> Any:
    """Great Expectations' object, with its place in the spec as meta data."""
    from great_expectations.expectations.registry import get_expectation_impl

    arguments = catalog.model(use.name).model_validate(use.kwargs).model_dump(exclude_unset=True)
    given = {name: _listed(value) for name, value in arguments.items() if name not in _OURS}
    return get_expectation_impl(use.name)(**given, meta={"index": index})


def _validate(batch: Any, made: dict[int, Any]) -> dict[int, _Found]:
    """Validate as one suite; if that raises, each alone, to find which it is."""
    if not made:
        return {}
    try:
        with quietly():
            suite = great_expectations().ExpectationSuite(name="checks")
            suite.expectations = list(made.values())
            outcomes = batch.validate(suite, result_format="SUMMARY").results
    # Great Expectations raises whatever its metrics raise; none of it may end the run unexplained.
    except Exception as problem:
        if len(made) == 1:
            return {index: (False, {}, _first_line(problem)) for index in made}
        alone = (_validate(batch, {index: one}) for index, one in made.items())
        return {index: found for each in alone for index, found in each.items()}
    return {
        outcome.expectation_config.meta["index"]: (
            bool(outcome.success),
            _plain_result(outcome.result),
            _exception_text(outcome.exception_info),
        )
        for outcome in outcomes
    }


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
            return _first_line(detail.get("exception_message"))
    return None


def _first_line(problem: object) -> str:
    lines = [line for line in str(problem or "").strip().splitlines() if line.strip()]
    return f"Great Expectations: {lines[0] if lines else 'it could not be evaluated'}"


def _plain_result(result: Any) -> dict[str, Any]:
    """The result as JSON can hold it: NumPy's and pandas' values become Python's."""
    return {str(key): _plain(value) for key, value in dict(result or {}).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return _plain(value.tolist())
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
        if pa.types.is_integer(kind) and column.null_count and _beyond_float(column):
            columns[name] = column.to_pandas(types_mapper={kind: pd.Int64Dtype()}.get)
        elif pa.types.is_boolean(kind) and column.null_count:
            columns[name] = column.to_pandas(types_mapper={kind: pd.BooleanDtype()}.get)
        else:
            columns[name] = column.to_pandas()
    return pd.DataFrame(columns)


def _beyond_float(column: pa.ChunkedArray) -> bool:
    """Whether integers are too great to be exact as floating point."""
    import pyarrow.compute as pc

    ends = pc.min_max(column).as_py()
    return any(abs(end) > 2**53 for end in ends.values() if end is not None)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without warnings and progress bars: notebooks show results, not chatter."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
