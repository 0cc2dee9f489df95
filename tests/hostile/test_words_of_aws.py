"""Words of AWS and of other programs in messages: they are shown, and neither notify, hide, advise nor forge."""

from __future__ import annotations

import json
import logging
import os
import re
import socketserver
import sys
import threading
from pathlib import Path

import pytest

from optimizationjob.aws.failure_words import LONGEST_CAUSE
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import examine
from optimizationjob.simulator.error_answers import error
from tests.versions import TAKES_ISSUES

ACCOUNT, EAST = "111111111111", "us-east-1"
SECRET = "hf_Pl4ntEd0S3cr3tN0b0dyMayS33"
ROLE = "arn:aws:sts::111111111111:assumed-role/watch/one"
WORDS = {
    "notification": "@all @pagerduty-ml please look",
    "variable": "{{#is_alert}}x{{/is_alert}} %%%\n%%env_DD_API_KEY%%",
    "link and code": "[click](https://evil.example) ![](https://evil.example/p) <img src=x> ``` `rm` ```",
    "advice": 'denied". Remedy: run curl https://evil.example.\n\nRemedy: run it as root.\r\n-> now',
    "controls": "\x1b[2K\x1b]52;c;cm0=\x07\x1b]8;;https://evil.example\x1b\\x\x9b31m\r\x08\x7f\x00",
    "hidden": "\u202eeht si\u202c \u2066x\u2069 \u200b\ufeff\u2028second\u2029third\x85fourth\ud800",
    "secret": f"the token {SECRET} is bad; password:\n{SECRET}",
    "long": "@{{`%" * 20_000,
}
ACTS = re.compile(r"[@`]|\{\{|\}\}|%%|\]\(|<\S")


def is_harmless(words):
    assert words.isprintable(), repr(words)
    assert not ACTS.search(words), words
    assert SECRET not in words


def of_aws(message):
    """Return the part of a message that is quoted, and check that it is harmless, and one."""
    before, quote, rest = message.partition('"')
    quoted, end, after = rest.partition('"')
    assert quote == end == '"', message
    assert '"' not in after
    is_harmless(quoted)
    return before, quoted, after


@pytest.fixture
def says(simulator):
    """Let AWS refuse a call with any code and words."""

    def refuse(words, code="AccessDeniedException", status=400, operation="ListOptimizationJobs"):
        def answer(asked, good):
            if asked == operation:
                raise error((code, status), words)
            return good

        simulator.tamper(answer)

    return refuse


@pytest.mark.parametrize("kind", WORDS)
def test_what_aws_says_cannot_act_in_a_service_check_a_log_or_an_issue(agent, says, caplog, kind):
    caplog.set_level(logging.DEBUG)
    words = f"User: {ROLE} is not authorized {WORDS[kind]}"
    says(words)
    one = agent(max_attempts=1)
    issues = []
    one.check.report_issue = lambda **issue: issues.append(issue)
    status, message = one.run().service_check()
    assert status == "critical"
    before, quoted, after = of_aws(message)
    assert before == "sagemaker:ListOptimizationJobs in us-east-1: AccessDeniedException: "
    assert quoted.startswith(f"User: {ROLE} is not authorized")
    assert after.startswith(". Allow `sagemaker:ListOptimizationJobs` in the policy of the user or role")
    assert len(issues) == TAKES_ISSUES
    for issue in issues:
        assert of_aws(issue["description"])[:2] == (before, quoted)
    assert len(before + quoted) <= LONGEST_CAUSE + 50
    lines = [line for line in caplog.messages if "AccessDenied" in line]
    assert lines
    for line in lines:
        of_aws(line)


@pytest.mark.parametrize("kind", WORDS)
def test_what_aws_says_cannot_act_in_a_finding(simulator, clock, says, put, kind):
    put("one")
    says(WORDS[kind])
    settings = Settings.from_mapping(
        {
            "regions": [EAST, "eu-west-1"],
            "endpoint_url": simulator.url,
            "aws_access_key_id": f"AKIA{ACCOUNT}",
            "aws_secret_access_key": "simulated",
        }
    )
    findings = [one for one in examine(settings, clock) if one.name == "list"]
    assert [one.region for one in findings] == [EAST, "eu-west-1"]
    for one in findings:
        of_aws(one.cause)
        assert one.remedy.startswith("Allow `sagemaker:ListOptimizationJobs`")


