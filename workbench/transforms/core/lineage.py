"""Column lineage, read off an expression graph.

Every kind of relation and value that may stand in a graph is matched; one that is not known is an
error, since a walker that skips it would answer "depends on nothing".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.errors import TransformError
from workbench.model.lineage import EdgeKind, LineageEdge
from workbench.transforms.core.columns import HIDDEN

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: A column of a table that is not computed here.
Origin = tuple[str, str]

_STRENGTH: tuple[EdgeKind, ...] = ("direct", "derived", "aggregated")


def edges(table: ir.Table, columns: Iterable[str], target: str) -> tuple[LineageEdge, ...]:
    """Edges to ``columns`` of ``table``, and to its rows (``target_column`` is ``None``).

    A source column that reaches a target column in several ways has one edge, of the kind that
    says most: aggregated, derived, direct.
    """
    walker = _Walker()
    relation = table.op()
    found: dict[LineageEdge, None] = {}
    sources: dict[str, None] = {}
    for column in columns:
        for (source, name), kind in walker.column(relation, column).items():
            found[_edge(source, name, target, column, kind)] = None
            sources[source] = None
    for (source, name), kind in walker.rows(relation):
        found[_edge(source, name, target, None, kind)] = None
        sources[source] = None
    for source in walker.leaves(relation):
        sources[source] = None
    between = [LineageEdge(source=source, target=target) for source in sources]
    return (*between, *found)


def _edge(source: str, name: str, target: str, column: str | None, kind: EdgeKind) -> LineageEdge:
    return LineageEdge(
        source=source, source_column=name, target=target, target_column=column, kind=kind
    )


def _unknown(node: Any) -> TransformError:
    return TransformError(
        f"the lineage of the operation {type(node).__name__} is not known",
        remedy="teach it to workbench.transforms.core.lineage",
    )


class _Walker:
    """Walks one graph, remembering the columns that it has seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Any, str], dict[Origin, EdgeKind]] = {}

    def column(self, relation: Any, name: str) -> dict[Origin, EdgeKind]:
        """Where column ``name`` of ``relation`` comes from."""
        key = (relation, name)
        if key not in self._seen:
            self._seen[key] = self._column(relation, name)
        return self._seen[key]

    def _column(self, relation: Any, name: str) -> dict[Origin, EdgeKind]:
        import ibis.expr.operations as ops

        match relation:
            case ops.UnboundTable() | ops.DatabaseTable() | ops.InMemoryTable():
                return {} if name in HIDDEN else {(relation.name, name): "direct"}
            case ops.Set():
                return _merged(self.column(relation.left, name), self.column(relation.right, name))
            case ops.SelfReference() | ops.JoinReference() | ops.DropColumns():
                return self.column(relation.parent, name)
            case ops.Distinct() | ops.Sample() | ops.Sort() | ops.Limit() | ops.Filter():
                return self.column(relation.parent, name)
            case ops.FillNull() | ops.DropNull():
                return self.column(relation.parent, name)
            case ops.Project() | ops.JoinChain():
                return self.value(relation.values[name])
            case ops.Aggregate():
                if name in relation.groups:
                    return self.value(relation.groups[name])
                return self.value(relation.metrics[name])
            case _:
                raise _unknown(relation)

    def value(self, node: Any, path: tuple[str, ...] = ()) -> dict[Origin, EdgeKind]:
        """Where a value comes from; ``path`` are the fields that are taken from a struct."""
        import ibis.expr.operations as ops

        match node:
            case ops.Literal() | ops.ScalarParameter() | ops.Constant():
                return {}
            case ops.Field() if path:
                return self._nested(node.rel, node.name, path)
            case ops.Field():
                return self.column(node.rel, node.name)
            case ops.Alias() | ops.Arbitrary():
                # any value of a group is one of its values, unchanged
                return self.value(node.arg, path)
            case ops.StructField():
                return self.value(node.arg, (node.field, *path))
            case ops.StructColumn() if path:
                return self.value(node.values[node.names.index(path[0])], path[1:])
            case ops.Unnest():
                return self.value(node.arg, path)
            case ops.Array():
                return self._all(node.exprs, "direct", path)
            case ops.WindowFunction():
                computed = isinstance(node.func, ops.Reduction)
                computed = computed and not isinstance(node.func, ops.Arbitrary)
                kind: EdgeKind = "aggregated" if computed else "derived"
                inner = _raised(self._all(node.func.args, kind), kind)
                decide = (
                    *node.group_by,
                    *(key.arg if isinstance(key, ops.SortKey) else key for key in node.order_by),
                )
                deciding: dict[Origin, EdgeKind] = dict.fromkeys(
                    self._all(decide, "derived"), "derived"
                )
                return _merged(inner, deciding)
            case ops.Reduction():
                return self._all(node.args, "aggregated")
            case ops.Subquery() | ops.Analytic() | ops.RowID() | ops.Argument():
                raise _unknown(node)
            case ops.Value() if not any(isinstance(arg, ops.Relation) for arg in node.args):
                return self._all(node.args, "derived")
            case _:
                raise _unknown(node)

    def _nested(self, relation: Any, name: str, path: tuple[str, ...]) -> dict[Origin, EdgeKind]:
        import ibis.expr.operations as ops

        match relation:
            case ops.Project() | ops.JoinChain():
                return self.value(relation.values[name], path)
            case ops.Filter() | ops.SelfReference() | ops.JoinReference() | ops.DropColumns():
                return self._nested(relation.parent, name, path)
            case _:
                return self.column(relation, name)

    def _all(
        self, args: Iterable[Any], kind: EdgeKind, path: tuple[str, ...] = ()
    ) -> dict[Origin, EdgeKind]:
        """The origins of all values among ``args``, at least of this kind."""
        found: dict[Origin, EdgeKind] = {}
        for value in _values(args):
            found = _merged(found, self.value(value, path))
        return _raised(found, kind)

    def rows(self, relation: Any) -> Iterator[tuple[Origin, EdgeKind]]:
        """What decides which rows ``relation`` has."""
        import ibis.expr.operations as ops

        seen: set[Any] = set()
        stack = [relation]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            match node:
                case ops.UnboundTable() | ops.DatabaseTable() | ops.InMemoryTable():
                    continue
                case ops.Filter():
                    for predicate in node.predicates:
                        ranked = predicate.find(ops.WindowFunction) or _on_window(predicate)
                        yield from self._decides([predicate], "dedupe" if ranked else "filter")
                case ops.JoinChain():
                    for link in node.rest:
                        yield from self._decides(link.predicates, "join")
                    stack += [each.parent for each in node.tables]
                    continue
                case ops.Distinct():
                    for name in node.schema.names:
                        yield from ((each, "dedupe") for each in self.column(node.parent, name))
                case ops.DropNull():
                    yield from self._decides(node.subset or (), "filter")
                case ops.Limit() | ops.Sample() | ops.Sort() | ops.FillNull():
                    pass
                case ops.Set():
                    stack += [node.left, node.right]
                    continue
                case ops.Aggregate() | ops.Project() | ops.DropColumns() | ops.SelfReference():
                    pass
                case _:
                    raise _unknown(node)
            stack.append(node.parent)

    def _decides(self, values: Iterable[Any], kind: EdgeKind) -> Iterator[tuple[Origin, EdgeKind]]:
        for value in values:
            for origin in self.value(value):
                yield origin, kind

    def leaves(self, relation: Any) -> list[str]:
        """The names of the tables that a relation is made from."""
        import ibis.expr.operations as ops

        return list(dict.fromkeys(leaf.name for leaf in relation.find(ops.PhysicalTable)))


def _values(args: Iterable[Any]) -> Iterator[Any]:
    import ibis.expr.operations as ops

    for arg in args:
        if isinstance(arg, ops.SortKey):
            yield arg.arg
        elif isinstance(arg, ops.Value):
            yield arg
        elif isinstance(arg, tuple):
            yield from _values(arg)


def _on_window(predicate: Any) -> bool:
    """Whether a predicate is about a rank that was computed just below."""
    import ibis.expr.operations as ops

    return any(
        isinstance(field.rel, ops.Project)
        and isinstance(field.rel.values[field.name], ops.WindowFunction)
        for field in predicate.find(ops.Field)
    )


def _raised(origins: dict[Origin, EdgeKind], kind: EdgeKind) -> dict[Origin, EdgeKind]:
    return {origin: max(each, kind, key=_STRENGTH.index) for origin, each in origins.items()}


def _merged(left: dict[Origin, EdgeKind], right: dict[Origin, EdgeKind]) -> dict[Origin, EdgeKind]:
    merged = dict(left)
    for origin, kind in right.items():
        merged[origin] = max(merged.get(origin, kind), kind, key=_STRENGTH.index)
    return merged
