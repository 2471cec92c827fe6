"""How the rows of two versions differ: by key, as a whole, after a retention."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.steps.road import Road
from workbench.config import Settings
from workbench.errors import LakeError
from workbench.records.versions import DatasetVersion, list_versions
from workbench.steps.comparing.rows import count_differences, page_of_differences


@pytest.fixture
def road(settings: Settings) -> Road:
    return Road(settings)


def two_versions(
    road: Road, before: str, after: str, *, spec: str = "", spec_after: str | None = None
) -> tuple[DatasetVersion, DatasetVersion]:
    """Publish two files one after the other, the second in place of the first."""
    head = 'source: {path: "inbox/*.csv"}\nupdate: replace\n'
    road.spec("items", head + spec)
    for text in (before, after):
        road.file("a.csv", text)
        run = road.run("items")
        assert run.status == "SUCCESS", run.error
        if spec_after is not None:
            road.spec("items", head + spec_after)
    right, left = list_versions(road.records, "items")
    return left, right


def test_rows_are_matched_by_key_and_null_is_a_value(road: Road) -> None:
    left, right = two_versions(
        road,
        "id,name,note\n1,a,x\n2,b,\n3,c,z\n4,d,\n",
        "id,name,note\n1,a,x\n2,B,new\n4,d,\n5,e,\n",
    )
    found = count_differences(road.settings, left, right, ["id"])
    assert found.by_key and found.key == ("id",)
    assert (found.added, found.removed, found.changed, found.unchanged) == (1, 1, 1, 2)
    assert found.cells == {"name": 1, "note": 1}
    page = page_of_differences(road.settings, left, right, ["id"], kind="changed")
    [row] = page.rows
    assert page.columns == ("id", "name", "note") and page.total == 1
    assert row.left == ("2", "b", None) and row.right == ("2", "B", "new")
    assert row.changed == (1, 2)
    [added] = page_of_differences(road.settings, left, right, ["id"], kind="added").rows
    assert added.left is None and added.right == ("5", "e", None)
    [removed] = page_of_differences(road.settings, left, right, ["id"], kind="removed").rows
    assert removed.left == ("3", "c", "z") and removed.right is None


def test_equal_versions_do_not_differ(road: Road) -> None:
    left, right = two_versions(road, "id,a\n1,\n2,b\n", "a,id\n,1\nb,2\n")
    by_key = count_differences(road.settings, left, right, ["id"])
    as_a_whole = count_differences(road.settings, left, right)
    for found in (by_key, as_a_whole):
        assert (found.added, found.removed, found.changed, found.unchanged) == (0, 0, 0, 2)


def test_without_a_key_rows_count_as_often_as_they_occur(road: Road) -> None:
    left, right = two_versions(road, "a,b\n1,\n1,\n2,x\n", "a,b\n1,\n2,x\n2,x\n2,x\n3,\n")
    found = count_differences(road.settings, left, right)
    assert not found.by_key and found.why == "the dataset has no key"
    assert (found.added, found.removed, found.changed, found.unchanged) == (3, 1, 0, 2)
    page = page_of_differences(road.settings, left, right, kind="added")
    assert [(row.right, row.times) for row in page.rows] == [(("2", "x"), 2), (("3", None), 1)]
    assert page.total == 3


def test_a_key_that_is_not_unique_is_said_and_not_used(road: Road) -> None:
    left, right = two_versions(road, "id,a\n1,x\n1,y\n", "id,a\n1,x\n2,y\n")
    found = count_differences(road.settings, left, right, ["id"])
    assert not found.by_key
    assert found.why == "the key (id) is not unique in the first version"
    assert (found.added, found.removed, found.unchanged) == (1, 1, 1)


def test_columns_that_changed_their_type_compare_by_what_they_read_as(road: Road) -> None:
    left, right = two_versions(
        road,
        "id,a\n1,10\n2,20\n",
        "id,a\n1,10\n2,21\n",
        spec_after="transforms: [{type_cast: {columns: {a: integer}}}]\n",
    )
    found = count_differences(road.settings, left, right, ["id"])
    assert (found.changed, found.unchanged, found.cells) == (1, 1, {"a": 1})


def test_names_of_columns_are_never_taken_for_ours(road: Road) -> None:
    head = 'l,r,here,place,times,c0,"a ""b"""\n'
    left, right = two_versions(
        road, head + "1,2,3,4,5,6,7\n", head + "1,2,3,4,5,6,8\n2,2,3,4,5,6,7\n"
    )
    names = [c.name for c in right.ref.columns if not c.name.startswith("_")]
    for key in ([], ["l"], ["c0", "l"]):
        found = count_differences(road.settings, left, right, key)
        assert found.added == (1 if key else 2)
        kinds = ("added", "changed") if key else ("added",)
        for kind in kinds:
            page = page_of_differences(road.settings, left, right, key, kind=kind)  # type: ignore[arg-type]
            assert sorted(page.columns) == sorted(names)


def test_pages_follow_each_other_in_the_order_of_the_key(road: Road) -> None:
    many = "id,a\n" + "".join(f"{n:03},x\n" for n in range(25))
    left, right = two_versions(road, "id,a\n000,x\n", many)
    seen: list[str | None] = []
    for offset in (0, 10, 20):
        page = page_of_differences(
            road.settings, left, right, ["id"], kind="added", offset=offset, limit=10
        )
        assert page.total == 24
        seen += [row.right[0] for row in page.rows if row.right]
    assert seen == [f"{n:03}" for n in range(1, 25)]


def test_a_version_whose_files_are_gone_is_said(road: Road) -> None:
    left, right = two_versions(road, "id,a\n1,x\n", "id,a\n1,y\n")
    assert count_differences(road.settings, left, right, ["id"]).gone is None  # as yet
    road_files = Path(left.ref.uri)
    from workbench.lake.layers import DeltaLayer

    removed = DeltaLayer(road.settings, "items", "silver").vacuum(0)
    assert removed and road_files.is_dir()
    found = count_differences(road.settings, left, right, ["id"])
    assert found.gone and f"version {left.ref.version} of items" in found.gone
    assert not found.columns
    with pytest.raises(LakeError, match="its files were removed") as caught:
        page_of_differences(road.settings, left, right, ["id"], kind="changed")
    assert caught.value.remedy and "WORKBENCH_KEEP_VERSIONS" in caught.value.remedy
