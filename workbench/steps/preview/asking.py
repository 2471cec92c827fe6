"""What forms of rules ask: which columns a choice means, what a cast makes of typed samples, which
expectations the rows suggest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from workbench.errors import ConfigError, WorkbenchError
from workbench.quality.suggesting import Suggestion, suggest
from workbench.records.results import latest_profiles
from workbench.steps.preview import trying
from workbench.steps.preview.model import Trial
from workbench.transforms.core.columns import Selection, choose

if TYPE_CHECKING:
    from workbench.model.dataset import Column
    from workbench.steps.preview.engine import Engine
    from workbench.steps.preview.preview import Preview

_SELECTION: TypeAdapter[Any] = TypeAdapter(Selection)


def look(preview: Preview, between: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """What the rows say of every rule, as plain values for the front.

    Columns and rows after each transform, and how many rows fail each expectation (none if a
    transform cannot be done). ``between`` is called on the way and may raise.
    """
    view = preview.view()
    between()
    steps = [
        {
            "number": step.number,
            "name": step.name,
            "rows": step.rows,
            "columns": [
                {"name": each.name, "type": each.type, "original": each.original}
                for each in step.columns
            ],
            "reasons": [list(reason) for reason in step.reasons],
            "fault": step.fault.model_dump() if step.fault else None,
            "summary": step.summary,
        }
        for step in view.steps
    ]
    checks = None if any(step.fault for step in view.steps) else preview.checks()
    told = ("number", "name", "success", "failing", "looked", "words", "error")
    return {
        "dataset": view.dataset,
        "scope": view.scope,
        "file": view.input.file,
        "rows": view.input.rows,
        "whole_rows": view.input.whole_rows,
        "steps": steps,
        "checks": [
            {name: getattr(each, name) for name in told}
            for each in (checks.checks if checks else ())
        ],
        "failing_rows": checks.failing_rows if checks else None,
    }


def chosen(selection: Any, columns: Sequence[Column]) -> list[str]:
    """The names of those ``columns`` that a selection of a spec means.

    Raises ``ConfigError`` for what is no selection, ``TransformError`` for names that are not there
    and patterns that match nothing.
    """
    try:
        read = _SELECTION.validate_python(selection)
    except ValidationError as error:
        words = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        raise ConfigError(
            f"this does not choose columns: {words}",
            remedy="write a name, a list of names, {pattern: regex}, {except: […]} or all",
        ) from None
    originals = {each.name: each.original for each in columns if each.original is not None}
    return choose(read, [each.name for each in columns], originals)


def try_texts(engine: Engine, texts: Sequence[str], cast: Mapping[str, Any]) -> Trial:
    """What ``type_cast`` with the options ``cast`` of one column makes of typed samples."""
    with engine.building("sample") as builder:
        name = engine.name("typed")
        typed = pa.table(
            {"value": pa.array(texts, pa.string()), "count": pa.array([1] * len(texts), pa.int64())}
        )
        builder.connection.register(name, typed)
        try:
            return trying.try_cast(builder.backend, builder.backend.table(name), cast)
        finally:
            builder.connection.unregister(name)


def suggestions(preview: Preview) -> tuple[Suggestion, ...]:
    """Expectations that the previewed rows, and the last run, suggest for the spec."""
    kept, _ = preview._at(-1)
    spec, records = preview.spec, preview.engine.records()
    earlier = {}
    if records is not None:
        try:
            earlier = {each.column: each for each in latest_profiles(records, spec.dataset)}
        except WorkbenchError:
            earlier = {}
    columns = [each.name for each in kept.stage.columns]
    with preview.engine.reading() as cursor:
        return suggest(
            cursor, kept.view, columns,
            key=spec.key, existing=spec.expectations, earlier=earlier,
        )  # fmt: skip
