"""The simulator: the server, its world, and everything that can be done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack

from optimizationjob.clock import SystemClock
from optimizationjob.simulator.error_answers import SimulatorError
from optimizationjob.simulator.fault_controls import FaultControls
from optimizationjob.simulator.http_server import Server
from optimizationjob.simulator.operation_context import Habits
from optimizationjob.simulator.request_dispatch import Dispatcher

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from optimizationjob.clock import Clock
    from optimizationjob.simulator.call_log import Call
    from optimizationjob.simulator.job_members import JobFields, PlannedFields
    from optimizationjob.simulator.random_fleet import FleetJob

ACCOUNT = "111111111111"
REGION = "us-east-1"


class Simulator(FaultControls):
    """A local endpoint that acts as AWS for optimization jobs, STS and tagging, until it is stopped.

    Every account of twelve digits exists, with the access key `AKIA` + account and any secret; the region is that of
    the request's signature. Jobs move with the clock when they are read, so a manual clock is enough.

    Args:
        clock: what jobs, credentials and the `Date` header go by; the machine's own unless given.
        seed: makes the credentials and request ids given out the same in every run.
        port: where to listen on 127.0.0.1; 0 picks a free one.
        check_model: whether answers, and jobs that are added, are held against botocore's model; requests always are.
        habits: how to behave where no public source says how AWS does.

    Raises:
        PortInUseError: the port is in use.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 1,
        port: int = 0,
        check_model: bool = True,
        habits: Habits | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        dispatcher = Dispatcher(self.clock, seed=seed, habits=habits or Habits(), check_model=check_model)
        super().__init__(dispatcher)
        self._world = dispatcher.world
        self._server = Server(port, self._dispatcher)
        self._state = "new"

    @property
    def url(self) -> str:
        """The endpoint for clients, good from the beginning on."""
        return self._server.url

    def connection(self, account: str = ACCOUNT, region: str = REGION) -> dict[str, str]:
        """Return the arguments with which `boto3.client` reaches an account and region here."""
        return {
            "endpoint_url": self.url,
            "region_name": region,
            "aws_access_key_id": f"AKIA{account}",
            "aws_secret_access_key": "simulated",
        }

    def start(self) -> None:
        """Begin to answer; does nothing the second time."""
        if self._state == "new":
            self._server.start()
            self._state = "running"

    def stop(self) -> None:
        """Stop answering and break all connections, hanging ones too; does nothing the second time."""
        if self._state == "running":
            self._server.stop()
        elif self._state == "new":
            self._server.server_close()
        self._state = "stopped"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def habits(self) -> Habits:
        """How the simulator behaves where AWS's ways are not public; may be set at any time."""
        return self._dispatcher.habits

    @habits.setter
    def habits(self, habits: Habits) -> None:
        self._dispatcher.habits = habits

    def add_job(self, account: str, region: str, name: str, **fields: Unpack[PlannedFields]) -> str:
        """Add a job that lives by `plan=` or `story=` from `created_at` on, and return its ARN.

        Raises:
            SimulatorError: for an unknown field or story, or a job that AWS's model does not allow.
        """
        with self._lock:
            return self._world.add(account, region, name, **fields)

    def put_job(self, account: str, region: str, name: str, **fields: Unpack[JobFields]) -> str:
        """Put a job into a state (INPROGRESS by default), where it stays until it is updated, and return its ARN.

        A job that has the name already gives way. Only a client that stops the job makes it move: STOPPING, and
        30 seconds later STOPPED.

        Raises:
            SimulatorError: for an unknown field, or a job that AWS's model does not allow and that is not `odd`.
        """
        with self._lock:
            return self._world.put(account, region, name, **fields)

    def update_job(self, account: str, region: str, name: str, **fields: Unpack[JobFields]) -> str:
        """Change some fields of a job, which from then on stays put, and return its ARN; `modified_at` becomes now.

        Raises:
            SimulatorError: for an unknown job or field, or a job that AWS's model does not allow.
        """
        with self._lock:
            return self._world.update(account, region, name, **fields)

    def delete_job(self, account: str, region: str, name: str) -> None:
        """Delete a job and its tags.

        Raises:
            SimulatorError: when there is none with the name now.
        """
        with self._lock:
            if self._world.shelf(account, region).get(name) is None:
                raise SimulatorError(f"no job {name!r} in account {account}, region {region}")
            self._world.remove(account, region, name)

    def status(self, account: str, region: str, name: str) -> str | None:
        """Return the status a job has now, or None if there is no such job now."""
        with self._lock:
            found = self._world.shelf(account, region).get(name)
        return None if found is None else found[1].status

    def load(self, jobs: Iterable[FleetJob]) -> None:
        """Add the jobs of a fleet."""
        for job in jobs:
            self.add_job(job.account, job.region, job.name, **{**job.fields, "created_at": job.created_at})

    def add_role(self, arn: str, *, external_id: str | None = None, max_session_seconds: int = 3600) -> None:
        """Let anyone who knows the external id (or anyone, for None) assume a role for at most so long.

        Raises:
            ValueError: when the ARN is no role's.
        """
        with self._lock:
            self._dispatcher.directory.add_role(arn, external_id, max_session_seconds)

    @property
    def breaches(self) -> list[str]:
        """Every breach of botocore's model so far, of requests and of answers; a test ends with asserting none."""
        with self._lock:
            return list(self._dispatcher.breaches)

    def clear_breaches(self) -> None:
        """Forget the breaches so far, for tests that commit them on purpose."""
        with self._lock:
            self._dispatcher.breaches.clear()

    @property
    def calls(self) -> list[Call]:
        """The calls so far, oldest first; the last 100,000 are kept."""
        with self._lock:
            return list(self._dispatcher.calls)

    def count(
        self,
        operation: str | None = None,
        *,
        account: str | None = None,
        region: str | None = None,
        code: str | None = None,
    ) -> int:
        """Return how many calls there were, of an operation, an account, a region or an error code, or any."""
        wanted = {"operation": operation, "account": account, "region": region, "code": code}
        given = {name: value for name, value in wanted.items() if value is not None}
        return sum(all(getattr(call, name) == value for name, value in given.items()) for call in self.calls)

    def clear_calls(self) -> None:
        """Begin a new log of calls."""
        with self._lock:
            self._dispatcher.calls.clear()
