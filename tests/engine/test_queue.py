"""The queue: ids only, in order, and nothing that the workbench did not write."""

from __future__ import annotations

import pickle
import threading
import zlib
from pathlib import Path
from typing import Any

import psutil
import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from workbench.config import Settings
from workbench.engine import queue, redis_server
from workbench.engine.queue import RedisJobs, StepWorker
from workbench.errors import QueueUnavailable

RUN = "0123456789ab"
LARGE = zlib.compress(b"[" + b"1," * 1_000_000 + b"1]")
BOMB = zlib.compress(b"[" * (100 << 20), 1)
DEEP = f'["{queue.CALLABLE}", null, [{"[" * 5_000}{"]" * 5_000}, "a", 1], {{}}]'
NAN = f'["{queue.CALLABLE}", null, ["{RUN}", "a", NaN], {{}}]'
WEBHOOK = '[{"url": "http://127.0.0.1:1/x", "job_status": "failed"}]'


@pytest.fixture(params=["sqlite"])
def any_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """The queue does not look at the records: one database is enough."""
    return Settings(tmp_path, environ={})


@pytest.fixture
def jobs(redis: Settings) -> RedisJobs:
    return RedisJobs(redis)


def work(settings: Settings) -> list[tuple[str, str, int]]:
    """What a worker hands on until the queues are empty."""
    taken: list[tuple[str, str, int]] = []
    worker = StepWorker(settings, "w", lambda *ids: taken.append(ids))
    worker.work_until(lambda: False, burst=True)
    return taken


def test_ids_arrive_by_priority_then_time(jobs: RedisJobs, redis: Settings) -> None:
    jobs.enqueue(RUN, "a.one", 0, 1, 0, front=False)
    jobs.enqueue(RUN, "a.two", 1, 1, 0, front=False)
    jobs.enqueue(RUN, "a.low", 2, 1, -1, front=False)
    jobs.enqueue(RUN, "a.high", 3, 2, 9, front=False)
    jobs.enqueue(RUN, "a.begun", 4, 1, 0, front=True)
    assert jobs.counts() == {"high": 1, "default": 3, "low": 1}
    assert jobs.waiting() == {(RUN, 0, 1), (RUN, 1, 1), (RUN, 2, 1), (RUN, 3, 2), (RUN, 4, 1)}
    assert work(redis) == [
        (RUN, "a.high", 2),
        (RUN, "a.begun", 1),
        (RUN, "a.one", 1),
        (RUN, "a.two", 1),
        (RUN, "a.low", 1),
    ]


def test_queued_twice_it_arrives_once(jobs: RedisJobs, redis: Settings) -> None:
    for _ in range(3):
        jobs.enqueue(RUN, "a.one", 0, 1, 0, front=False)
    assert work(redis) == [(RUN, "a.one", 1)]


def test_nothing_is_left_in_redis(jobs: RedisJobs, redis: Settings) -> None:
    for number in range(50):
        jobs.enqueue(RUN, f"a.{number}", number, 1, 0, front=False)
    assert len(work(redis)) == 50
    client = redis_server.connect(redis)
    assert not [key for key in client.scan_iter() if b"job" in key or b"registry" in key]


class Exploit:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.write_text, (self.path, "owned"))


def forge(client: Redis, data: bytes, **fields: Any) -> None:
    """Put a job into Redis as RQ would, with any content."""
    number = client.incr("forged")
    name = f"forged-{number}"
    content = {"data": data, "created_at": "2024-01-01T00:00:00.0Z", "status": "queued"}
    client.hset(f"rq:job:{name}", mapping={**content, **fields})
    client.rpush("rq:queue:default", name)


def data(*parts: Any) -> bytes:
    return zlib.compress(JSONSerializer.dumps(list(parts)))


def forgeries(evil: Path) -> dict[str, tuple[bytes, dict[str, Any]]]:
    good = (queue.CALLABLE, None, [RUN, "a.ingest", 1], {})
    touch = ["pathlib.Path.touch", None, [str(evil)], {}]
    return {
        "pickle": (zlib.compress(pickle.dumps((queue.CALLABLE, None, Exploit(evil), {}))), {}),
        "raw pickle": (pickle.dumps(Exploit(evil)), {}),
        "unlisted callable": (data(*touch), {}),
        "system": (data("os.system", None, [f"touch {evil}"], {}), {}),
        "prefix of ours": (data("workbench.engine.queue.os.system", None, ["x", "y", 1], {}), {}),
        "instance": (data(queue.CALLABLE, "os", [RUN, "a.ingest", 1], {}), {}),
        "extra argument": (data(queue.CALLABLE, None, [RUN, "a.ingest", 1, "x"], {}), {}),
        "keyword": (data(queue.CALLABLE, None, [RUN, "a.ingest", 1], {"x": 1}), {}),
        "no list": (data(queue.CALLABLE, None, "abc", {}), {}),
        "run id": (data(queue.CALLABLE, None, ["../../etc", "a.ingest", 1], {}), {}),
        "step id": (data(queue.CALLABLE, None, [RUN, ["a"], 1], {}), {}),
        "endless step id": (data(queue.CALLABLE, None, [RUN, "a" * 10_000, 1], {}), {}),
        "attempt": (data(queue.CALLABLE, None, [RUN, "a.ingest", True], {}), {}),
        "large": (LARGE, {}),
        "not JSON": (b"\xff\xfe", {}),
        "empty": (b"", {}),
        "callback": (data(*good), {"success_callback_name": "os.abort"}),
        "failure callback": (data(*good), {"failure_callback_name": "os.abort"}),
        "webhook": (data(*good), {"webhooks": WEBHOOK}),
        "stop callback": (data(*good), {"stopped_callback_name": "os.abort"}),
        "zlib bomb": (BOMB, {}),
        "small zlib bomb": (zlib.compress(b" " * (1 << 20) + data(*good)), {}),
        "deep": (zlib.compress(b"[" * 8_000 + b"]" * 8_000), {}),
        "deep argument": (zlib.compress(DEEP.encode()), {}),
        "huge number": (data(queue.CALLABLE, None, [RUN, "a.ingest", 10**400], {}), {}),
        "no number": (zlib.compress(NAN.encode()), {}),
        "twins": (zlib.compress(b'{"a": 1, "a": 2}'), {}),
        "callable with a line end": (data(queue.CALLABLE + "\n", None, [RUN, "a", 1], {}), {}),
        "run id with a line end": (data(queue.CALLABLE, None, [RUN + "\n", "a", 1], {}), {}),
        "run id of other digits": (data(queue.CALLABLE, None, ["٣" * 12, "a", 1], {}), {}),
        "negative attempt": (data(queue.CALLABLE, None, [RUN, "a.ingest", -1], {}), {}),
        "fraction": (data(queue.CALLABLE, None, [RUN, "a.ingest", 1.0], {}), {}),
        "map for a list": (data(queue.CALLABLE, None, {RUN: 1, "b": 2, "c": 3}, {}), {}),
    }


