"""Dataset specs: what is left out, what the hashes see, parameters bound."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from workbench.errors import ConfigError, SpecError
from workbench.spec.loader import parse_dataset
from workbench.spec.models import DatasetSpec

BASE = """
dataset: sales
source: {path: inbox/*.csv}
transforms:
  - trim
  - filter: {where: amount > 0}
key: [id]
targets: [{connection: warehouse}]
"""


def spec(text: str = BASE) -> DatasetSpec:
    return parse_dataset(text)


@pytest.mark.parametrize(
    ("more", "update", "strategy"),
    [
        ("source: {path: a.csv}\nkey: [id]\n", "merge", "upsert"),
        ("source: {path: a.csv}\n", "append", "append"),
        ("source: {path: a.csv}\nkey: [id]\nupdate: append\n", "append", "append"),
        ("source: {path: a.csv}\nupdate: replace\n", "replace", "truncate_insert"),
        ("source: {dataset: other}\nkey: [id]\n", "replace", "truncate_insert"),
    ],
)
def test_what_is_left_out_follows_from_the_rest(more: str, update: str, strategy: str) -> None:
    read = spec(f"dataset: a\n{more}targets: [{{connection: warehouse}}]\n")
    assert read.update_mode == update
    assert read.targets[0].strategy == strategy
    assert read.targets[0].table == "a"


def test_the_order_of_keys_in_the_file_does_not_decide() -> None:
    text = "targets: [{}]\nupdate: replace\nsource: {path: a.csv}\ndataset: a\n"
    assert spec(text).targets[0].strategy == "truncate_insert"
    assert spec(text).targets[0].connection == "warehouse"


def test_empty_lists_may_be_left_empty() -> None:
    read = spec("dataset: a\nsource: {path: a.csv}\ntransforms:\nexpectations:\ntargets:\n")
    assert read.transforms == read.expectations == read.targets == ()


def test_enabled_false_is_kept_apart_from_the_options() -> None:
    read = spec(BASE.replace("amount > 0", "amount > 0, enabled: false"))
    assert [use.enabled for use in read.transforms] == [True, False]
    assert "enabled" not in read.transforms[1].options.model_dump()


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValidationError):
        spec().title = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        spec().source.path = ("other",)


def test_layout_comments_and_order_do_not_change_a_hash() -> None:
    same = """
# the same, written otherwise
targets:
  - connection: "warehouse"
key:
  - id
source:
  type: files
  path: inbox/*.csv
transforms: [{trim: {}}, {filter: {where: 'amount > 0'}}]
dataset: sales
"""
    assert spec(same).hash == spec().hash
    assert spec(same).source_hash == spec().source_hash
    assert spec(same).transform_hash == spec().transform_hash


#: A change of the spec, and which hashes see it: whole, source, transform.
CHANGES = {
    "title": (("key:", "title: T\nkey:"), (True, False, False)),
    "where files are": (("inbox/*.csv", "other/*.csv"), (True, False, False)),
    "how files are read": (("*.csv}", '*.csv, delimiter: "|"}'), (True, True, False)),
    "a condition": (("amount > 0", "amount > 1"), (True, False, True)),
    "the order of transforms": (
        ("  - trim\n  - filter: {where: amount > 0}", "  - filter: {where: amount > 0}\n  - trim"),
        (True, False, True),
    ),
    "a transform switched off": (
        ("amount > 0}", "amount > 0, enabled: false}"), (True, False, True)),
    "the key": (("[id]", "[id, day]"), (True, False, True)),
    "how batches meet": (("key: [id]", "key: [id]\nupdate: append"), (True, False, True)),
    "a target": (("{connection: warehouse}", "{table: t}"), (True, False, False)),
    "a check that warns": (
        ("key:", "expectations: [expect_column_to_exist: {column: a, severity: warn}]\nkey:"),
        (True, False, False),
    ),
    "a check that quarantines": (
        ("key:", "expectations: [expect_column_values_to_not_be_null: "
         "{column: a, severity: quarantine}]\nkey:"),
        (True, False, True),
    ),
    "a schedule": (("key:", 'schedule: {cron: "0 6 * * *"}\nkey:'), (True, False, False)),
    "a parameter": (("key:", "params: {y: {default: a}}\nkey:"), (True, False, True)),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_each_hash_sees_what_it_is_for(change: str) -> None:
    (old, new), seen = CHANGES[change]
    assert old in BASE
    before, after = spec(), spec(BASE.replace(old, new))
    assert seen == (
        before.hash != after.hash,
        before.source_hash != after.source_hash,
        before.transform_hash != after.transform_hash,
    )


def test_switched_off_transforms_do_not_count_for_what_is_published() -> None:
    off = BASE.replace("amount > 0}", "amount > 0, enabled: false}")
    assert spec(off).transform_hash == spec(off.replace("> 0", "> 5")).transform_hash
    assert (
        spec(off).transform_hash
        == spec(BASE.replace("  - filter: {where: amount > 0}\n", "")).transform_hash
    )


PARAMS = """
dataset: sales
params:
  year: {type: integer, default: 2024}
  region: {}
source: {path: "inbox/${param:region}_${param:year}.csv", values_from_name: '(?P<y>[0-9]{4})'}
transforms: [filter: {where: "y = :year"}]
"""


def test_binding_replaces_parameters_and_keeps_hashes() -> None:
    read = spec(PARAMS)
    bound = read.bind({"region": "norte", "year": "2025"})
    assert bound.source.path == ("inbox/norte_2025.csv",)
    assert bound.values == {"year": 2025, "region": "norte"}
    assert read.values == {"year": 2024}
    assert bound.hash == read.hash
    assert bound.source_hash == read.source_hash
    assert bound.transform_hash == read.transform_hash
    assert bound.source_type == "files"
    again = bound.bind({"region": "sur"})  # from the spec as written, not from what was bound
    assert again.source.path == ("inbox/sur_2024.csv",)


def test_gold_is_computed_anew_for_other_values() -> None:
    gold = spec(
        "dataset: g\nparams: {y: {type: integer, default: 1}}\nsource: {dataset: sales}\n"
        'transforms: [filter: {where: "a = :y"}]\n'
    )
    assert gold.bind({"y": 2}).transform_hash != gold.bind({"y": 3}).transform_hash
    assert gold.bind({}).transform_hash == gold.bind({"y": 1}).transform_hash


def test_binding_says_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match="'region' is not given") as caught:
        spec(PARAMS).bind()
    assert "--param region=VALUE" in str(caught.value.remedy)
    with pytest.raises(ConfigError, match=r"unknown parameter 'regoin'; did you mean 'region'\?"):
        spec(PARAMS).bind({"regoin": "x"})


@pytest.mark.parametrize("name", ["a", "a1_b", "x" * 63])
def test_names_that_every_database_takes(name: str) -> None:
    assert spec(f"dataset: {name}\nsource: {{path: a.csv}}\n").dataset == name


@pytest.mark.parametrize(
    "name", ["A", "1a", "_a", "a-b", "a b", "ñ", "x" * 64, '"a;drop"', "a\u200b"]
)
def test_names_that_some_database_would_refuse(name: str) -> None:
    with pytest.raises(SpecError, match="is not a usable name"):
        spec(f"dataset: {name}\nsource: {{path: a.csv}}\n")
