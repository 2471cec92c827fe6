from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.steps.road import Road
from workbench.config import Settings
from workbench.steps.preview import Engine, Preview


@pytest.fixture
def road(settings: Settings) -> Road:
    return Road(settings)


@pytest.fixture
def engine(road: Road) -> Iterator[Engine]:
    made = Engine(road.settings, records=lambda: road.records)
    yield made
    made.close()


MESSY = """
source: {path: "inbox/*.csv", null_values: [N/A]}
transforms:
  - trim: {columns: all}
  - filter: {where: "state is null or state <> 'void'"}
  - map_categories: {column: region, mapping: {north: N, south: S}, insensitive: true,
                     other: quarantine}
  - type_cast: {columns: {id: integer, amount: {type: "decimal(10,2)", decimal: ","},
                          day: {type: date, format: "%d/%m/%Y"}}}
  - derive: {columns: {twice: "amount * 2"}}
  - deduplicate: {keys: [id], keep: last}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, min_value: 0, severity: quarantine}
  - expect_column_values_to_not_be_null: {column: day, severity: warn}
  - expect_table_row_count_to_be_between: {min_value: 1}
"""

#: Line 2 is good, 3 void, 4 of an unknown region, 5 no number, 6 negative, 7 doubles 2, 8 no date.
ROWS = """id;region;amount;day;state
1;North;10,50;01/02/2024;ok
2;South;1;02/02/2024;void
3;East;2;03/02/2024;ok
4; south ;x;04/02/2024;ok
5;NORTH;-3,25;05/02/2024;N/A
1;south;11;06/02/2024;ok
6;north;7;;N/A
"""


@pytest.fixture
def messy(road: Road, engine: Engine) -> Callable[..., Preview]:
    """A messy file and a spec that meets it; ``messy(old, new)`` previews it with an edit."""
    road.spec("sales", MESSY)
    road.file("sales.csv", ROWS)

    def go(old: str = "", new: str = "", **options: Any) -> Preview:
        assert old in MESSY
        return Preview(engine, f"dataset: sales\n{MESSY.replace(old, new)}", **options)

    return go
