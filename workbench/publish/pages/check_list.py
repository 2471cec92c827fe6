"""Checks and what they found: for a dataset, a run, and the page of a run's checks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.publish import markup
from workbench.publish.collect.masking import MASK
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import known
from workbench.publish.pages.writer import Writer

_EXAMPLES = 8
_SHOWN = 8


def outcome(check: Mapping[str, Any]) -> str:
    """passed, warned, failed or errored."""
    if check.get("error"):
        return "errored"
    if check.get("success"):
        return "passed"
    return "warned" if check.get("severity") == "warn" else "failed"


def check_table(
    w: Writer,
    name: str,
    caption: str,
    checks: Sequence[Mapping[str, Any]],
    *,
    anchors: bool = False,
) -> Markup:
    """Checks with what they expect, found and mean; those that failed stand first."""
    worst = {"errored": 0, "failed": 1, "warned": 2, "passed": 3}
    ordered = sorted(enumerate(checks), key=lambda item: (worst[outcome(item[1])], item[0]))
    columns = [
        Th(w.t("check")),
        Th(w.t("status")),
        Th(w.t("check.of")),
        Th(w.t("check.unexpected"), "number"),
        Th(w.t("check.share"), "number"),
        Th(w.t("check.observed")),
        Th(w.t("check.examples")),
        Th(w.t("check.severity")),
        Th(w.t("check.name"), hidden=True),
        Th(w.t("check.engine"), hidden=True),
    ]
    rows = []
    for _, check in ordered:
        result = check.get("result") or {}
        unexpected = result.get("unexpected_count")
        share = result.get("unexpected_percent")
        rows.append(
            (
                sentence(w, check),
                w.check_status(outcome(check)),
                markup.code(of(check)) if of(check) else w.t("check.table"),
                w.num(unexpected if isinstance(unexpected, int) else None),
                markup.num(share, w.percent(share / 100))
                if isinstance(share, int | float)
                else w.num(None),
                _observed(w, result),
                _examples(w, check),
                w.word("severity", str(check.get("severity", ""))),
                markup.code(check.get("expectation", "")),
                check.get("engine", ""),
            )
        )
    ids = [f"check-{number}" for number, _ in ordered] if anchors else None
    return markup.table(name, caption, columns, rows, ids=ids, head=False)


def of(check: Mapping[str, Any]) -> str:
    """The column that a check is about, or several; empty for the table."""
    kwargs = check.get("kwargs") or {}
    named = kwargs.get("column") or kwargs.get("column_list")
    if not named:
        named = [kwargs.get("column_A"), kwargs.get("column_B")]
    listed = [named] if isinstance(named, str) else [str(each) for each in named if each]
    return ", ".join(listed)


def sentence(w: Writer, check: Mapping[str, Any]) -> Markup:
    """What a check expects, as a sentence; of rarer ones the name and the arguments."""
    kwargs = dict(check.get("kwargs") or {})
    name = str(check.get("expectation", ""))
    if kwargs.get("description"):
        return markup.bdi(kwargs["description"])
    template = known(f"expect.{name.removeprefix('expect_')}", w.lang)
    if template is None:
        given = ", ".join(f"{key}={_value(value)}" for key, value in kwargs.items())
        return markup.join((markup.code(name), " ", markup.bdi(given)))
    values = {key: markup.code(_value(value)) for key, value in kwargs.items()}
    values["column"] = markup.code(of(check))
    values["range"] = _range(w, kwargs)
    parts = Markup(markup.esc(template))
    said = Markup(str(parts).format_map(_Gaps(values)))
    if kwargs.get("row_condition"):
        said = markup.join(
            (said, " ", w.t("check.where"), " ", markup.code(kwargs["row_condition"]))
        )
    if isinstance(kwargs.get("mostly"), int | float) and kwargs["mostly"] < 1:
        said = markup.join((said, " ", w.t("check.mostly", share=w.percent(kwargs["mostly"]))))
    return said


class _Gaps(dict[str, Markup]):
    """Arguments that a check leaves out are shown as a dash."""

    def __missing__(self, key: str) -> Markup:
        return Markup("–")


def _range(w: Writer, kwargs: Mapping[str, Any]) -> Markup:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    parts = []
    if low is not None:
        key = "range.above" if kwargs.get("strict_min") else "range.least"
        parts.append(markup.join((w.t(key), " ", markup.code(_value(low)))))
    if high is not None:
        key = "range.below" if kwargs.get("strict_max") else "range.most"
        parts.append(markup.join((w.t(key), " ", markup.code(_value(high)))))
    return markup.join(parts, f" {w.t('and')} ")


def _observed(w: Writer, result: Mapping[str, Any]) -> Markup:
    value = result.get("observed_value")
    if value is None:
        return Markup("–")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return markup.bdi(_value(value))
    return markup.esc(w.n(value))


def _examples(w: Writer, check: Mapping[str, Any]) -> Markup:
    if check.get("error"):
        return markup.bdi(check["error"])
    result = check.get("result") or {}
    counted = result.get("partial_unexpected_counts")
    if counted:
        shown = [
            markup.join((markup.code(_value(each.get("value"))), f" ×{w.n(each.get('count'))}"))
            for each in counted[:_EXAMPLES]
        ]
        return markup.join(shown, ", ")
    values = result.get("partial_unexpected_list") or ()
    if not values:
        hidden = result.get("unexpected_count") and "partial_unexpected_list" not in result
        return markup.tag("span", MASK, class_="wb-masked") if hidden else Markup("–")
    distinct = list(dict.fromkeys(_value(each) for each in values))
    return markup.join((markup.code(each) for each in distinct[:_EXAMPLES]), ", ")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) <= 120 else value[:120] + "…"
    if isinstance(value, list | tuple):
        shown = ", ".join(_value(each) for each in value[:_SHOWN])
        return f"{shown}, … ({len(value)})" if len(value) > _SHOWN else shown
    return json.dumps(value, ensure_ascii=False, default=str)
