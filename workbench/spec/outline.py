"""The rules of a spec as a list: what each is called, what it is given, where it stands."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workbench.model.value import Value
from workbench.spec.edits_view import View
from workbench.spec.yaml_source import Keys, Source

RuleList = Literal["transforms", "expectations"]


class Rule(Value):
    """A transform or expectation as it is written; ``name`` is empty if it is neither.

    ``options`` are those of the YAML, ``bare`` says that only the name is written. ``number``
    counts the enabled ones of its list from 0 (``None`` if it is switched off). ``lines`` are its
    first and last line, from 1.
    """

    list: RuleList
    index: int
    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    bare: bool = False
    enabled: bool = True
    number: int | None = None
    lines: tuple[int, int]


def outline(source: Source) -> tuple[Rule, ...]:
    """The transforms and expectations of a YAML file, in their order; broken ones too."""
    if not isinstance(source.data, dict):
        return ()
    view = View(source)
    rules: list[Rule] = []
    for kind in ("transforms", "expectations"):
        items = source.data.get(kind)
        number = 0
        for index, item in enumerate(items if isinstance(items, list) else ()):
            rule = _rule(view, kind, index, item)
            if rule.enabled:
                rule, number = rule.model_copy(update={"number": number}), number + 1
            rules.append(rule)
    return tuple(rules)


def _rule(view: View, kind: Any, index: int, item: Any) -> Rule:
    path: Keys = (kind, index)
    start, end = view.head(path), view.place(path).span[1]
    lines = (view.line_number(start), view.line_number(max(start, end - 1)))
    if isinstance(item, str):
        return Rule(list=kind, index=index, name=item, bare=True, lines=lines)
    if not isinstance(item, dict) or not item:
        return Rule(list=kind, index=index, name="", lines=lines)
    name, options = next(iter(item.items()))
    given = options if isinstance(options, dict) else {}
    return Rule(
        list=kind, index=index, name=name, options=given, bare=options is None,
        enabled=given.get("enabled") is not False, lines=lines,
    )  # fmt: skip
