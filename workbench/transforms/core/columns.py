"""Selecting columns: by name, list, pattern, all except some, or all."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import Discriminator, Field, Tag, field_validator

from workbench.errors import TransformError
from workbench.model import regex
from workbench.model.dataset import PROVENANCE
from workbench.model.value import Options

#: How names begin that transforms use between themselves.
RESERVED = "_wb_"
#: Marks of a row that was refused but not yet split out: number of the transform, reasons and
#: values as JSON text.
STEP, REASONS, VALUES = (f"{RESERVED}{name}" for name in ("step", "reasons", "values"))
MARKS = (STEP, REASONS, VALUES)
#: A number that is unique to a row of a materialised table.
ROW_ID = f"{RESERVED}row"
HIDDEN = frozenset((*PROVENANCE, *MARKS, ROW_ID))

T = TypeVar("T")

Name = Annotated[
    str,
    Field(min_length=1, description="a column name", json_schema_extra={"format": "column"}),
]
#: The name of a column that a transform makes.
NewName = Annotated[
    str,
    Field(min_length=1, description="a column name", json_schema_extra={"format": "new-column"}),
]


class Pattern(Options):
    """Columns whose name, or header as received, matches a regular expression."""

    pattern: str = Field(
        description="a regular expression, searched in the name: ^ and $ anchor",
        json_schema_extra={"format": "regex"},
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return regex.check(pattern)


class Except(Options):
    """All columns except some."""

    except_: Name | tuple[Name, ...] | Pattern = Field(
        alias="except", description="the columns to leave out: a name, a list, or {pattern: …}"
    )


def _form(value: Any) -> str:
    if isinstance(value, Pattern) or (isinstance(value, Mapping) and "pattern" in value):
        return "pattern"
    if isinstance(value, Except | Mapping):
        return "except"
    return "name" if isinstance(value, str) else "names"


#: How a spec names columns.
Selection = Annotated[
    Annotated[Name, Tag("name")]
    | Annotated[tuple[Name, ...], Tag("names")]
    | Annotated[Pattern, Tag("pattern")]
    | Annotated[Except, Tag("except")],
    Discriminator(_form),
    Field(
        description="a name, a list of names, {pattern: regex}, {except: […]} or all",
        json_schema_extra={"format": "columns"},
    ),
]


def free_names(given: T, names: Iterable[str]) -> T:
    """``given``, unless one of the new ``names`` is reserved or there twice: ``ValueError``."""
    for name, times in Counter(each.casefold() for each in names).items():
        if name in HIDDEN or name.startswith(RESERVED):
            raise ValueError(f"the name {name!r} is reserved for the workbench")
        if times > 1:
            raise ValueError(f"the new name {name!r} is given twice")
    return given


def has_rowid(names: Iterable[str]) -> bool:
    """Whether a column hides DuckDB's own numbers of rows, which are called ``rowid``."""
    return any(name.lower() == "rowid" for name in names)


def visible(names: Iterable[str]) -> list[str]:
    """The columns that a spec speaks of: all but provenance and marks."""
    return [name for name in names if name not in HIDDEN]


def find(name: str, names: Collection[str], originals: Mapping[str, str]) -> str:
    """The column called ``name``, or received under this header; ``TransformError`` if none."""
    if name in names:
        return name
    received = [each for each in names if originals.get(each) == name]
    if len(received) == 1:
        return received[0]
    shown = list(names)
    headers = [originals[each] for each in shown if each in originals]
    folded = {each.casefold(): each for each in (*headers, *shown)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
    listed = ", ".join(shown[:30]) + (", …" if len(shown) > 30 else "")
    raise TransformError(
        f"there is no column {name!r}{hint}", remedy=f"columns at this point: {listed or 'none'}"
    )


def choose(
    selection: Any, names: Sequence[str], originals: Mapping[str, str] | None = None
) -> list[str]:
    """The columns of ``names`` that ``selection`` means.

    A list keeps its own order and other forms that of the table. ``TransformError`` for names
    that are not there, named twice, and patterns that match nothing.
    """
    originals = originals or {}
    if isinstance(selection, Pattern):
        hits = regex.matching(selection.pattern, names)
        heads = regex.matching(selection.pattern, [originals.get(name, "") for name in names])
        chosen = [name for name, *hit in zip(names, hits, heads, strict=True) if any(hit)]
        if not chosen:
            raise TransformError(
                f"no column matches the pattern {selection.pattern!r}",
                remedy=f"columns at this point: {', '.join(names) or 'none'}",
            )
        return chosen
    if isinstance(selection, Except):
        left_out = set(choose(selection.except_, names, originals))
        return [name for name in names if name not in left_out]
    if isinstance(selection, str):
        if selection == "all" and "all" not in names:
            return list(names)
        return [find(selection, names, originals)]
    chosen = [find(name, names, originals) for name in selection]
    doubled = sorted({name for name in chosen if chosen.count(name) > 1})
    if doubled:
        raise TransformError(
            f"column {doubled[0]!r} is named twice", remedy="name each column once"
        )
    return chosen


def in_words(selection: Any) -> str:
    """A selection in words, for summaries."""
    if isinstance(selection, Pattern):
        return f"columns like {selection.pattern}"
    if isinstance(selection, Except):
        return f"all columns except {in_words(selection.except_)}"
    if isinstance(selection, str):
        return "all columns" if selection == "all" else selection
    return listed(selection)


def listed(names: Iterable[str], limit: int = 6) -> str:
    """Names with commas, the first few of many."""
    shown = list(names)
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + more


def fresh(name: str, taken: Collection[str]) -> str:
    """``name``, with underscores after it until it is not taken, whatever the case."""
    folded = {each.casefold() for each in taken}
    while name.casefold() in folded:
        name += "_"
    return name
