"""A project whose workers are up, for whoever tests or measures the whole road."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil

WORKBENCH = Path(sys.executable).with_name("workbench")
_PATIENCE = 60.0


@dataclass(frozen=True)
class Outcome:
    """A run as it was recorded, and its steps by verb (of the run's last dataset)."""

    record: dict[str, Any]

    @property
    def steps(self) -> dict[str, Any]:
        """The steps by verb."""
        return {step["verb"]: step for step in self.record["steps"]}

    def ledgers(self, verb: str) -> list[dict[str, Any]]:
        """The ledgers of a step."""
        found: list[dict[str, Any]] = self.steps[verb]["result"]["ledgers"]
        return found

    def upsert(self) -> tuple[int, int, int, int]:
        """What came into the warehouse: inserted, updated, unchanged, and rows there after."""
        (load,) = self.ledgers("materialize")
        return load["inserted"], load["updated"], load["unchanged"], load["after"]


@dataclass(frozen=True)
class Road:
    """A project: files go into its inbox, rows come out of its warehouse."""

    project: Path
    home: Path

    @classmethod
    def make(cls, folder: Path, specs: Path) -> Road:
        """A new project in ``folder`` with a copy of ``specs``, an empty inbox and no state."""
        project = folder / "project"
        shutil.copytree(specs, project / "specs")
        (project / "inbox").mkdir()
        return cls(project, folder / "home")

    @property
    def environ(self) -> dict[str, str]:
        """Settings for the commands of this project."""
        return {
            **os.environ,
            "WORKBENCH_PROJECT": str(self.project),
            "WORKBENCH_HOME": str(self.home),
        }

    def deliver(self, file: Path, name: str) -> None:
        """Copy a file into the inbox under the name that the spec expects."""
        shutil.copyfile(file, self.project / "inbox" / name)

    def command(self, *arguments: str) -> Any:
        """A command's JSON; fails with its error, or else its output, if the command does."""
        done = subprocess.run(
            [WORKBENCH, *arguments, "--json"],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            try:
                output = json.dumps(json.loads(done.stdout)["error"], indent=2, ensure_ascii=False)
            except (ValueError, KeyError, TypeError):
                output = done.stdout
            raise AssertionError(f"{arguments}: {done.returncode}\n{output}\n{done.stderr}")
        return json.loads(done.stdout)

    def run(self, dataset: str) -> Outcome:
        """Run a dataset through the queue; every step has succeeded and left its notebook."""
        record = self.command("run", dataset, "--queue")
        deadline = time.monotonic() + _PATIENCE
        # the step counts as soon as its record is saved, a moment before its notebook is
        while any(s["notebook"] is None for s in record["steps"]) and time.monotonic() < deadline:
            record = self.command("show", record["id"])
        for step in record["steps"]:
            assert step["status"] == "SUCCESS", step
            assert (self.home / step["notebook"]).is_file()
        return Outcome(record)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def up(self) -> Iterator[subprocess.Popen[bytes]]:
        """Redis, two workers and the scheduler, ready; all of them end with the block."""
        self.home.mkdir(exist_ok=True)
        log = self.home / "up.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [WORKBENCH, "up"], env=self.environ, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            self._await_workers(process, log)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    @staticmethod
    def await_rest(process: subprocess.Popen[bytes], seconds: float = 4.0) -> None:
        """Wait until the engine has been idle for a while: workers import on while they wait."""
        deadline = time.monotonic() + _PATIENCE
        spent, since = _spent(process), time.monotonic()
        while time.monotonic() < min(since + seconds, deadline):
            time.sleep(0.25)
            now = _spent(process)
            if now - spent > 0.05 * (time.monotonic() - since) + 0.1:
                spent, since = now, time.monotonic()

    def _await_workers(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            kinds = [worker["kind"] for worker in self.command("status")["workers"]]
            if kinds.count("worker") >= 2:
                return
            time.sleep(0.1)
        raise AssertionError("workers did not come up:\n" + log.read_text(encoding="utf-8"))


def _spent(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time of a process and all that it started."""
    total = 0.0
    root = psutil.Process(process.pid)
    for each in (root, *root.children(recursive=True)):
        with suppress(psutil.Error):
            times = each.cpu_times()
            total += times.user + times.system
    return total
