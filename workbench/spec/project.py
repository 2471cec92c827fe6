"""All specs of a project, as the rest of the workbench sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from workbench.errors import NotFound, Problem, SpecError
from workbench.spec.connections import Connection
from workbench.spec.models import DatasetSpec
from workbench.spec.problems import did_you_mean, listed

T = TypeVar("T")


@dataclass(frozen=True)
class Project:
    """All specs of a project, valid and in agreement with each other.

    ``needs`` maps each dataset to the datasets it reads directly. ``faults`` are the problems of
    datasets that were left out (by the name of the file where it does not tell the dataset's).
    """

    root: Path
    datasets: Mapping[str, DatasetSpec]
    connections: Mapping[str, Connection]
    needs: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """The YAML of each dataset, by name."""
        return {name: spec.text for name, spec in self.datasets.items()}

    @property
    def hashes(self) -> dict[str, str]:
        """The hash of each dataset's spec, by name."""
        return {name: spec.hash for name, spec in self.datasets.items()}

    def secrets(self) -> tuple[str, ...]:
        """The secrets of all connections, so that what is saved can be scrubbed of them."""
        return tuple(s for connection in self.connections.values() for s in connection.secrets())

    def dataset(self, name: str) -> DatasetSpec:
        """The spec of a dataset; ``NotFound`` names the nearest one, ``SpecError`` its faults."""
        if name in self.faults:
            raise SpecError(self.faults[name])
        return _get(self.datasets, name, "dataset", "specs/datasets/")

    def connection(self, name: str) -> Connection:
        """A connection; ``NotFound`` names the nearest one."""
        return _get(self.connections, name, "connection", "specs/connections/")

    def direct_upstreams(self, name: str) -> tuple[str, ...]:
        """The datasets that this one reads itself: by its source, joins and lookups."""
        self.dataset(name)
        return self.needs[name]

    def upstreams(self, name: str) -> tuple[str, ...]:
        """All datasets that must be there before this one, in an order that can be walked."""
        order: dict[str, None] = {}

        def visit(each: str) -> None:
            for other in self.needs[each]:
                if other not in order:
                    visit(other)
                    order[other] = None

        self.dataset(name)
        visit(name)
        return tuple(order)

    def downstreams(self, name: str) -> tuple[str, ...]:
        """All datasets that are made from this one, in an order that can be walked."""
        self.dataset(name)
        return tuple(each for each in self.in_order() if name in self.upstreams(each))

    def with_downstreams(self, names: Iterable[str]) -> tuple[str, ...]:
        """These datasets and all that are made from them, in an order that can be walked."""
        wanted = {other for name in names for other in (name, *self.downstreams(name))}
        return tuple(name for name in self.in_order() if name in wanted)

    def in_order(self) -> tuple[str, ...]:
        """All datasets, each after those that it needs."""
        order: dict[str, None] = {}
        for name in self.datasets:
            order.update(dict.fromkeys((*self.upstreams(name), name)))
        return tuple(order)


def _get(known: Mapping[str, T], name: str, what: str, folder: str) -> T:
    try:
        return known[name]
    except KeyError:
        raise NotFound(
            f"there is no {what} {name!r}{did_you_mean(name, known)}",
            remedy=f"{listed('known', known.keys(), name)}; new ones are files in {folder}",
        ) from None
