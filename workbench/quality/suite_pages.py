"""Great Expectations' words for results: its result objects and its renderer, without its HTML.

What comes back are trees of plain values (content blocks). Whoever shows them escapes them: Great
Expectations' own pages link a CDN and carry scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.model.result import CheckResult
from workbench.quality import catalog, words
from workbench.quality.suite import great_expectations, quietly

#: Blocks that say what was expected, and blocks that say what was observed.
Blocks = tuple[Any, Any]


def result_object(check: CheckResult) -> Any:
    """A result of either engine as Great Expectations' ``ExpectationValidationResult``."""
    great_expectations()
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationValidationResult(
        success=check.success,
        expectation_config=ExpectationConfiguration(
            type=check.expectation, kwargs=dict(check.kwargs)
        ),
        result=dict(check.result),
        exception_info={
            "raised_exception": check.error is not None,
            "exception_message": check.error,
            "exception_traceback": None,
        },
    )


def blocks(checks: Sequence[CheckResult]) -> list[Blocks]:
    """For each check the blocks that Great Expectations' renderer makes of it.

    What it cannot render (our own expectations, arguments that it would refuse) is said in our
    own words, with the examples in the same form.
    """
    great_expectations()
    from great_expectations.render.renderer import content_block

    renderer: Any = content_block.validation_results_table_content_block
    renderer = renderer.ValidationResultsTableContentBlockRenderer
    found: list[Blocks] = []
    for check in checks:
        if check.expectation in catalog.OWN or check.error is not None:
            found.append(_own(check))
            continue
        try:
            with quietly():
                (row,) = renderer.render([result_object(check)]).to_json_dict()["table"]
            found.append((row[1], row[2]))
        # Its renderers raise whatever their code meets; a page is never lost over one check.
        except Exception:
            found.append(_own(check))
    return found


def _own(check: CheckResult) -> Blocks:
    said: list[Any] = [words.label(check.expectation, check.kwargs)]
    observed: Any = "—"
    if check.error is not None:
        said.append(check.error)
    elif "unexpected_count" in check.result and "element_count" in check.result:
        counts = check.result
        observed = f"{counts['unexpected_count']} of {counts['element_count']} rows unexpected"
        examples = [
            [item["value"], item["count"]] for item in counts.get("partial_unexpected_counts", ())
        ]
        if examples:
            said.append(
                {
                    "content_block_type": "table",
                    "header_row": ["Unexpected Value", "Count"],
                    "table": examples,
                }
            )
    elif check.result.get("observed_value") is not None:
        observed = check.result["observed_value"]
    return said, observed
