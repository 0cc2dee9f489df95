"""Check what is in a wheel: `python tests/wheel/contents.py WHEEL`."""

from __future__ import annotations

import re
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

ADAPTER = "datadog_checks/optimizationjob"
NEEDED = (
    f"{ADAPTER}/__about__.py",
    f"{ADAPTER}/check.py",
    f"{ADAPTER}/config_models/__init__.py",
    f"{ADAPTER}/config_models/defaults.py",
    f"{ADAPTER}/config_models/instance.py",
    f"{ADAPTER}/config_models/shared.py",
    f"{ADAPTER}/config_models/validators.py",
    f"{ADAPTER}/data/conf.yaml.example",
    "optimizationjob/__init__.py",
    "optimizationjob/py.typed",
    "optimizationjob/simulator/__init__.py",
    "optimizationjob/telemetry/metric_table.py",
)
DATA = "optimizationjob/assets/data"
KINDS = ("dashboards", "slos", "monitors", "slo_alerts")
DIST_INFO = re.compile(r"datadog_optimizationjob-[^/]+\.dist-info/")


def check(path: str) -> str:
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(wheel.read(metadata).decode())
    missing = [name for name in NEEDED if name not in names]
    assert not missing, f"not in the wheel: {missing}"
    assets = {path.relative_to("assets").as_posix() for kind in KINDS for path in Path("assets", kind).glob("*.json")}
    assert {f"{DATA}/{name}" for name in assets} == {name for name in names if name.startswith(f"{DATA}/")}
    # datadog_checks/__init__.py belongs to datadog-checks-base; a second one would break every other check.
    strange = [
        name for name in names if not name.startswith((f"{ADAPTER}/", "optimizationjob/")) and not DIST_INFO.match(name)
    ]
    assert not strange, f"has no place in the wheel: {strange}"
    assert not [name for name in names if "test" in name.lower().split("/")[-1] or "/tests/" in name]
    assert headers["Name"] == "datadog-optimizationjob"
    needs = [line for line in headers.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert [re.split(r"[^\w.-]", need)[0] for need in needs] == ["datadog-checks-base"], needs
    return f"{headers['Name']} {headers['Version']}: {len(names)} files, requires {', '.join(needs)}"


if __name__ == "__main__":
    sys.stdout.write(check(sys.argv[1]) + "\n")
