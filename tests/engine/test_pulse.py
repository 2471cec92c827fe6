"""The heartbeat's ear: an attempt that others took is given up, and never the one after it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workbench.engine.pulse import Pulse
from workbench.records import attempts
from workbench.records.store import Records


def step(name: str) -> Any:
    return SimpleNamespace(run_id="r", step_id=name, attempt=1)


def test_a_step_that_begins_while_the_one_before_is_looked_at_goes_on(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = Pulse(records, "worker")

    def slow(*_: object) -> bool:
        pulse.end()  # the first is done: no more current
        pulse.begin(step("second"))
        return False

    monkeypatch.setattr(attempts, "is_current", slow)
    pulse.begin(step("first"))
    pulse._look()
    assert not pulse.revoked


def test_a_step_that_others_took_is_given_up(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = Pulse(records, "worker")
    monkeypatch.setattr(attempts, "is_current", lambda *_: False)
    pulse._look()
    assert not pulse.revoked  # nothing is being done
    pulse.begin(step("first"))
    pulse._look()
    assert pulse.revoked
    pulse.end()
    pulse.begin(step("second"))
    assert not pulse.revoked
