"""The queue of steps: ids on Redis, carried by RQ. The only home of RQ.

A job says: begin attempt N of this step. It is JSON, names one callable, and has three arguments.
One other job is known: publish the portal; it has no arguments. Whatever else is found in Redis
is refused and dropped, so that access to Redis does not become a way to run code. RQ's retries,
dependencies, callbacks, results and scheduler are not used: SQL decides, and losing Redis loses
nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout, DeserializationError, InvalidJobOperation
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from workbench.config import Settings
from workbench.engine import redis_server
from workbench.errors import EngineError

#: Queues in the order in which workers empty them.
NAMES = ("high", "default", "low")
#: The only callable that a job may name.
CALLABLE = "workbench.engine.queue.execute_step"

#: The callable of the job that publishes the portal.
PORTAL = "workbench.engine.queue.publish_portal"
_PORTAL_ID = "portal"

_RUN = re.compile(r"[0-9a-f]{12}")
_JOB = re.compile(r"([0-9a-f]{12})-(\d{1,6})-(\d{1,9})")
_LONGEST_STEP = 500
_LARGEST_JOB = 16_384

logger = logging.getLogger(__name__)

StepHandler = Callable[[str, str, int], None]


class Refused(EngineError):
    """A job that the workbench did not write."""


def execute_step(run_id: str, step_id: str, attempt: int) -> None:
    """What jobs name. Workers of the workbench hand the ids to their handler instead."""
    raise EngineError(
        f"step {step_id} of run {run_id} (attempt {attempt}) was taken by a plain RQ worker",
        remedy="start workers with `workbench worker`",
    )


def publish_portal() -> None:
    """What the job names that publishes the portal; workers of the workbench know what it is."""
    raise EngineError(
        "publishing was taken by a plain RQ worker",
        remedy="start workers with `workbench worker`",
    )


class RedisJobs:
    """The queue (``Jobs``) over the Redis of these settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client: redis.Redis | None = None

    def enqueue(
        self, run_id: str, step_id: str, position: int, attempt: int, priority: int, *, front: bool
    ) -> None:
        """Queue an attempt; steps of a run that has begun go to the ``front``."""
        name = "high" if priority > 0 else "default" if priority == 0 else "low"
        try:
            queue = Queue(name, connection=self._connected(), serializer=JSONSerializer)
            queue.enqueue_call(
                CALLABLE,
                args=(run_id, step_id, attempt),
                job_id=f"{run_id}-{position}-{attempt}",
                description=f"{step_id} of run {run_id}",
                timeout=-1,
                result_ttl=0,
                failure_ttl=60,
                at_front=front,
            )
        except redis.RedisError as error:
            raise redis_server.unavailable(self.settings, error) from error

    def enqueue_portal(self) -> None:
        """Queue publishing, behind all steps; queued many times, it is still done once.

        Raises ``QueueUnavailable``.
        """
        try:
            queue = Queue("low", connection=self._connected(), serializer=JSONSerializer)
            queue.enqueue_call(
                PORTAL,
                job_id=_PORTAL_ID,
                description="publish the portal",
                timeout=-1,
                result_ttl=0,
                failure_ttl=60,
            )
        except redis.RedisError as error:
            raise redis_server.unavailable(self.settings, error) from error

    def waiting(self) -> set[tuple[str, int, int]]:
        """The (run, position, attempt) of the jobs in the queues."""
        try:
            client = self._connected()
            found: set[tuple[str, int, int]] = set()
            for name in NAMES:
                ids: Any = client.lrange(Queue.redis_queue_namespace_prefix + name, 0, -1)
                matches = (_JOB.fullmatch(job.decode("ascii", "replace")) for job in ids)
                found |= {(m[1], int(m[2]), int(m[3])) for m in matches if m}
            return found
        except redis.RedisError as error:
            raise redis_server.unavailable(self.settings, error) from error

    def counts(self) -> dict[str, int]:
        """How many jobs wait in each queue."""
        try:
            client = self._connected()
            return {
                name: int(client.llen(Queue.redis_queue_namespace_prefix + name)) for name in NAMES
            }
        except redis.RedisError as error:
            raise redis_server.unavailable(self.settings, error) from error

    def _connected(self) -> redis.Redis:
        if self._client is None:
            self._client = redis_server.connect(self.settings)
        return self._client


