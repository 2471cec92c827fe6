"""What processes may claim of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GIVE_WAY = (
    "import os\n"
    "from pathlib import Path\n"
    "from workbench.engine.kernels.processes import give_way\n"
    "give_way(7)\n"
    "place = Path('/proc/self/autogroup')\n"
    "print(os.nice(0), place.read_text().split()[-1] if place.exists() else '')"
)


@pytest.mark.parametrize("own_session", [True, False])
def test_who_gives_way_gives_way_to_other_sessions_too(own_session: bool) -> None:
    place = Path("/proc/self/autogroup")
    if os.nice(0) > 7:
        pytest.skip("the tests themselves give way already")
    before = place.read_text().split()[-1] if place.exists() else ""
    done = subprocess.run(
        [sys.executable, "-c", GIVE_WAY],
        start_new_session=own_session,
        capture_output=True,
        text=True,
        check=True,
    )
    niceness, group = done.stdout.rstrip("\n").split(" ")
    assert niceness == "7"
    if before:  # what somebody started in a session of their own is not ours to slow down
        assert group == ("7" if own_session else before)
