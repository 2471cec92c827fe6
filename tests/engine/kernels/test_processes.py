"""What processes may claim of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
GIVE_WAY = (
    "import os\n"
    "from workbench.engine.kernels.processes import give_way\n"
    "from tests.engine.kernels.test_processes import niceness_of_session\n"
    "give_way(7)\n"
    "print(os.nice(0), niceness_of_session())"
)


def niceness_of_session() -> str:
    """How much this session gives way to others; empty where sessions are not weighed.

    Under some kernels the file is missing, under others it is there and says nothing.
    """
    said = AUTOGROUP.read_text().split() if AUTOGROUP.exists() else []
    return said[-1] if said else ""


@pytest.mark.parametrize("own_session", [True, False])
def test_who_gives_way_gives_way_to_other_sessions_too(own_session: bool) -> None:
    if os.nice(0) > 7:
        pytest.skip("the tests themselves give way already")
    before = niceness_of_session()
    done = subprocess.run(
        [sys.executable, "-c", GIVE_WAY],
        cwd=Path(__file__).parents[3],
        start_new_session=own_session,
        capture_output=True,
        text=True,
        check=True,
    )
    niceness, group = done.stdout.rstrip("\n").split(" ")
    assert niceness == "7"
    if before:  # what somebody started in a session of their own is not ours to slow down
        assert group == ("7" if own_session else before)