#: What RQ would read or unpack of a job, and we do not: it may hold anything.
UNREAD = {
    "status": {"status": "nonsense"},
    "date": {"created_at": "yesterday"},
    "result": {"result": pickle.dumps(Path("x"))},
    "traceback that is a bomb": {"exc_info": BOMB},
    "meta": {"meta": b"\x80\x04."},
    "dependency": {"dependency_ids": "[[["},
    "retries": {"retries_left": "many", "retry_intervals": "["},
    "time-out": {"timeout": "for ever"},
}


@pytest.mark.parametrize("kind", sorted(UNREAD))
def test_what_else_stands_in_a_job_is_not_read(kind: str, redis: Settings) -> None:
    client = redis_server.connect(redis)
    forge(client, data(queue.CALLABLE, None, [RUN, "a.ingest", 1], {}), **UNREAD[kind])
    before = psutil.Process().memory_info().rss
    assert work(redis) == [(RUN, "a.ingest", 1)]
    assert psutil.Process().memory_info().rss - before < 50 << 20
    assert not [key for key in client.scan_iter() if b"job" in key]


def test_what_is_no_job_at_all_is_refused(
    jobs: RedisJobs, redis: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = redis_server.connect(redis)
    client.set("rq:job:text", "a text where a job should be")
    client.rpush("rq:queue:default", "text", "nobody", b"\xff\xfe", "../../etc/passwd", "a:b c")
    jobs.enqueue(RUN, "a.good", 0, 1, 0, front=False)
    assert work(redis) == [(RUN, "a.good", 1)]
    assert "refused" in caplog.text
    assert not [key for key in client.scan_iter() if b"job" in key]


def test_a_queue_that_is_no_list_is_told(redis: Settings) -> None:
    redis_server.connect(redis).set("rq:queue:high", "no list")
    with pytest.raises(QueueUnavailable, match="WRONGTYPE"):
        work(redis)


@pytest.mark.parametrize("kind", sorted(forgeries(Path("x"))))
def test_forged_jobs_are_refused(
    kind: str, jobs: RedisJobs, redis: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evil = tmp_path / "evil"
    content, fields = forgeries(evil)[kind]
    forge(redis_server.connect(redis), content, **fields)
    jobs.enqueue(RUN, "a.good", 0, 1, 0, front=False)
    assert work(redis) == [(RUN, "a.good", 1)]  # and the worker goes on
    assert not evil.exists()
    assert "refused" in caplog.text


def test_a_true_job_is_not_refused(redis: Settings) -> None:
    """The control: what is forged differs from this in one thing each."""
    forge(redis_server.connect(redis), data(queue.CALLABLE, None, [RUN, "a.ingest", 1], {}))
    assert work(redis) == [(RUN, "a.ingest", 1)]


def test_a_plain_worker_cannot_do_steps(jobs: RedisJobs, redis: Settings) -> None:
    from rq import SimpleWorker

    jobs.enqueue(RUN, "a.one", 0, 1, 0, front=False)
    client = redis_server.connect(redis)
    worker = SimpleWorker(["default"], connection=client, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")
    job = Queue("default", connection=client).fetch_job(f"{RUN}-0-1")
    assert job is not None
    assert job.is_failed


def test_the_worker_stops_within_seconds(redis: Settings) -> None:
    stop = threading.Event()
    worker = StepWorker(redis, "w", lambda *ids: None)
    thread = threading.Thread(target=worker.work_until, args=(stop.is_set,))
    thread.start()
    stop.set()
    thread.join(3)
    assert not thread.is_alive()


def test_redis_down_is_told(any_settings: Settings) -> None:
    jobs = RedisJobs(any_settings)
    with pytest.raises(QueueUnavailable) as caught:
        jobs.enqueue(RUN, "a.one", 0, 1, 0, front=False)
    assert "workbench up" in str(caught.value)
    with pytest.raises(QueueUnavailable):
        jobs.waiting()


def test_a_restarted_redis_is_found_again(jobs: RedisJobs, redis: Settings) -> None:
    jobs.enqueue(RUN, "a.one", 0, 1, 0, front=False)
    redis_server.stop(redis)
    with pytest.raises(QueueUnavailable):
        jobs.counts()
    process = redis_server.start(redis)
    assert process
    assert jobs.counts()["default"] == 1  # the append-only file kept it
    redis_server.stop(redis)
    process.wait(10)
