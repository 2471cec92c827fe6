"""The publish protocol: whoever comes second, wakes up late or dies in between does no harm."""

from __future__ import annotations

import ast
import errno
import os
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from tests.lake.staging import rows, stage
from workbench.config import Settings
from workbench.errors import FenceRefused, LakeError, StorageFull, VersionConflict
from workbench.lake import delta, parquet
from workbench.lake.layers import DeltaLayer

PACKAGE = Path(__file__).parents[2] / "workbench"


@pytest.fixture
def layer(settings: Settings) -> DeltaLayer:
    return DeltaLayer(settings, "sales", "silver")


def put(layer: DeltaLayer, folder: Path, number: int, run: str, **more: Any) -> Any:
    """Publish one row by merge."""
    candidate = stage(folder, [{"id": number, "name": run}])
    return layer.publish(candidate, mode="merge", key=("id",), run_id=run, **more)


def test_the_same_run_publishes_once(layer: DeltaLayer, tmp_path: Path) -> None:
    first = put(layer, tmp_path, 1, "run-1", base_version=None)
    again = put(layer, tmp_path, 1, "run-1", base_version=None)
    assert (first.landed, again.landed) == (False, True)
    assert (again.ref, again.ledger) == (first.ref, first.ledger)
    put(layer, tmp_path, 2, "run-2", base_version=first.ref.version)
    assert put(layer, tmp_path, 1, "run-1").ref == first.ref
    assert [r["id"] for r in rows(layer)] == [1, 2]


