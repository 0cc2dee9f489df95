"""An account on loopback that has as many jobs as one likes; each page is made when it is asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

ACCOUNT: Final = "111111111111"
PAGE: Final = 100
TAGS: Final = 50
Job = Mapping[str, Any]


class Account(NamedTuple):
    """What an account holds."""

    jobs: int
    job: Callable[[int], Job]
    """What is special about the job of a number."""
    detail: Mapping[str, Any] = {}
    """What is special about the description of each job."""
    tags: tuple[tuple[str, str], ...] = ()
    """The tags of each job."""


class AccountServer:
    """Serves an account."""

    def __init__(self, account: Account) -> None:
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                served.answer(self, asked)

            def log_message(self, *_: object) -> None:
                pass

        self._account = account
        self._started = datetime.now(UTC)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()

    def answer(self, handler: BaseHTTPRequestHandler, asked: bytes) -> None:
        """Answer one request."""
        target = handler.headers.get("X-Amz-Target", "")
        if not target:
            names = f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/me</Arn><UserId>me</UserId>"
            result = f"<GetCallerIdentityResult>{names}</GetCallerIdentityResult>"
            body = f'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{result}</GetCallerIdentityResponse>'
            content = "text/xml"
        else:
            answers = {"List": self._list, "Desc": self._describe, "GetR": self._tags}
            body = json.dumps(answers[target.partition(".")[2][:4]](json.loads(asked)))
            content = "application/x-amz-json-1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", content)
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())

    def _list(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        begin = int(asked.get("NextToken", 0))
        end = min(begin + PAGE, self._account.jobs)
        rows = [self._row(number) for number in range(begin, end)]
        more = {"NextToken": str(end)} if end < self._account.jobs else {}
        return {"OptimizationJobSummaries": rows, **more}

    def _row(self, number: int) -> dict[str, Any]:
        name = f"job-{number:07d}"
        created = (self._started - timedelta(hours=1, milliseconds=100 * number)).timestamp()
        return {
            "OptimizationJobName": name,
            "OptimizationJobArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:optimization-job/{name}",
            "OptimizationJobStatus": "COMPLETED",
            "OptimizationTypes": ["Quantization"],
            "DeploymentInstanceType": "ml.g5.xlarge",
            "CreationTime": created,
            "OptimizationStartTime": created,
            "OptimizationEndTime": created,
            **self._account.job(number),
        }

    def _describe(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        row = self._row(int(asked["OptimizationJobName"].rpartition("-")[2]))
        configs = {"OptimizationConfigs": [{"ModelQuantizationConfig": {}}], "StoppingCondition": {}}
        return {
            **row,
            **configs,
            "ModelSource": {},
            "OutputConfig": {"S3OutputLocation": "s3://b/o"},
            **self._account.detail,
        }

    def _tags(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        tags = [{"Key": key, "Value": value} for key, value in self._account.tags]
        return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in asked["ResourceARNList"]]}


ACTIVE: Final = {"OptimizationJobStatus": "INPROGRESS", "OptimizationEndTime": None}
LARGE: Final[Mapping[str, Any]] = {
    "FailureReason": "r" * 100_000,
    "OptimizationEnvironment": {f"NAME_{number}": "v" * 10_000 for number in range(200)},
    "TrainingPlanArns": ["arn:" + "p" * 10_000] * 100,
}
ACCOUNTS: Final[Mapping[str, Account]] = {
    "a window of 1,000,000 jobs": Account(1_000_000, lambda _: {}),
    "20,000 active jobs": Account(20_000, lambda _: ACTIVE),
    "20,000 active jobs, each with 50 tags of the greatest length": Account(
        20_000, lambda _: ACTIVE, tags=tuple((f"{n:02d}" + "k" * 126, "v" * 256) for n in range(TAGS))
    ),
    "20,000 active jobs, each described in 3 MB": Account(20_000, lambda _: ACTIVE, detail=LARGE),
    "100,000 jobs, each of an instance type of its own": Account(
        100_000, lambda number: {"DeploymentInstanceType": f"ml.{number}" + "x" * 1000}
    ),
    "100,000 jobs, each in a status of its own": Account(
        100_000, lambda number: {"OptimizationJobStatus": f"STATUS_{number}", "OptimizationEndTime": None}
    ),
    "100,000 jobs that ended at no time": Account(
        100_000, lambda _: {"OptimizationEndTime": None, "LastModifiedTime": None}
    ),
}
