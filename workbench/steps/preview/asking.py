"""What forms of rules ask: which columns a choice means, what a cast makes of typed samples, which
expectations the rows suggest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
