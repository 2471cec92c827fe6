"""The kernel side of the Rules panel: edits, conflicts, what the rows say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.config import Settings
from workbench.errors import ConfigError, EditRefused, TransformError
from workbench.panels.calls import Call, find_answers
from workbench.panels.rules import Change, Rules
from workbench.panels.workspace import Workspace
from workbench.publish import assets

SPEC = """\
dataset: ventas
source: {path: inbox/*.csv}
transforms:
  - type_cast: {columns: {monto: integer}} # amounts
  # by region
  - map_categories: {column: region, mapping: {N: Norte}}
expectations:
  - expect_column_values_to_be_between: {column: monto, min_value: 10}
  - expect_column_values_to_not_be_null: {column: id}
"""
BETWEEN = ("expectations", 0, "expect_column_values_to_be_between")
ROWS = "id,region,monto,día 1,día 2\n" + "".join(
    f"{i},{'NS'[i % 2]},{i if i != 7 else 'x'},{i},{i * 2}\n" for i in range(40)
)


@pytest.fixture
def workspace(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(assets, "panel", lambda name: assets.PanelBundle("export default {}", ""))
    (settings.specs / "datasets" / "ventas.yml").write_text(SPEC, encoding="utf-8")
    (settings.project / "inbox" / "a.csv").write_text(ROWS, encoding="utf-8")
    made = Workspace(settings)
    yield made
    made.close()


@pytest.fixture
def panel(workspace: Workspace) -> Iterator[Rules]:
    made = Rules("ventas", workspace=workspace)
    yield made
    made.close()


def ask(panel: Rules, name: str, **arguments: Any) -> Any:
    """A call as the front makes it, its arguments checked."""
    answer = find_answers(Rules)[name]
    if name != "schema":
        arguments = {"dataset": "ventas", **arguments}
    return answer.method(panel, Call(name=name), **answer.arguments(arguments))


def change(kind: str, *path: Any, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "path": list(path), **more}


def test_rules_are_edited_as_forms_and_as_text(panel: Rules) -> None:
    state = ask(panel, "open")
    assert [rule["name"] for rule in state["rules"]][:2] == ["type_cast", "map_categories"]
    assert state["valid"] and not state["dirty"]
    state = ask(panel, "edit", changes=[
        change("set", "transforms", 1, "map_categories", "mapping", "S", value="Sur"),
        change("move", "transforms", index=1, to=0),
        change("set", *BETWEEN, "enabled", value=False),
    ])  # fmt: skip
    assert (
        state["text"]
        == """\
dataset: ventas
source: {path: inbox/*.csv}
transforms:
  # by region
  - map_categories: {column: region, mapping: {N: Norte, S: Sur}}
  - type_cast: {columns: {monto: integer}} # amounts
expectations:
  - expect_column_values_to_be_between: {column: monto, min_value: 10, enabled: false}
  - expect_column_values_to_not_be_null: {column: id}
"""
    )
    assert [rule["number"] for rule in state["rules"]] == [0, 1, None, 0]
    assert ask(panel, "undo")["text"] == SPEC
    assert ask(panel, "redo")["dirty"]
    state = ask(panel, "write", text=SPEC.replace("min_value: 10", "min_value: 1O"))
    assert state["readable"] and state["problems"] == [] and state["valid"]


def test_while_the_yaml_is_broken_the_last_rules_stay(panel: Rules) -> None:
    before = ask(panel, "open")["rules"]
    state = ask(panel, "write", text=SPEC + "a: [")
    assert not state["readable"] and state["rules"] == before
    assert state["problems"][0]["line"] == 11
    assert ask(panel, "look")["rows"] == 40, "rows of the last good state"
    assert ask(panel, "write", text=SPEC)["readable"]


def test_an_edit_that_leads_nowhere_is_told(panel: Rules) -> None:
    with pytest.raises(EditRefused):
        ask(panel, "edit", changes=[change("remove", "transforms", 9)])
    with pytest.raises(ConfigError, match="no dataset"):
        ask(panel, "open", dataset="")
    with pytest.raises(Exception, match="called wrongly"):
        ask(panel, "edit", changes=[change("eval", "x")])


def test_the_rows_are_counted_for_every_rule(panel: Rules) -> None:
    look = ask(panel, "look")
    assert [step["rows"] for step in look["steps"]] == [40, 39, 39]
    assert look["steps"][1]["reasons"][0][1] == 1
    assert [column["name"] for column in look["steps"][0]["columns"]][:3] == [
        "id",
        "region",
        "monto",
    ]
    assert look["checks"][0]["failing"] == 9 and look["checks"][1]["success"]
    edited = ask(panel, "edit", changes=[
        change("set", *BETWEEN, "min_value", value=39)
    ])  # fmt: skip
    assert edited["valid"]
    assert ask(panel, "look")["checks"][0]["failing"] == 38, "of the draft, not of the saved file"


def test_a_rule_that_is_off_is_not_counted(panel: Rules) -> None:
    ask(panel, "edit", changes=[
        change("set", *BETWEEN, "enabled", value=False)
    ])  # fmt: skip
    assert len(ask(panel, "look")["checks"]) == 1


def test_a_transform_that_cannot_be_done_says_so(panel: Rules) -> None:
    drop = {"drop": {"columns": ["zzz"]}}
    ask(panel, "edit", changes=[change("insert", "transforms", index=0, value=drop)])
    look = ask(panel, "look")
    assert "zzz" in look["steps"][1]["fault"]["message"] and look["checks"] == []


def test_forms_are_told_columns_values_and_casts(panel: Rules) -> None:
    assert ask(panel, "chosen", selection={"pattern": "^d"}, step=0) == ["dia_1", "dia_2"]
    assert ask(panel, "chosen", selection={"except": ["id"]}, step=0)[0] == "region"
    with pytest.raises(TransformError, match="zzz"):
        ask(panel, "chosen", selection=["zzz"], step=0)
    with pytest.raises(ConfigError, match="regular expression"):
        ask(panel, "chosen", selection={"pattern": "(("}, step=0)
    values = ask(panel, "distinct", column="region", step=1)
    assert values["total"] == 2 and {each["value"] for each in values["values"]} == {"N", "S"}
    trial = ask(panel, "try_cast", cast={"type": "integer"}, column="monto", step=0)
    assert trial["failing"] == 1 and trial["values"][0]["text"] == "x"
    typed = ask(
        panel, "try_cast", cast={"type": "date", "format": "%d/%m/%Y"},
        texts=["31/01/2024", "31/02/2024", "'; DROP TABLE x; --"],
    )  # fmt: skip
    assert [each["failed"] for each in typed["values"]] == [True, True, False]
    with pytest.raises(ConfigError):
        ask(panel, "try_cast", cast={"type": "no such"}, texts=["1"])


def test_suggestions_come_from_the_rows(panel: Rules) -> None:
    found = ask(panel, "suggest")
    assert found["scope"] == "whole"
    by_column = {(each["name"], each["kwargs"].get("column")) for each in found["suggestions"]}
    assert ("expect_column_values_to_be_unique", "id") in by_column
    assert ("expect_column_values_to_not_be_null", "id") not in by_column, "it is there already"
    assert ("expect_column_values_to_be_between", "monto") not in by_column


def test_a_conflict_brings_both_texts_and_can_be_settled(
    panel: Rules, workspace: Workspace
) -> None:
    path: Path = workspace.settings.specs / "datasets" / "ventas.yml"
    ask(panel, "edit", changes=[change("set", "title", value="Mine")])
    path.write_text(SPEC + "owner: theirs\n", encoding="utf-8")
    state = ask(panel, "save")
    assert state["conflict"]["theirs"] == SPEC + "owner: theirs\n" and state["dirty"]
    assert path.read_text() == SPEC + "owner: theirs\n"
    merged = SPEC + "title: Mine\nowner: theirs\n"
    assert "conflict" not in ask(panel, "keep_mine", text=merged)
    assert not ask(panel, "save")["dirty"]
    assert path.read_text() == merged
    ask(panel, "write", text=merged + "tags: [x]\n")
    path.write_text(SPEC, encoding="utf-8")
    assert ask(panel, "save")["conflict"]
    assert ask(panel, "take_theirs")["text"] == SPEC


def test_what_is_typed_over_a_text_that_changed_meanwhile_is_a_conflict_too(
    panel: Rules, workspace: Workspace
) -> None:
    """The draft had no changes and followed the file, before the front heard of it."""
    path: Path = workspace.settings.specs / "datasets" / "ventas.yml"
    base = ask(panel, "open")["base"]
    path.write_text(SPEC + "owner: theirs\n", encoding="utf-8")
    state = ask(panel, "write", base=base, text=SPEC + "title: mine\n")
    assert state["conflict"]["mine"] == SPEC + "title: mine\n"
    assert state["conflict"]["theirs"] == state["text"] == SPEC + "owner: theirs\n"
    with pytest.raises(EditRefused, match="changed"):
        ask(panel, "edit", base=base, changes=[change("remove", "transforms", 0)])
    assert ask(panel, "edit", base=state["base"], changes=[change("remove", "key")][:0])["valid"]


def test_panels_hear_of_a_change_and_of_the_rule_that_is_looked_at(
    panel: Rules, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(panel, "tell", lambda event, **data: told.append((event, data)))
    heard: list[dict[str, Any]] = []
    workspace.on("draft", lambda **data: heard.append(data))
    workspace.on("rule", lambda **data: heard.append(data))
    ask(panel, "edit", changes=[change("set", "title", value="x")])
    assert heard == [{"dataset": "ventas"}] and told == [], "who did it gets the answer instead"
    workspace.draft("ventas").undo()
    assert told == [("draft", {"dataset": "ventas"})]
    ask(panel, "point", list="expectations", index=1, number=1)
    assert heard[-1] == {
        "dataset": "ventas", "list": "expectations", "index": 1, "number": 1,
    }  # fmt: skip


def test_what_the_schema_cannot_know_comes_with_it(panel: Rules) -> None:
    known = ask(panel, "schema")
    assert known["datasets"] == ["ventas"] and known["connections"] == ["warehouse"]
    assert "melt" in str(known["schema"]["properties"]["transforms"])[:100_000]
    assert any(each["name"] == "coalesce" for each in known["functions"])


def test_every_kind_of_change_is_an_edit() -> None:
    kinds = ("set", "insert", "remove", "move", "rename")
    made = [type(Change(kind=kind, path=("a",)).edit()).__name__ for kind in kinds]  # type: ignore[arg-type]
    assert made == ["Set", "Insert", "Remove", "Move", "RenameKey"]
