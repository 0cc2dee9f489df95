"""Fuzz the properties of `tests/hostile` and similar tests with atheris, guided by coverage.

Run it manually, since it continues until it is stopped or finds a failure:

    uv run --group fuzz python fuzz/run.py                            # lists the targets
    uv run --group fuzz python fuzz/run.py redaction -max_total_time=60

Arguments after the target are passed to libFuzzer. Inputs that reach new code are kept in build/fuzz/<target>. An input
that violates a property is printed in hypothesis's format and kept there as crash-...; pass that file after the target
to replay it. Then add it as an example of the property, so that the test suite covers it, and fix the code.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import Final

import atheris

ROOT: Final = Path(__file__).parents[1]
#: Test file and name of the property by target.
TARGETS: Final = {
    "answers": ("tests/hostile/test_hostile_answers.py", "test_a_good_job_is_reported_among_bad_ones"),
    "shapes": ("tests/hostile/test_hostile_answers.py", "test_no_answer_breaks_a_run_or_passes_for_no_jobs"),
    "transport": ("tests/hostile/test_raw_answers.py", "test_any_bytes_cost_their_region_one_run"),
    "cache": ("tests/hostile/test_hostile_memories.py", "test_any_text_in_the_cache_is_survived"),
    "memory": ("tests/hostile/test_hostile_memories.py", "test_any_memory_with_a_good_checksum_is_survived"),
    "configuration": ("tests/hostile/test_hostile_configurations.py", "test_any_value_is_taken_or_refused_by_name"),
    "text": ("tests/telemetry/test_hostile_text.py", "test_no_text_acts"),
    "tags": ("tests/telemetry/test_hostile_text.py", "test_a_value_forges_no_second_tag"),
    "redaction": ("tests/jobs/test_redaction.py", "test_a_secret_in_any_text_does_not_survive"),
    "record": ("tests/jobs/test_record_columns.py", "test_whatever_aws_answers_the_record_fits"),
    "wildcard": ("tests/config/test_name_expressions.py", "test_a_wildcard_means_what_it_says"),
}


def main() -> None:
    """Fuzz the target given as the first argument."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit("specify one of these targets, followed by libFuzzer options: " + ", ".join(TARGETS))
    target = sys.argv[1]
    kept = ROOT / "build" / "fuzz" / target
    kept.mkdir(parents=True, exist_ok=True)
    os.environ["DDEV_SKIP_GENERIC_TAGS_CHECK"] = "1"
    logging.disable()
    with atheris.instrument_imports(include=["optimizationjob"]):
        play = _property(*TARGETS[target])
    # A run of the check uses a socket and takes longer than the second that libFuzzer considers slow.
    options = [
        "-timeout=60",
        "-len_control=0",
        "-max_len=2048",
        "-rss_limit_mb=4096",
        f"-artifact_prefix={kept}/",
        *sys.argv[2:],
        str(kept),
    ]
    atheris.Setup([sys.argv[0], *options], play)
    atheris.Fuzz()


def _property(path: str, name: str) -> object:
    """Return a function that runs a hypothesis property on given bytes."""
    file = ROOT / path
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} does not exist")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name).hypothesis.fuzz_one_input


if __name__ == "__main__":
    main()
