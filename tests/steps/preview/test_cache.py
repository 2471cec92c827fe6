"""Redis makes previews faster and nothing else: absent, empty, full or full of rubbish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.steps.road import Road
from workbench.engine import redis_server
from workbench.steps.preview import Engine, Preview
from workbench.steps.preview import cache as caching
from workbench.steps.preview.cache import Cache
from workbench.steps.preview.inputs import Received
from workbench.steps.preview.packing import pack, unpack


@pytest.fixture
def redis(road: Road) -> Iterator[Any]:
    redis_server.start(road.settings)
    client = redis_server.connect(road.settings)
    yield client
    client.close()
    redis_server.stop(road.settings)


@pytest.fixture
def fresh(road: Road, redis: Any) -> Iterator[Callable[[], Engine]]:
    """Engines of new kernels that share a Redis."""
    made: list[Engine] = []

    def go() -> Engine:
        made.append(Engine(road.settings, redis=redis, records=lambda: road.records))
        return made[-1]

    yield go
    for each in made:
        each.close()


def test_another_kernel_finds_parsed_rows_timeline_and_statistics(
    messy: Callable[..., Preview], fresh: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = messy().spec
    first = Preview(fresh(), spec)
    view, window = first.view(), first.window()
    statistics, raw = first.statistics("amount"), first.window(raw=True)
    from workbench.sources import files

    def refuse(*_: Any) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(files, "read", refuse)
    other = Preview(fresh(), spec)
    assert other.view().model_copy(update={"seconds": 0}) == view.model_copy(update={"seconds": 0})
    assert not other.engine.kept  # the timeline needs no rows
    assert other.statistics("amount") == statistics
    assert [row.row for row in other.detail(3).refused] == [4]  # for these it does
    assert (other.window(), other.window(raw=True)) == (window, raw)


def test_without_redis_it_is_only_slower(messy: Callable[..., Preview], redis: Any) -> None:
    assert Preview(messy().engine, messy().spec).window().total == 3


def test_a_redis_that_goes_away_or_lies_is_passed_over(
    messy: Callable[..., Preview], fresh: Callable[[], Engine], redis: Any
) -> None:
    spec = messy().spec
    expected = Preview(fresh(), spec).window().cells
    for key in redis.keys("workbench:preview:*"):
        if redis.type(key) == b"string":
            redis.set(key, b"\x02\x00\x00\x00rubbish")
    assert Preview(fresh(), spec).window().cells == expected
    assert Preview(fresh(), spec).view().steps[-1].rows == 3
    gone = fresh()
    redis.shutdown(nosave=True)
    assert Preview(gone, spec).window().cells == expected


def test_what_was_used_longest_ago_makes_room(redis: Any) -> None:
    cache = Cache(redis, most=1_000, largest=600)
    for name in ("a", "b"):
        cache.put(name, b"x" * 400)
    assert cache.get("a") is not None
    cache.put("c", b"x" * 400)
    assert [name for name in "abc" if cache.get(name)] == ["a", "c"]
    cache.put("d", b"x" * 700)
    assert cache.get("d") is None
    assert 0 < redis.ttl(caching._PREFIX + "a") <= 86_400


def test_parsed_rows_survive_packing_and_damage_is_noticed(
    messy: Callable[..., Preview],
) -> None:
    walk = messy().walk
    assert walk.candidate is not None
    from workbench.steps.preview.inputs import receive

    received: Received = receive(walk.spec, walk.candidate, walk.sha256, "whole", Cache(), {})
    data = pack(received)
    found = unpack(received.key, data)
    assert found is not None
    assert found.table.equals(received.table) and found.view == received.view
    assert {k: v.to_pylist() for k, v in found.markers.items()} == {
        k: v.to_pylist() for k, v in received.markers.items()
    }
    assert unpack("x", data[:-1]) is None
    assert unpack("x", data[: len(data) // 2]) is None
    assert unpack("x", b"") is None
