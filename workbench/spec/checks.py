"""Checks that need more than one value: within a dataset, and across the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from workbench.errors import Problem
from workbench.registry import find
from workbench.spec.models import DatasetSpec
from workbench.spec.problems import did_you_mean, listed
from workbench.spec.reading import Draft
from workbench.spec.yaml_source import Keys


def check_dataset(draft: Draft) -> Iterator[Problem]:
    """Faults within one dataset; keys that are broken already are not looked at again."""
    spec, source = draft.spec, draft.source
    if spec is None:
        return
    for key, columns in (("key", spec.key), ("compare", spec.compare)):
        for index in _repeated(columns):
            yield source.problem(
                (key, index), f"{columns[index]!r} is in {key!r} twice", "name each column once"
            )
    for index, column in enumerate(spec.compare):
        if column in spec.key:
            yield source.problem(
                ("compare", index), f"{column!r} is part of the key, so it never differs",
                "compare columns outside the key",
            )  # fmt: skip
    folded: dict[str, str] = {}
    for column in spec.columns:
        other = folded.setdefault(column.casefold(), column)
        if other != column:
            yield source.problem(
                ("columns", column), f"{column!r} and {other!r} differ only by case",
                "databases take them for the same column; keep one", at="key",
            )  # fmt: skip
    if "update" not in draft.broken and "source" not in draft.broken:
        if spec.layer == "gold" and spec.update not in (None, "replace"):
            yield source.problem(
                ("update",), f"a dataset made from datasets is recomputed whole, so it cannot "
                f"{spec.update}", "leave 'update' out",
            )  # fmt: skip
        elif spec.update == "merge" and not spec.key and "key" not in draft.broken:
            yield source.problem(
                ("update",), "'merge' needs a key", "write 'key: [column, …]', or 'update: append'"
            )
    yield from _check_targets(draft, spec)


def _check_targets(draft: Draft, spec: DatasetSpec) -> Iterator[Problem]:
    if draft.broken & {"targets", "key", "source", "update"}:
        return
    for index, target in enumerate(spec.targets):
        at: Keys = ("targets", index, "strategy")
        if target.strategy == "upsert" and not spec.key:
            yield draft.source.problem(
                at, "'upsert' needs a key", "write 'key: [column, …]', or another strategy: "
                "append, truncate_insert, delete_insert",
            )  # fmt: skip
        if target.strategy == "delete_insert" and not (target.on or spec.key):
            yield draft.source.problem(
                at, "'delete_insert' needs to know what to delete by",
                "write 'on: [column, …]' in the target, or give the dataset a key",
            )  # fmt: skip
        if target.on and target.strategy != "delete_insert":
            yield draft.source.problem(
                ("targets", index, "on"), f"'on' means nothing to {target.strategy!r}",
                "remove it, or write 'strategy: delete_insert'", at="key",
            )  # fmt: skip


def check_project(
    drafts: Sequence[Draft], connections: Collection[str], kinds: Mapping[str, str]
) -> Iterator[Problem]:
    """Faults between datasets and connections; ``kinds`` are the types of valid connections."""
    first: dict[str, Draft] = {}
    for draft in drafts:
        if draft.name in first:
            yield draft.source.problem(
                ("dataset",), f"the dataset {draft.name!r} is already in "
                f"{first[draft.name].source.file}", "give one of them another name",
            )  # fmt: skip
        elif draft.name:
            first[draft.name] = draft
    tables: dict[tuple[str, str, str], str] = {}
    for draft in drafts:
        for keys, name in draft.uses:
            if name not in first:
                yield draft.source.problem(
                    keys, f"unknown dataset {name!r}{did_you_mean(name, first)}",
                    listed("datasets of this project", first, name),
                )  # fmt: skip
        for index, name in _connections(draft):
            if name not in connections:
                yield draft.source.problem(
                    ("targets", index, "connection"),
                    f"unknown connection {name!r}{did_you_mean(name, connections)}",
                    listed("connections", connections)
                    + "; a new one is a file in specs/connections/",
                )  # fmt: skip
        if draft.spec is None or "targets" in draft.broken:
            continue
        yield from _check_capabilities(draft, draft.spec, kinds)
        for index, target in enumerate(draft.spec.targets):
            place = (target.connection, target.schema_ or "", target.table)
            other = tables.setdefault(place, f"dataset {draft.name!r}")
            if other != f"dataset {draft.name!r}" or _is_repeated(draft.spec, index):
                yield draft.source.problem(
                    ("targets", index), f"the table {target.table!r} of {target.connection!r} is "
                    f"already a target of {other}", "give each target a table of its own",
                )  # fmt: skip
    yield from _check_cycles(first)


def _check_capabilities(
    draft: Draft, spec: DatasetSpec, kinds: Mapping[str, str]
) -> Iterator[Problem]:
    """What a target asks for and its kind of destination cannot do."""
    told: set[str] = set()
    for index, target in enumerate(spec.targets):
        if target.connection not in kinds:
            continue
        can = find("destinations", kinds[target.connection]).CAPABILITIES
        at: Keys = ("targets", index)
        if not can.supports(target.strategy):
            yield draft.source.problem(
                (*at, "strategy"), f"{can.title} cannot {target.strategy!r}: "
                f"{can.reason(target.strategy)}", f"use one of: {', '.join(can.strategies)}",
            )  # fmt: skip
        if target.schema_ and not can.supports("schemas"):
            yield draft.source.problem(
                (*at, "schema"), f"{can.title} has no schemas: {can.reason('schemas')}",
                "leave 'schema' out", at="key",
            )  # fmt: skip
        for column in spec.columns:
            if can.too_long(column) and column not in told:
                told.add(column)
                yield draft.source.problem(
                    ("columns", column), f"the name has {len(column.encode())} bytes, and "
                    f"{can.title} ({target.connection}) takes {can.longest_name}",
                    "rename the column in the transforms", at="key",
                )  # fmt: skip


def _connections(draft: Draft) -> Iterator[tuple[int, str]]:
    """The connections that targets name, in broken targets too."""
    targets = draft.source.data.get("targets")
    for index, target in enumerate(targets if isinstance(targets, list) else ()):
        name = target.get("connection") if isinstance(target, dict) else None
        if isinstance(name, str):
            yield index, name


def _check_cycles(drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    graph = {
        name: [(keys, other) for keys, other in draft.uses if other in drafts]
        for name, draft in drafts.items()
    }
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        stack = [(start, iter(graph[start]))] if start not in done else []
        path.extend(name for name, _ in stack)
        while stack:
            name, edges = stack[-1]
            step = next(edges, None)
            if step is None:
                stack.pop()
                path.pop()
                done.add(name)
                continue
            keys, other = step
            if other in path:
                circle = " → ".join([*path[path.index(other) :], other])
                yield drafts[name].source.problem(
                    keys, f"datasets need each other in a circle: {circle}",
                    "take one of these references out",
                )  # fmt: skip
            elif other not in done:
                stack.append((other, iter(graph[other])))
                path.append(other)


def _repeated(columns: Sequence[str]) -> Iterable[int]:
    counts = Counter(columns)
    seen: set[str] = set()
    for index, column in enumerate(columns):
        if counts[column] > 1 and column in seen:
            yield index
        seen.add(column)


def _is_repeated(spec: DatasetSpec, index: int) -> bool:
    target = spec.targets[index]
    return any(
        (each.connection, each.schema_, each.table)
        == (target.connection, target.schema_, target.table)
        for each in spec.targets[:index]
    )