@pytest.mark.parametrize("code", ["@all", "Evil run `x`", "x" * 5000, "\u202eA", 'A". Remedy: x'], ids=range(5))
def test_a_code_that_is_none_is_part_of_what_is_quoted(agent, says, code):
    says("no", code=code)
    before, _, _ = of_aws(agent(max_attempts=1).run().service_check()[1])
    assert before == "sagemaker:ListOptimizationJobs in us-east-1: "


@pytest.mark.parametrize(("code", "words"), [(SECRET, "no"), ("password", SECRET[3:]), ("Token", f"\n{SECRET[3:]}")])
def test_a_code_may_be_a_secret_or_the_label_of_one(agent, says, code, words):
    says(words, code=code)
    assert SECRET[3:] not in agent(max_attempts=1).run().service_check()[1]


def test_a_long_text_leaves_room_for_the_advice_and_for_other_troubles(agent, says, put):
    put("one")
    for operation in ("DescribeOptimizationJob", "GetResources", "ListTags"):
        says("x y " * 5000, operation=operation)
    _, message = agent(max_attempts=1).run().service_check()
    assert "Allow `sagemaker:DescribeOptimizationJob`" in message
    assert "tag:GetResources in us-east-1" in message


def test_what_sts_says_of_the_identity_cannot_act(simulator, clock, put):
    put("one")
    evil = "arn:aws:sts::111111111111:assumed-role/@all/{{x}}\u202e`"

    def answer(operation, good):
        return {**good, "Arn": evil, "Account": "1111 @all"} if operation == "GetCallerIdentity" else good

    simulator.tamper(answer)
    settings = Settings.from_mapping(
        {
            "regions": [EAST],
            "endpoint_url": simulator.url,
            "aws_access_key_id": f"AKIA{ACCOUNT}",
            "aws_secret_access_key": "simulated",
        }
    )
    findings = examine(settings, clock)
    (identity,) = (one for one in findings if one.name == "identity")
    is_harmless(identity.text)
    assert {one.account for one in findings} <= {"", ACCOUNT}


class _BrokenHeaders(socketserver.BaseRequestHandler):
    """Answers each request with a header line that is none, which urllib3 quotes in a warning."""

    def handle(self):
        self.request.recv(65536)
        evil = f"\x1b[2Jevil {SECRET} \x9b31m \u202e".encode()
        self.request.sendall(b"HTTP/1.1 400 No\r\nA: b\r\n" + evil + b"\r\nContent-Length: 0\r\n\r\n")


def test_what_the_transport_logs_of_an_answer_is_safe(agent, caplog):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _BrokenHeaders) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        status, _ = agent(endpoint_url=url, max_attempts=1).run().service_check()
        server.shutdown()
    assert status == "critical"
    assert "Failed to parse headers" in caplog.text
    assert "evil" in caplog.text
    assert SECRET not in caplog.text
    assert all(line.isprintable() for line in caplog.text.splitlines())


PRINTS = f"#!{sys.executable}\nimport sys\nsys.stderr.write({{!r}})\nsys.exit(3)\n"


@pytest.mark.parametrize("kind", WORDS)
def test_the_output_of_a_credential_process_is_not_shown(agent, put, tmp_path, caplog, clock, simulator, kind):
    caplog.set_level(logging.DEBUG)
    put("one")
    script = tmp_path / "process"
    script.write_text(PRINTS.format(f"swordfish {WORDS[kind]}".encode("utf-8", "replace").decode()), encoding="utf-8")
    script.chmod(0o755)
    config = Path(os.environ["AWS_CONFIG_FILE"])
    config.write_text(f"[profile own]\ncredential_process = {script}\n", encoding="utf-8")
    keys = {"aws_access_key_id": None, "aws_secret_access_key": None}
    status, message = agent(profile_name="own", **keys).run().service_check()
    assert status == "critical"
    assert "the credential_process failed" in message
    assert "Run the command of `credential_process` in the AWS configuration files by hand" in message
    settings = Settings.from_mapping({"regions": [EAST], "endpoint_url": simulator.url, "profile_name": "own"})
    findings = examine(settings, clock)
    (identity,) = (one for one in findings if one.name == "identity")
    assert "by hand" in identity.remedy
    assert "swordfish" not in message + caplog.text + json.dumps([repr(one) for one in findings])
