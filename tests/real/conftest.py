"""The real road for real files: a project of its own, workers on a queue, DuckDB at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

HERE = Path(__file__).parent
WORKBENCH = Path(sys.executable).with_name("workbench")


@dataclass(frozen=True)
class Road:
    """A project whose workers are up. Files go into its inbox, rows come out of its warehouse."""

    project: Path
    home: Path
    files: Path

    @property
    def environ(self) -> dict[str, str]:
        """Settings for the commands of this project."""
        return {
            **os.environ,
            "WORKBENCH_PROJECT": str(self.project),
            "WORKBENCH_HOME": str(self.home),
        }

    def deliver(self, file: str, name: str) -> None:
        """Copy a real file into the inbox under the name that the spec expects."""
        shutil.copyfile(self.files / file, self.project / "inbox" / name)

    def command(self, *arguments: str) -> Any:
        """A command's JSON; the test fails with its output if the command does."""
        done = subprocess.run(
            [WORKBENCH, *arguments, "--json"],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def run(self, dataset: str) -> Outcome:
        """Run a dataset through the queue."""
        record = self.command("run", dataset, "--queue")
        steps = {step["verb"]: step for step in record["steps"]}
        assert {step["status"] for step in steps.values()} == {"SUCCESS"}, record
        for step in steps.values():  # every step was a notebook, and the notebook is there
            assert (self.home / step["notebook"]).is_file() or Path(step["notebook"]).is_file()
        return Outcome(steps)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Outcome:
    """The recorded steps of a run, by verb."""

    steps: dict[str, Any]

    def ledgers(self, verb: str) -> list[dict[str, Any]]:
        """The ledgers of a step."""
        found: list[dict[str, Any]] = self.steps[verb]["result"]["ledgers"]
        return found

    def upsert(self) -> tuple[int, int, int, int]:
        """What came into the warehouse: inserted, updated, unchanged, and rows there after."""
        (load,) = self.ledgers("materialize")
        return load["inserted"], load["updated"], load["unchanged"], load["after"]


@pytest.fixture(scope="session")
def road(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """A road with two workers; they stop at the end of the session."""
    folder = tmp_path_factory.mktemp("real")
    project = folder / "project"
    shutil.copytree(HERE / "specs", project / "specs")
    (project / "inbox").mkdir()
    road = Road(project, folder / "home", shared_data / "open")
    log = folder / "up.log"
    with log.open("wb") as output:
        up = subprocess.Popen(
            [WORKBENCH, "up"], env=road.environ, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_for_workers(road, up, log)
            yield road
        finally:
            up.send_signal(signal.SIGINT)
            try:
                up.wait(20)
            except subprocess.TimeoutExpired:
                up.kill()
                raise


def _wait_for_workers(road: Road, up: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if up.poll() is not None:
            break
        if sum(w["kind"] == "worker" for w in road.command("status")["workers"]) >= 2:
            return
        time.sleep(0.2)
    pytest.fail(f"workers did not come up:\n{log.read_text(encoding='utf-8', errors='replace')}")
