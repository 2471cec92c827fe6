"""Files that wait together come to the rows that they come to in turn, refused rows or not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.steps.road import Road, result
from workbench.config import Settings
from workbench.model.ledger import TransformLedger
from workbench.model.status import Status
from workbench.steps.standing_in import StandIns
from workbench.steps.verbs import validate

SPEC = """\
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {n: integer}}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: n, max_value: 9, severity: quarantine}
  - expect_column_values_to_not_be_null: {column: id}
targets:
  - {connection: warehouse}
"""
Rows = list[tuple[str, int]]


def deliveries(seed: int) -> list[Rows]:
    """Four files over few keys; about every third row is refused."""
    draw = random.Random(seed)
    return [
        [(f"k{key}", draw.choice([1, 2, 3, 4, 99, 98])) for key in draw.sample(range(8), 5)]
        for _ in range(4)
    ]


def take_in(folder: Path, files: list[Rows], *, together: bool) -> Road:
    """A project that has received the files, one run each or all in one."""
    settings = Settings(project=folder / "project", home=folder / "home", environ={})
    for name in ("specs/datasets", "specs/connections", "inbox"):
        (settings.project / name).mkdir(parents=True)
    road = Road(settings)
    road.spec("d", SPEC)
    for number, rows in enumerate(files):
        road.file(f"{number}.csv", "id,n\n" + "".join(f"{key},{n}\n" for key, n in rows))
        if not together or number == len(files) - 1:
            assert road.run("d").status == Status.SUCCESS
    return road


def published(road: Road) -> Rows:
    return road.query("SELECT id, n FROM d ORDER BY id")


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 2))])
def test_together_they_come_to_what_they_come_to_in_turn(tmp_path: Path, seed: int) -> None:
    files = deliveries(seed)
    oracle: dict[str, int] = {}
    for rows in files:
        oracle |= {key: n for key, n in rows if n <= 9}
    assert published(take_in(tmp_path / "turn", files, together=False)) == sorted(oracle.items())
    road = take_in(tmp_path / "together", files, together=True)
    assert published(road) == sorted(oracle.items())
    # and when all of it is done again, under other transforms
    road.spec("d", SPEC.replace("key:", "  - trim: {columns: id}\nkey:"))
    assert road.run("d").status == Status.SUCCESS
    assert published(road) == sorted(oracle.items())


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    files = [[("a", 1), ("b", 2)], [("a", 98), ("b", 3)], [("a", 99), ("c", 4)]]
    road = take_in(tmp_path, files, together=True)
    assert published(road) == [("a", 1), ("b", 3), ("c", 4)]
    done = result(road.run("d", _full=True), "validate")
    stood_in, checks = (one for one in done.ledgers if isinstance(one, TransformLedger))
    assert (stood_in.name, stood_in.expanded) == ("earlier files stand in", 2)
    assert (checks.rows_in, checks.rows_out, checks.quarantined) == (5, 3, 2)
    assert [batch.rows for batch in done.quarantine] == [2], "both rows that were refused"


def test_without_them_a_good_row_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(validate, "stand_in", lambda *_: StandIns())
    road = take_in(tmp_path, [[("a", 1)], [("a", 99), ("b", 2)]], together=True)
    assert published(road) == [("b", 2)]
