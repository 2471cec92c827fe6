"""Where in plain data something stands: paths of keys, as ``Source.places`` knows them."""

from __future__ import annotations

from typing import Any

from workbench.spec.yaml_source import Keys


def path_of_option(data: Any, option: str) -> Keys:
    """The path of a dotted option name in the data; names may hold dots themselves."""
    if isinstance(data, dict):
        if option in data:
            return (option,)
        for key, each in data.items():
            if option.startswith(f"{key}."):
                return (key, *path_of_option(each, option[len(key) + 1 :]))
    if isinstance(data, list):
        head, _, rest = option.partition(".")
        if head.isdigit() and int(head) < len(data):
            return (int(head), *(path_of_option(data[int(head)], rest) if rest else ()))
    return ()


def path_of_text(data: Any, text: str) -> Keys:
    """The path of the first value within the data that is this text; empty if there is none."""
    entries: list[tuple[str | int, Any]] = (
        list(data.items()) if isinstance(data, dict)
        else list(enumerate(data)) if isinstance(data, list) else []
    )  # fmt: skip
    for key, each in entries:
        if each == text:
            return (key,)
        if inner := path_of_text(each, text):
            return (key, *inner)
    return ()


def value_at(data: Any, path: Keys) -> Any:
    """What stands at a path."""
    for key in path:
        data = data[key]
    return data
