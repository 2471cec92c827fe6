"""Whatever comes: a correct load, or one clear error; little memory; nothing run, nothing shown."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.hostile.case import Sandbox
from tests.hostile.cases import CASES
from tests.hostile.judging import Seen, judge
from tests.hostile.ride import MARK
from workbench.engine.kernels import Zygote

ROOT = Path(__file__).resolve().parents[2]
#: Seconds after which a case is taken for one that never ends; far more than any needs.
_PATIENCE = 90.0


def see(rider: Zygote, name: str, sandbox: Sandbox, *, before: str = "") -> Seen:
    """Ride a case in a child; ``before`` is code that takes a protection away."""
    session = rider.session(environ=dict(os.environ), cwd=sandbox.root)
    session.execute(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{before}\n"
        f"from tests.hostile.ride import ride\nride({name!r}, {str(sandbox.root)!r})",
        None,
    )
    seen = Seen(None)
    give_up = time.monotonic() + _PATIENCE
    text = ""
    while session.exit is None:
        for message in session.receive(1.0):
            if message.get("msg_type") == "stream":
                text += message["content"]["text"]
            elif "data" in message.get("content", {}):
                seen.outputs.append(message["content"])
            elif message.get("msg_type") == "error":
                seen.ended = "\n".join(message["content"]["traceback"])[-3000:]
            elif "done" in message:
                session.close()
        if time.monotonic() > give_up:
            seen.ended = f"it took longer than {_PATIENCE:g} s"
            session.kill()
            session.close()
    seen.ended = seen.ended or f"exit {session.exit}: {text[-500:]}"
    lines = [line for line in text.splitlines() if line.startswith(MARK)]
    if lines:
        seen.outcome = json.loads(lines[-1].removeprefix(MARK))
    return seen


#: Each is a run of its own; of those that are alike, five of eight are left to the long tests.
NAMES = [
    pytest.param(name, marks=[pytest.mark.long] if number % 8 not in (0, 2, 4) else [])
    for number, name in enumerate(CASES)
]


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_well(name: str, rider: Zygote, tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    seen = see(rider, name, sandbox)
    assert judge(CASES[name], seen, sandbox) == []