def read(job: Job) -> tuple[str, str, int] | None:
    """The (run, step, attempt) that a job asks for, ``None`` if it asks for publishing.

    Raises ``Refused`` unless it is one of ours.
    """
    try:
        if len(job.data) > _LARGEST_JOB:
            raise Refused("it is too large")
        named, args, kwargs = job.func_name, job.args, job.kwargs
        instance = job.instance
        callbacks = (
            job._success_callback_name or job._failure_callback_name or job._stopped_callback_name
        )
    except (DeserializationError, InvalidJobOperation, ValueError, TypeError) as error:
        raise Refused(f"its content is not JSON of the right form ({error})") from error
    if named not in (CALLABLE, PORTAL) or instance:
        raise Refused(f"it names the callable {named!r}")
    if callbacks or job.webhooks or kwargs:
        raise Refused("it asks for more than a step")
    if named == PORTAL:
        if args:
            raise Refused("publishing has no arguments")
        return None
    if not isinstance(args, list | tuple) or len(args) != 3:
        raise Refused("it has the wrong number of arguments")
    run_id, step_id, attempt = args
    if not (
        isinstance(run_id, str)
        and _RUN.fullmatch(run_id)
        and isinstance(step_id, str)
        and 0 < len(step_id) <= _LONGEST_STEP
        and type(attempt) is int
        and attempt > 0
    ):
        raise Refused("its arguments are not ids")
    return run_id, step_id, attempt


class StepWorker(SimpleWorker):
    """An RQ worker that hands ids of steps to ``handler`` and refuses everything else.

    ``publish`` is called when the portal is to be published; it must return at once.

    RQ's registries are not kept: cleaning them would run the callbacks that a job names. Commands
    over Redis are not taken either.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        handler: StepHandler,
        publish: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            list(NAMES),
            name=name,
            connection=redis_server.connect(settings),
            serializer=JSONSerializer,
        )
        self._settings = settings
        self._handler = handler
        self._publish = publish

    def work_until(self, stopping: Callable[[], bool], *, burst: bool = False) -> None:
        """Take jobs until ``stopping``, looked at every second; raises ``QueueUnavailable``.

        With ``burst`` it returns as soon as the queues are empty.
        """
        try:
            self.connection.delete(self.key)  # left by an earlier connection of this worker
            self.register_birth()  # type: ignore[no-untyped-call]
            while not stopping():
                self.heartbeat()
                if not self._take(None if burst else 1) and burst:
                    break
            self.register_death()  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            raise redis_server.unavailable(self._settings, error) from error

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Hand a job's ids on. The job itself has done its duty and is deleted first."""
        try:
            wanted = read(job)
        except Refused as error:
            logger.warning("refused job %r in queue %r: %s", job.id, queue.name, error.message)
            self.connection.delete(job.key)
            return
        self.connection.delete(job.key)
        if wanted is None:
            self._publish()
        else:
            self.set_state(WorkerStatus.BUSY)
            self._handler(*wanted)
            self.set_state(WorkerStatus.IDLE)

    def _take(self, timeout: int | None) -> bool:
        try:
            found = Queue.dequeue_any(
                self.queues, timeout, connection=self.connection, serializer=JSONSerializer
            )
        except DequeueTimeout:
            return False
        except redis.RedisError:
            raise
        except Exception as error:  # whatever is wrong with what somebody else put there
            logger.warning("refused a job that cannot be read: %s", error)
            return True
        if found is not None:
            self.execute_job(*found)
        return found is not None
