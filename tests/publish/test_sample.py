"""Sample rows: the first of the published version, in place or by a child; never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publish.conftest import Portal
from workbench.publish.collect.sampler import Sampler, read_rows
from workbench.records.store import open_records
from workbench.records.versions import DatasetVersion, published_version


@pytest.fixture
def ventas(portal: Portal) -> DatasetVersion:
    records = open_records(portal.settings)
    version = published_version(records, "ventas")
    records.close()
    assert version is not None
    return version


def test_a_child_reads_what_is_read_in_place(ventas: DatasetVersion) -> None:
    ref = ventas.ref
    assert ref.version is not None
    columns = ["boleta", "fecha", "monto", "no_such_column"]
    names, rows = read_rows(ref.uri, ref.version, columns, 5)
    assert names == columns[:3]
    assert len(rows) == 5
    assert all(isinstance(value, str) for value in rows[0])
    with Sampler() as sampler:
        assert sampler(ref.uri, ref.version, columns, 5) == (names, rows)
        assert sampler(ref.uri, ref.version, columns, 2)[1] == rows[:2]


def test_only_masked_columns_leave_rows_without_values(ventas: DatasetVersion) -> None:
    assert ventas.ref.version is not None
    assert read_rows(ventas.ref.uri, ventas.ref.version, [], 3) == ([], [[], [], []])


def test_what_is_not_there_is_an_error_and_the_child_goes_on(
    ventas: DatasetVersion, tmp_path: Path
) -> None:
    assert ventas.ref.version is not None
    assert read_rows(str(tmp_path), 1, ["a"], 3) == ([], [])
    with Sampler() as sampler:
        with pytest.raises(OSError, match="no rows"):
            sampler(ventas.ref.uri, 999, ["boleta"], 3)
        assert sampler(ventas.ref.uri, ventas.ref.version, ["boleta"], 1)[0] == ["boleta"]


def test_the_child_ends_with_its_parent() -> None:
    with Sampler() as sampler:
        assert sampler._process.poll() is None
    assert sampler._process.poll() is not None
