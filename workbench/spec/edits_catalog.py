"""Edits of what datasets, columns and terms mean, from words to YAML.

Each function takes the data of a file as it is written and gives the edits that say it. Words
that are empty take their key away, and what is empty then goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from workbench.errors import EditRefused
from workbench.spec.edits import Edit, Remove, Set
from workbench.spec.yaml_source import Keys

DatasetField = Literal["title", "description", "owner", "tags"]
ColumnField = Literal["description", "term", "mask"]
TermField = Literal["name", "definition", "synonyms", "owner"]
COLUMN_FIELDS: tuple[ColumnField, ...] = get_args(ColumnField)

#: A word, or words of a list; ``None`` takes it away.
Said = str | list[str] | bool | None


def describe_dataset(data: Any, field: DatasetField, value: Said) -> list[Edit]:
    """Say something about a dataset."""
    return _say(data, (), field, value)


def describe_column(data: Any, column: str, field: ColumnField, value: Said) -> list[Edit]:
    """Say something about a column, which need not be named in the spec before."""
    columns = data.get("columns") if isinstance(data, Mapping) else None
    there = columns.get(column) if isinstance(columns, Mapping) else None
    if columns is not None and not isinstance(columns, Mapping):
        raise EditRefused("'columns' is no mapping", remedy="write 'columns: {NAME: {…}}'")
    if not isinstance(there, Mapping):  # there is none, or nothing is said of it yet
        return [Set(("columns", column), {field: value})] if _is_said(value) else []
    edits = _say(there, ("columns", column), field, value)
    if edits and isinstance(edits[0], Remove) and len(there) == 1:
        whole: Keys = ("columns",) if len(columns or ()) == 1 else ("columns", column)
        return [Remove(whole)]
    return edits


def describe_term(data: Any, key: str, field: TermField, value: Said) -> list[Edit]:
    """Say something about a term of the glossary."""
    term = terms_in(data).get(key)
    if not isinstance(term, Mapping):
        raise EditRefused(f"the glossary has no term {key!r}", remedy="add it first")
    if field == "name" and not _is_said(value):
        raise EditRefused("a term needs a name", remedy="write one, or remove the term")
    return _say(term, ("terms", key), field, value)


def add_term(data: Any, key: str, name: str) -> list[Edit]:
    """A further term; the glossary has others already."""
    if key in terms_in(data):
        raise EditRefused(f"the glossary has a term {key!r} already", remedy="use another key")
    return [Set(("terms", key), {"name": name})]


def remove_term(data: Any, key: str) -> list[Edit]:
    """Take a term away."""
    if key not in terms_in(data):
        raise EditRefused(f"the glossary has no term {key!r}", remedy="look at it, it has changed")
    if len(terms_in(data)) == 1:
        return [Set(("terms",), {})]
    return [Remove(("terms", key))]


def terms_in(data: Any) -> Mapping[str, Any]:
    """The terms of a glossary as they are written."""
    found = data.get("terms") if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _say(data: Any, path: Keys, field: str, value: Said) -> list[Edit]:
    there = data if isinstance(data, Mapping) else {}
    if _is_said(value):
        return [] if there.get(field) == value else [Set((*path, field), value)]
    return [Remove((*path, field))] if field in there else []


def _is_said(value: Said) -> bool:
    return value not in (None, "", [])
