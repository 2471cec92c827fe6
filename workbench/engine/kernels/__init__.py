"""Kernels that start in milliseconds.

A **zygote** is a process that has imported the heavy libraries and does nothing else. For each
notebook it forks a clean child, which runs the cells in an IPython shell and streams what they
show to the executor. The parts:

- ``processes``   marks, limits and ends processes (Linux)
- ``frames``      messages over a socket: length, then JSON
- ``preload``     what a zygote imports, and when it is out of date
- ``zygote``      the program of the zygote
- ``child``       what a forked child does: isolate itself, run cells
- ``shell``       the IPython shell of a child
- ``streams``     everything that cells write, Python's streams and the descriptors below
- ``owner``       ``Zygote``, the handle that a worker holds
- ``session``     ``Session``, the executor's end of one running child
- ``outputs``     messages of a child → outputs of a notebook
- ``saving``    what is done to a notebook when it reaches the disk
"""

from __future__ import annotations

from workbench.engine.kernels.owner import Zygote

__all__ = ["Zygote"]
