"""Play the properties of `tests/hostile` and their kin by coverage: atheris looks for inputs that reach new code.

By hand, since it goes on until it is stopped or finds something:

    uv run --group fuzz python fuzz/run.py                            # lists the targets
    uv run --group fuzz python fuzz/run.py redaction -max_total_time=60

What follows the target goes to libFuzzer. The inputs that reached something new are kept in build/fuzz/<target>. What
breaks a property is printed as hypothesis prints it, and kept as crash-... there: give that file after the target to
play it again. Then write it down as an example of the property, which the suite plays, and fix the code.
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
#: Target -> the file of the property and its name.
TARGETS: Final = {
    "answers": ("tests/hostile/test_hostile_answers.py", "test_a_good_job_is_reported_among_bad_ones"),
    "shapes": ("tests/hostile/test_hostile_answers.py", "test_no_answer_breaks_a_run_or_passes_for_no_jobs"),
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
    """Fuzz the target that is named first."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit("give one of these targets, then options of libFuzzer: " + ", ".join(TARGETS))
    target = sys.argv[1]
    kept = ROOT / "build" / "fuzz" / target
    kept.mkdir(parents=True, exist_ok=True)
    os.environ["DDEV_SKIP_GENERIC_TAGS_CHECK"] = "1"
    logging.disable()
    with atheris.instrument_imports(include=["optimizationjob"]):
        play = _property(*TARGETS[target])
    # A check that is run goes over a socket, which takes longer than the second that libFuzzer finds slow.
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
    """Return what plays a property of hypothesis on given bytes."""
    file = ROOT / path
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name).hypothesis.fuzz_one_input


if __name__ == "__main__":
    main()
