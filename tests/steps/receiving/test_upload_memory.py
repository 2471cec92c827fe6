"""What an upload takes of memory."""

from __future__ import annotations

import subprocess
import sys

from workbench.config import Settings


def test_a_file_takes_no_memory_of_its_size(settings: Settings) -> None:
    """64 MB go through in a process that may not grow by as much."""
    code = """
import hashlib, re, sys
from workbench.config import Settings
from workbench.steps.receiving.uploads import Uploads
from workbench.steps.receiving.chunks import CHUNK
uploads = Uploads(Settings(project=sys.argv[1], home=sys.argv[2], environ={}))
chunk = bytes(CHUNK)
sha = hashlib.sha256(chunk).hexdigest()
kept = []
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = most()
upload = uploads.begin("a.csv", 16 * CHUNK)
for index in range(16):
    uploads.take(upload.id, index, chunk, sha)
    if sys.argv[3] == "hoard":
        kept.append(chunk + b"x")
uploads.finish(upload.id)
print(most() - before)
"""
    grown = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", code, settings.project, settings.home, how],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for how in ("flat", "hoard")
    }
    assert grown["flat"] < 30_000 < grown["hoard"]  # kilobytes
