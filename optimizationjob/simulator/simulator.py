"""The simulator: the server, its world and the methods that control them."""

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
    """A local endpoint that simulates AWS for optimization jobs, STS and tagging.

    Every 12-digit account exists, with the access key `AKIA` + account and any secret; the region is that of the
    request's signature. The state of a job depends only on the clock, so a manual clock is enough. All regions are
    enabled; `disable_region` plays an opt-in region that an account has not enabled.

    Args:
        clock: clock for jobs, credentials and the `Date` header; the system clock by default.
        seed: makes the issued credentials and request IDs reproducible.
        port: port on 127.0.0.1; 0 picks a free one.
        check_model: whether to validate responses and added jobs against botocore's model; requests always are.
        habits: how to behave where AWS's behavior is not documented.

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
        """The endpoint for clients, valid before `start` too."""
        return self._server.url

    def connection(self, account: str = ACCOUNT, region: str = REGION) -> dict[str, str]:
        """Return the arguments for `boto3.client` to connect to an account and region of the simulator."""
        return {
            "endpoint_url": self.url,
            "region_name": region,
            "aws_access_key_id": f"AKIA{account}",
            "aws_secret_access_key": "simulated",
        }

    def start(self) -> None:
        """Start serving requests; no effect on a second call."""
        if self._state == "new":
            self._server.start()
            self._state = "running"

    def stop(self) -> None:
        """Stop serving and close all connections, including hanging ones; no effect on a second call."""
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
        """How the simulator behaves where AWS's behavior is not documented; may be set at any time."""
        return self._dispatcher.habits

    @habits.setter
    def habits(self, habits: Habits) -> None:
        self._dispatcher.habits = habits

    def add_job(self, account: str, region: str, name: str, **fields: Unpack[PlannedFields]) -> str:
        """Add a job that follows `plan=` or `story=` from `created_at` on, and return its ARN.

        Raises:
            SimulatorError: a field or story is unknown, or AWS's model does not allow the job.
        """
        with self._lock:
            return self._world.add(account, region, name, **fields)

    def put_job(self, account: str, region: str, name: str, **fields: Unpack[JobFields]) -> str:
        """Add a job that keeps its state (INPROGRESS by default) until it is updated, and return its ARN.

        It replaces an existing job of that name. If a client stops the job, it becomes STOPPING and 30 seconds later
        STOPPED.

        Raises:
            SimulatorError: a field is unknown, or AWS's model does not allow the job and it is not `odd`.
        """
        with self._lock:
            return self._world.put(account, region, name, **fields)

    def update_job(self, account: str, region: str, name: str, **fields: Unpack[JobFields]) -> str:
        """Change fields of a job, which then keeps its state, and return its ARN; `modified_at` defaults to now.

        Raises:
            SimulatorError: the job or a field is unknown, or AWS's model does not allow the job.
        """
        with self._lock:
            return self._world.update(account, region, name, **fields)

    def delete_job(self, account: str, region: str, name: str) -> None:
        """Delete a job and its tags.

        Raises:
            SimulatorError: the job does not exist now.
        """
        with self._lock:
            if self._world.shelf(account, region).get(name) is None:
                raise SimulatorError(f"no job {name!r} in account {account}, region {region}")
            self._world.remove(account, region, name)

    def status(self, account: str, region: str, name: str) -> str | None:
        """Return the current status of a job, or None if it does not exist now."""
        with self._lock:
            found = self._world.shelf(account, region).get(name)
        return None if found is None else found[1].status

    def load(self, jobs: Iterable[FleetJob]) -> None:
        """Add the jobs of a fleet."""
        for job in jobs:
            self.add_job(job.account, job.region, job.name, **{**job.fields, "created_at": job.created_at})

    def add_role(self, arn: str, *, external_id: str | None = None, max_session_seconds: int = 3600) -> None:
        """Add a role that any caller who passes its external ID, if it has one, may assume.

        Raises:
            ValueError: the ARN is not an IAM role ARN.
        """
        with self._lock:
            self._dispatcher.directory.add_role(arn, external_id, max_session_seconds)

    def disable_region(self, account: str, region: str) -> None:
        """Disable a region for an account: SageMaker, STS and tagging do not know the account's credentials there.

        The credentials of a role belong to the account of the role. Jobs stay, and are there again once it is enabled.
        """
        with self._lock:
            self._dispatcher.disabled_regions.add((account, region))

    def enable_region(self, account: str, region: str) -> None:
        """Enable a region that was disabled; all regions are enabled at first."""
        with self._lock:
            self._dispatcher.disabled_regions.discard((account, region))

    @property
    def breaches(self) -> list[str]:
        """All violations of botocore's model in requests and responses so far; a test should assert there are none."""
        with self._lock:
            return list(self._dispatcher.breaches)

    def clear_breaches(self) -> None:
        """Discard the breaches so far, for tests that cause them on purpose."""
        with self._lock:
            self._dispatcher.breaches.clear()

    @property
    def calls(self) -> list[Call]:
        """The last 100,000 calls, oldest first."""
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
        """Return the number of calls, optionally of one operation, account, region or error code."""
        wanted = {"operation": operation, "account": account, "region": region, "code": code}
        given = {name: value for name, value in wanted.items() if value is not None}
        return sum(all(getattr(call, name) == value for name, value in given.items()) for call in self.calls)

    def clear_calls(self) -> None:
        """Clear the call log."""
        with self._lock:
            self._dispatcher.calls.clear()
