"""Windows: rows by offset, sorted, filtered, searched; names and values stay data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.steps.road import Road
from workbench.errors import ConfigError, NotFound
from workbench.steps.preview import Engine, Preview
from workbench.steps.preview.model import Filter, Operator, Sort

HOSTILE = """"; DROP TABLE x; --"""


@pytest.fixture
def many(road: Road, engine: Engine) -> Preview:
    """20,000 rows, previewed whole."""
    road.file("n.csv", "n;text\n" + "".join(f"{n};t{n % 7}\n" for n in range(20_000)))
    road.spec("n", SPEC)
    return Preview(engine, f"dataset: n\n{SPEC}", scope="whole")


SPEC = """
source: {path: "inbox/n.csv"}
transforms:
  - type_cast: {columns: {n: integer}}
"""


def test_a_window_is_a_part_of_all_rows_in_their_order(many: Preview) -> None:
    window = many.window(offset=15_000, limit=3)
    assert window.total == 20_000
    assert window.cells == ((15_000, "t6"), (15_001, "t0"), (15_002, "t1"))
    assert window.rows == (15_002, 15_003, 15_004)  # the header is line 1


def test_rows_are_sorted_with_missing_ones_last(messy: Callable[..., Preview]) -> None:
    window = messy(scope="whole").window(1, sort=[Sort(column="day", descending=True)])
    days = [cells[3] for cells in window.cells]
    assert days[-1] is None and days[:-1] == sorted(filter(None, days), reverse=True)


@pytest.mark.parametrize(
    ("operator", "values", "rows"),
    [
        ("contains", ("OUT",), [3, 5, 7]),
        ("not_contains", ("out",), [2, 4, 6, 8]),
        ("equals", ("East",), [4]),
        ("not_equals", ("East",), [2, 3, 5, 6, 7, 8]),
        ("starts", ("nor",), [2, 6, 8]),
        ("ends", ("TH",), [2, 3, 6, 7, 8]),
        ("in", ("East", "North"), [2, 4]),
        ("less", ("F",), [4, 5]),
        ("between", ("E", "N"), [4]),
        ("missing", (), []),
        ("present", (), [2, 3, 4, 5, 6, 7, 8]),
        ("blank", (), []),
    ],
)
def test_rows_are_filtered(
    messy: Callable[..., Preview], operator: Operator, values: tuple[str, ...], rows: list[int]
) -> None:
    chosen = Filter(column="region", operator=operator, values=values)
    window = messy().window(0, filters=[chosen])
    assert list(window.rows) == rows
    assert window.total == len(rows)


def test_a_number_is_compared_as_a_number(many: Preview) -> None:
    chosen = Filter(column="n", operator="less", values=("10",))
    assert many.window(filters=[chosen]).total == 10
    with pytest.raises(ConfigError, match="does not fit"):
        many.window(filters=[Filter(column="n", operator="less", values=("ten",))])
    with pytest.raises(ConfigError, match="takes 1 value"):
        many.window(filters=[Filter(column="n", operator="less")])


def test_values_that_look_like_code_find_themselves(road: Road, engine: Engine) -> None:
    quoted = HOSTILE.replace('"', '""')
    road.file("n.csv", f'n;text\n1;"{quoted}"\n2;100%\n3;a_b\n')
    preview = Preview(engine, f"dataset: n\n{SPEC}")
    for text, row in ((HOSTILE, 2), ("100%", 3), ("a_b", 4), ("%", 3), ("_", 4)):
        contains = Filter(column="text", operator="contains", values=(text,))
        assert preview.window(filters=[contains]).rows == (row,)
        assert preview.find(text) == (row - 2, "text")
    assert preview.distinct("text", search="100%").values[0].value == "100%"


def test_a_column_may_be_called_anything(road: Road, engine: Engine) -> None:
    spec = """
source: {path: "inbox/n.csv"}
transforms:
  - rename: {columns: {a: 'x"; DROP TABLE t; --', b: "$1 ? :p"}}
expectations:
  - expect_column_values_to_not_be_null: {column: '$1 ? :p'}
"""
    road.file("n.csv", "a;b\n1;2\n3;\n")
    preview = Preview(engine, f"dataset: n\n{spec}")
    name = 'x"; DROP TABLE t; --'
    window = preview.window(
        sort=[Sort(column=name, descending=True)],
        filters=[Filter(column=name, operator="present")],
    )
    assert window.cells == (("3", None), ("1", "2"))
    assert window.failing == ((0,), ())
    assert preview.statistics(name).distinct == 2
    assert preview.find("2", columns=["$1 ? :p"]) == (0, "$1 ? :p")
    assert preview.distinct(name).total == 2


def test_an_unknown_column_is_named_with_the_nearest(many: Preview) -> None:
    for wrong in ("txt", "_wb_row", "n) FROM x"):
        with pytest.raises(NotFound):
            many.window(sort=[Sort(column=wrong)])
    with pytest.raises(NotFound, match="did you mean 'text'"):
        many.statistics("txt")


def test_the_row_of_the_file_and_the_next_hit_are_found(many: Preview) -> None:
    assert many.locate(15_002) == 15_000
    assert many.locate(15_002, sort=[Sort(column="n", descending=True)]) == 4_999
    assert many.locate(99_999) is None
    assert many.find("19999") == (19_999, "n")
    assert many.find("t3", after=3) == (10, "text")
    assert many.find("t3", after=3, backwards=True) == (19_995 - 19_995 % 7 + 3, "text")
    assert many.find("nowhere") is None


def test_cells_that_javascript_cannot_hold_are_texts(road: Road, engine: Engine) -> None:
    road.file("n.csv", "n;d\n9007199254740993;0.10\n9007199254740991;2\n")
    spec = SPEC.replace("n: integer", 'n: integer, d: "decimal(10,2)"')
    window = Preview(engine, f"dataset: n\n{spec}").window()
    assert window.cells == (("9007199254740993", "0.10"), (9007199254740991, "2.00"))


def test_rows_that_fail_are_marked_and_can_be_kept_alone(messy: Callable[..., Preview]) -> None:
    preview = messy()
    window = preview.window()
    marks = {row: checks for row, checks in zip(window.rows, window.failing, strict=True)}
    assert marks == {6: (0,), 7: (), 8: (1,)}
    assert preview.window(failing=-1).rows == (6, 8)
    assert preview.window(failing=1).rows == (8,)
    assert preview.window(failing=1).total == 1
    assert preview.window(failing=2).total == 0
    assert preview.window(3).failing == ((),) * 5  # checks are of the final rows


def test_a_text_that_means_no_value_stands_in_the_table_as_received(
    messy: Callable[..., Preview],
) -> None:
    preview = messy()
    received, raw = preview.window(0), preview.window(raw=True)
    assert [cells[4] for cells in received.cells][4] is None
    assert [cells[4] for cells in raw.cells][4] == "N/A"
    assert raw.marked == ((), (), (), (), (4,), (), (4,))
