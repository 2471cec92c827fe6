"""``workbench preview``: in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import CliRunner, Result

from tests.steps.road import Road
from workbench.cli import cli
from workbench.steps.preview import Preview


def run(road: Road, *arguments: str) -> Result:
    settings = road.settings
    return CliRunner().invoke(cli, ["preview", *arguments], env=settings.environ())


def test_a_preview_is_told_in_words(road: Road, messy: Callable[..., Preview]) -> None:
    messy()
    said = run(road, "sales", "--rows", "2").output
    assert "the whole file" in said
    assert "2 filter: 1 row filtered out" in said
    assert "3 map_categories: 1 row quarantined" in said
    assert "1 row of 3 fail: amount is not at least 0" in said
    assert "Rows after step 6 (deduplicate), 2 of 3:" in said
    early = run(road, "sales", "--step", "2").output
    assert "Rows after step 2 (filter), 6 of 6:" in early


def test_a_preview_as_json_is_that_of_the_service(
    road: Road, messy: Callable[..., Preview]
) -> None:
    preview = messy()
    told = json.loads(run(road, "sales", "--json", "--rows", "1").output)
    assert told["window"] == preview.window(limit=1).model_dump(mode="json")
    assert told["checks"] == preview.checks().model_dump(mode="json")
    view = preview.view().model_dump(mode="json")
    assert told["preview"] | {"seconds": 0} == view | {"seconds": 0}


def test_a_transform_that_cannot_be_done_is_told_with_the_rows_before_it(
    road: Road, messy: Callable[..., Preview]
) -> None:
    messy()
    road.spec("sales", messy("amount * 2", "amount * wrong").spec.text.partition("\n")[2])
    said = run(road, "sales").output
    assert "5 derive: cannot be done: unknown column 'wrong'" in said
    assert "Rows after step 4 (type_cast), 4 of 4:" in said
