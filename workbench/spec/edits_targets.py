"""Edits of what a dataset is told apart by and where it is loaded, from choices to YAML.

Each function takes the data of a spec as it is written (nothing filled in) and gives the edits
that make a choice. A choice that is the default takes the key away instead of writing it down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from workbench.errors import EditRefused
from workbench.spec.edits import Edit, Insert, Remove, Set

TargetField = Literal["connection", "schema", "table", "strategy", "on", "provenance"]
FIELDS: tuple[TargetField, ...] = get_args(TargetField)


def targets_in(data: Any) -> list[dict[str, Any]]:
    """The targets as they are written; none where they cannot be read."""
    found = data.get("targets") if isinstance(data, Mapping) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def set_key(data: Any, columns: Sequence[str]) -> list[Edit]:
    """Make these columns the key; none: no key. What is compared loses what is part of it."""
    data = data if isinstance(data, Mapping) else {}
    edits: list[Edit] = []
    if columns:
        edits.append(Set(("key",), list(columns)))
    elif "key" in data:
        edits.append(Remove(("key",)))
    compared = data.get("compare")
    if isinstance(compared, list) and set(compared) & set(columns):
        left = [name for name in compared if name not in columns]
        edits.append(Set(("compare",), left) if left else Remove(("compare",)))
    return edits


def set_target(data: Any, index: int, field: TargetField, value: Any) -> list[Edit]:
    """Write a field of a target; an empty value, or ``None``, takes it away.

    Another strategy than ``delete_insert`` deletes by nothing, so ``on`` goes with it.
    """
    target = _target(data, index)
    path = ("targets", index)
    edits: list[Edit] = []
    if value in (None, "", [], ()) or (field == "provenance" and value is False):
        if field in target:
            edits.append(Remove((*path, field)))
    elif target.get(field) != value:
        edits.append(Set((*path, field), list(value) if isinstance(value, tuple) else value))
    if field == "strategy" and value != "delete_insert" and "on" in target:
        edits.append(Remove((*path, "on")))
    return edits


def add_target(data: Any, connection: str, table: str = "") -> list[Edit]:
    """A further target at the end."""
    given = {"connection": connection} | ({"table": table} if table else {})
    written = data.get("targets") if isinstance(data, Mapping) else None
    if isinstance(written, list) and written:
        return [Insert(("targets",), len(written), given)]
    return [Set(("targets",), [given])]


def remove_target(data: Any, index: int) -> list[Edit]:
    """Take a target away; with the last one goes the key ``targets``."""
    _target(data, index)
    if len(data["targets"]) == 1:
        return [Remove(("targets",))]
    return [Remove(("targets", index))]


def _target(data: Any, index: int) -> dict[str, Any]:
    written = data.get("targets") if isinstance(data, Mapping) else None
    if not isinstance(written, list) or not 0 <= index < len(written):
        raise EditRefused(
            f"there is no target {index + 1}", remedy="look at the spec, it may have changed"
        )
    if not isinstance(written[index], dict):
        raise EditRefused(
            f"target {index + 1} is no mapping", remedy="write '- {connection: NAME}' in the YAML"
        )
    return dict(written[index])
