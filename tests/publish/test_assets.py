"""What pages load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench
from workbench.publish import assets


def test_data_in_a_script_stays_data() -> None:
    value = {"a": "</script><script>alert(1)</script>\u2028\u2029", "b": [1, None]}
    text = assets.javascript("PORTAL_TEST", value)
    assert "<" not in text and "\u2028" not in text and "\u2029" not in text
    start, end = "window.PORTAL_TEST=", ";\n"
    assert text.startswith(start) and text.endswith(end)
    assert json.loads(text[len(start) : -len(end)]) == value


@pytest.mark.parametrize("name", ["a-b", "a=1;b", "", "ñ"])
def test_a_name_is_an_identifier(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        assets.javascript(name, 1)


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        assets.javascript("A", float("nan"))


def test_a_bundle_that_was_not_built_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(assets.BundleMissing, match=r"portal\.css.*(?s:.*)make install"):
        assets.front()


def test_plotly_comes_with_its_package() -> None:
    assert assets.plotly().stat().st_size > 1_000_000
