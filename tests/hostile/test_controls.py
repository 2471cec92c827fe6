"""The judge sees what it should: each protection taken away, it speaks up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.hostile import judging, test_hostile
from tests.hostile.case import Sandbox
from tests.hostile.cases import CASES
from tests.hostile.judging import Seen, judge
from workbench.engine.kernels import Zygote

#: The case, code that takes a protection away in its process, and what the judge must say.
REMOVED = {
    "archives are looked at": (
        "a_cell_at_the_end_of_the_world",
        "from workbench.sources.parsing import workbook\nworkbook.check_archive = lambda *_: None",
        "did not tell what came of it",
    ),
    "bombs are refused": (
        "a_bomb_of_one_entry",
        "from workbench.sources.parsing import workbook\nworkbook.check_archive = lambda *_: None",
        "it was loaded",
    ),
    "tables escape what they show": (
        "a_name_that_is_markup",
        "from workbench.steps import tables\ntables.html.escape = lambda text, quote=True: text",
        "as markup: <img>",
    ),
    "Data Docs escape what they show": (
        "refused_values_that_are_markup",
        "from workbench.publish import blocks\nblocks.escape_html = lambda text: text",
        "as markup: <script>",
    ),
    "Data Docs show what turns text round": (
        "values_that_turn_text_round",
        "from workbench.publish import blocks\nblocks.printable = lambda text: text",
        "turns text round",
    ),
    "exports hold no formulas": (
        "refused_values_that_are_formulas",
        "from workbench.lake import corrections\ncorrections.escape = lambda text: text",
        "the export holds the formula",
    ),
    "a terminal gets no commands": (
        "a_name_that_commands_a_terminal",
        "from workbench.cli import text\ntext.plain = lambda value, limit=60: str(value)",
        "the terminal is sent U+001B",
    ),
    "parameters hold no control characters": (
        "a_value_with_line_ends_and_nul",
        "import re\nfrom workbench.spec import params\nparams._CONTROL = re.compile('(?!)')",
        "TransformError, expected ConfigError",
    ),
    "patterns are matched by an engine that never explodes": (
        "a_pattern_that_backtracks_on_names",
        "from workbench.model import regex\nregex._is_tame = lambda pattern: True",
        "it took longer than",
    ),
    "tags are refused": (
        "a_tag_that_runs_python",
        "import yaml\nfrom workbench.spec import yaml_source\n"
        "yaml_source._tag = lambda tag: ''\nyaml_source._Reader._fail = lambda *_: None",
        "'!!python/object/apply:os.system' is not said",
    ),
}


#: The one that fills memory first takes seconds.
_SLOW = "archives are looked at"


@pytest.mark.parametrize(
    "what",
    [pytest.param(each, marks=[pytest.mark.long] if each == _SLOW else []) for each in REMOVED],
)
def test_without_a_protection_the_judge_speaks_up(
    what: str, rider: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, code, said = REMOVED[what]
    if "longer" in said:
        monkeypatch.setattr(test_hostile, "_PATIENCE", 2.0)
    sandbox = Sandbox(tmp_path)
    faults = judge(CASES[name], test_hostile.see(rider, name, sandbox, before=code), sandbox)
    assert said in "\n".join(faults)


GOOD: dict[str, Any] = {"error": None, "rows": [], "count": 0, "columns": [], "refused": 0,
                        "loaded": 0, "peak": 1 << 20, "text": ""}  # fmt: skip
ERROR = {"type": "SourceEmpty", "message": "d.csv is empty (0 bytes)", "where": "d.csv",
         "remedy": "ask for it again"}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"peak": 2 << 30}, "2048 MiB of memory"),
        ({"error": None}, "it was loaded"),
        ({"error": {**ERROR, "type": "ZeroDivisionError"}}, "none of ours"),
        ({"error": {**ERROR, "type": "SourceError"}}, "expected SourceEmpty"),
        ({"error": {**ERROR, "remedy": None}}, "no remedy"),
        ({"error": {**ERROR, "where": None, "message": "empty"}}, "'d.csv' is not said"),
        ({"error": {**ERROR, "message": "d.csv 0 bytes\nTraceback"}}, "'Traceback' is said"),
        ({"error": {**ERROR, "message": "d.csv 0 bytes" + "x" * 5000}}, "an error of"),
        ({"text": "\x1b[31m"}, "the terminal is sent U+001B"),
        ({"export": [["=1+1"]]}, "the export holds the formula '=1+1'"),
        ({"rows": [["the-secret-of-the-sandbox"]]}, "a file beyond the inbox was read"),
    ],
)
def test_each_fault_of_an_outcome_is_said(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    case, sandbox = CASES["nothing"], Sandbox(tmp_path)
    sandbox.prepare(case)
    assert judge(case, Seen(GOOD | {"error": ERROR}), sandbox) == [], "the judge finds no fault"
    assert said in "\n".join(judge(case, Seen(GOOD | {"error": ERROR} | changed), sandbox))


@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        ({"text/html": "<b>x</b><script>1</script>"}, "<script>"),
        ({"text/html": "<b onclick='x'>x</b>"}, "onclick"),
        ({"text/html": "<a href='javascript:x'>x</a>"}, "javascript"),
        ({"text/html": "<a href='https://x'>x</a>"}, "https"),
        ({"text/markdown": "<img src=x>"}, "<img>"),
        ({"application/vnd.plotly.v1+json": {"data": [{"label": "<img src=x>"}]}}, "<img>"),
        ({"text/html": "a\u202eb"}, "U+202E"),
    ],
)
def test_each_fault_of_an_output_is_said(tmp_path: Path, bundle: dict[str, Any], said: str) -> None:
    case, sandbox = CASES["nothing"], Sandbox(tmp_path)
    sandbox.prepare(case)
    seen = Seen(GOOD | {"error": ERROR}, outputs=[{"data": bundle}])
    assert said in "\n".join(judge(case, seen, sandbox))


@pytest.mark.parametrize("place", ["canary", "x", "a/x", "a/b/c/x", "a/b/c/project/x"])
def test_each_file_that_should_not_be_is_said(tmp_path: Path, place: str) -> None:
    case, sandbox = CASES["nothing"], Sandbox(tmp_path)
    sandbox.prepare(case)
    (tmp_path / place).write_text("x")
    faults = judge(case, Seen(GOOD | {"error": ERROR}), sandbox)
    assert any(word in fault for fault in faults for word in ("was written", "was run"))
    assert judging.MOST_MEMORY == 1 << 30