def test_exactly_one_of_many_publishers_wins(
    layer: DeltaLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = put(layer, tmp_path, 0, "first").ref.version
    count = 4
    ready = threading.Barrier(count)
    commit = delta.commit

    def together(*args: Any, **more: Any) -> int:
        ready.wait(timeout=30)  # all have read the same version
        return commit(*args, **more)

    monkeypatch.setattr(delta, "commit", together)
    outcomes: dict[str, object] = {}

    def publish(name: str, number: int) -> None:
        try:
            outcomes[name] = put(layer, tmp_path, number, name, base_version=base)
        except VersionConflict as error:
            outcomes[name] = error

    threads = [threading.Thread(target=publish, args=(f"r{n}", n)) for n in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    losers = [o for o in outcomes.values() if isinstance(o, VersionConflict)]
    assert len(losers) == count - 1
    assert losers[0].transient and "retry" in (losers[0].remedy or "")
    assert len(rows(layer)) == 2
    on_disk = {path.name for path in layer.folder.glob("*.parquet")}
    assert on_disk == {Path(path).name for path in layer.files()}  # losers leave nothing here


def test_negative_control_writing_by_path_lets_all_win(tmp_path: Path) -> None:
    """What the protocol is for: by path, the same run lands twice and nobody notices."""
    path = str(tmp_path / "bypassed")
    once = CommitProperties(app_transactions=[Transaction("run-1", 1)])
    for _ in range(2):
        write_deltalake(path, pa.table({"id": [1]}), mode="append", commit_properties=once)
    assert DeltaTable(path).to_pyarrow_dataset().count_rows() == 2


def test_nothing_in_the_package_writes_by_path() -> None:
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "attr", getattr(node, "id", None))
            home = path.relative_to(PACKAGE).as_posix() == "lake/delta.py"
            if name == "write_deltalake" or (name == "create_write_transaction" and not home):
                found.append(f"{path}:{getattr(node, 'lineno', 0)}")
    assert not found


def test_a_stopped_holder_that_wakes_up_is_refused(
    layer: DeltaLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = put(layer, tmp_path, 1, "first", fence=1).ref.version
    commit = delta.commit

    def taken_over(*args: Any, **more: Any) -> int:
        monkeypatch.setattr(delta, "commit", commit)
        layer.fence_commit(3, "newer")  # while this holder stood still, with its handle open
        return commit(*args, **more)

    monkeypatch.setattr(delta, "commit", taken_over)
    with pytest.raises(VersionConflict):
        put(layer, tmp_path, 2, "stopped", fence=2, base_version=base)
    with pytest.raises(FenceRefused, match="fence 3"):
        put(layer, tmp_path, 2, "stopped", fence=2, base_version=base)
    with pytest.raises(FenceRefused):
        layer.append(pa.table({"name": ["x"]}), run_id="stopped", columns=[], fence=2)
    with pytest.raises(FenceRefused):
        layer.fence_commit(2)
    assert len(rows(layer)) == 1
    put(layer, tmp_path, 3, "newer", fence=3, base_version=base)  # a fence changes no content
    assert [r["id"] for r in rows(layer)] == [1, 3]


def test_what_was_never_recorded_is_taken_back(layer: DeltaLayer, tmp_path: Path) -> None:
    base = put(layer, tmp_path, 1, "first", fence=1).ref.version
    lost = put(layer, tmp_path, 2, "died before it was recorded", fence=2, base_version=base)
    done = put(layer, tmp_path, 3, "next", fence=3, base_version=base)
    assert [r["id"] for r in rows(layer)] == [1, 3]
    assert (done.ledger.before, done.ledger.after) == (1, 2)
    # the dead run comes back on the newer base: its rows are merged into that, not put in front
    again = put(
        layer,
        tmp_path,
        2,
        "died before it was recorded",
        fence=4,
        base_version=done.ref.version,
    )
    assert not again.landed and again.ref.version != lost.ref.version
    assert [r["id"] for r in rows(layer)] == [1, 2, 3]


def test_without_a_fence_nothing_is_taken_back(layer: DeltaLayer, tmp_path: Path) -> None:
    base = put(layer, tmp_path, 1, "first").ref.version
    put(layer, tmp_path, 2, "second", base_version=base)
    with pytest.raises(VersionConflict):
        put(layer, tmp_path, 3, "third", base_version=base)
    assert [r["id"] for r in rows(layer)] == [1, 2]


def test_nothing_published_means_an_empty_base(layer: DeltaLayer, tmp_path: Path) -> None:
    put(layer, tmp_path, 1, "died", fence=1, base_version=None)
    put(layer, tmp_path, 2, "next", fence=2, base_version=None)
    assert [r["id"] for r in rows(layer)] == [2]
    with pytest.raises(LakeError, match="cannot be opened at version 99"):
        put(layer, tmp_path, 3, "odd", fence=3, base_version=99)


def test_a_full_disk_changes_nothing_and_can_be_retried(
    layer: DeltaLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(layer, tmp_path, 1, "first")

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(parquet, "sync", full)
        with pytest.raises(StorageFull) as caught:
            put(layer, tmp_path, 2, "second")
    assert "free some space" in (caught.value.remedy or "")
    assert [r["id"] for r in rows(layer)] == [1]
    assert len(list(layer.folder.glob("*.parquet"))) == 1
    put(layer, tmp_path, 2, "second")
    assert [r["id"] for r in rows(layer)] == [1, 2]


def test_dying_after_the_commit_keeps_what_landed(
    layer: DeltaLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(layer, tmp_path, 1, "first")

    def interrupted(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(delta, "_settled", interrupted)
        with pytest.raises(KeyboardInterrupt):
            put(layer, tmp_path, 2, "second")
    assert [r["id"] for r in rows(layer)] == [1, 2]
    assert put(layer, tmp_path, 2, "second").landed


def test_commits_name_their_run(layer: DeltaLayer, tmp_path: Path) -> None:
    put(layer, tmp_path, 1, "run-7", note={"inputs": {"sales": 4}})
    table = delta.open_table(layer.folder)
    assert table is not None
    version, note = delta.landed(table, "run-7") or (0, {})
    assert (version, note["run"], note["inputs"]) == (1, "run-7", {"sales": 4})
