"""Compares two runs of a dataset; ``rows`` compares the versions that they published."""

from workbench.steps.comparing.rows import Kind
from workbench.steps.comparing.runs import compare_rows, compare_runs, version_after
from workbench.steps.comparing.values import Comparison

__all__ = ["Comparison", "Kind", "compare_rows", "compare_runs", "version_after"]
