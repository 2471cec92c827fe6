"""A footer that the spec describes, found in the texts of records."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.model import regex
from workbench.sources.parsing.finding import Finding, given
from workbench.sources.parsing.options import ReadOptions


def without_blank_end(texts: Sequence[str]) -> int:
    """How many texts there are before the blank ones at the end."""
    end = len(texts)
    while end and not texts[end - 1].strip():
        end -= 1
    return end


def needs_all(options: ReadOptions) -> bool:
    """Whether the footer is found from the top, so that the last records are not enough."""
    footer = options.footer
    return options.stop_at_blank or (footer is not None and footer.start is not None)


def stated_footer(texts: Sequence[str], options: ReadOptions) -> tuple[int, Finding] | None:
    """Where the footer begins in ``texts``, or ``None`` if the spec says nothing about it.

    ``texts`` are those of the last records, blank ones included. Without footer it is
    ``len(texts)``.
    """
    footer = options.footer
    end = without_blank_end(texts)
    begin = end
    if options.stop_at_blank:
        begin = next((i for i, text in enumerate(texts[:end]) if not text.strip()), end)
        return begin, given({"stop_at_blank": True})
    if footer is None:
        return None
    if footer.rows is not None:
        for _ in range(footer.rows):
            begin = max(0, without_blank_end(texts[:begin]) - 1)
    elif footer.start is not None:
        hits = regex.matching(footer.start, texts[:end])
        begin = hits.index(True) if True in hits else end
    else:
        found = [regex.matching(pattern, texts[:end]) for pattern in footer.match]
        for index in range(end - 1, -1, -1):
            if any(hits[index] for hits in found):
                begin = index
            elif texts[index].strip():
                break
    return begin, given(footer.model_dump(mode="json", exclude_defaults=True))
