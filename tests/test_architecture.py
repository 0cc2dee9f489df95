"""Data goes one way, and so do imports: from AWS through the domain to the Agent."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOMAIN, AGENT = "optimizationjob", "datadog_checks"
GENERATED = "datadog_checks/optimizationjob/config_models/"
# In lines; a file of tests or benchmarks may be longer, since its parts are read one at a time.
LONGEST_FILE, LONGEST_TEST = 250, 350

# Each row knows those above it and itself, never those below. CONTRIBUTING.md has the same table.
LAYERS = (
    {"clock", "package_versions"},
    {"jobs"},
    {"config"},
    {"aws"},
    {"state"},
    {"polling"},
    {"telemetry"},
    {"run"},
    {"diagnosis"},
    {"simulator", "assets", "sql"},
    {"cli", "__main__"},
)
# boto3 makes the sessions, botocore's exceptions are named beside the call, and its data say which regions exist.
MAY_USE_BOTO = {f"{DOMAIN}.{name}" for name in ("aws", "config.region_patterns", "config.option_readers")}
# Pure: what they return depends on nothing but their arguments.
PURE = [
    f"{DOMAIN}.{name}"
    for name in (
        "polling.changes",
        "polling.next_memory",
        "polling.working_set",
        "state.region_memory",
        "state.region_state",
        "state.sweep_progress",
        "state.ended_jobs",
        "jobs.job_counts",
        "jobs.failure_categories",
        "jobs.redaction",
        "jobs.record_columns",
        "jobs.job",
        "config.name_expressions",
        "diagnosis.finding",
        "diagnosis.version_findings",
        "assets.asset_content",
        "assets.push_decision",
        "assets.dashboard_layout",
        "assets.terraform_export",
    )
]
REACHES_OUT = {
    f"{DOMAIN}.{name}"
    for name in ("aws.aws_session", "aws.clients", "aws.calls", "state.persistent_cache", "run", "simulator")
}
REACHES_OUT |= {"http", "multiprocessing", "os", "shutil", "socket", "sqlite3", "ssl", "subprocess", "threading"}
REACHES_OUT |= {"time", "urllib", "urllib3"}
# What the Agent does not have, or must not load.
BEYOND_THE_AGENT = {
    "typer",
    "rich",
    "textual",
    "cbor2",
    "yaml",
    "datadog_api_client",
    "vl_convert",
    "markdown_it",
    "duckdb",
}
BEYOND_THE_AGENT |= {f"{DOMAIN}.{name}" for name in ("simulator", "assets", "sql", "cli")} | {"tools"}
CLOCK_READS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def sources(*folders):
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


# The __init__.py above the check only joins its folder to the package of datadog-checks-base.
PATHS = {module_of(path): path for path in sources(DOMAIN, AGENT) if path.parent.name != AGENT}


def within(module, packages):
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def origin(module, node):
    """The absolute name that a `from ... import` starts from."""
    if not node.level:
        return node.module
    parts = module.split(".")
    is_package = PATHS[module].name == "__init__.py"
    above = parts[: len(parts) - node.level + is_package]
    return ".".join([*above, node.module] if node.module else above)


@cache
def imports(module):
    """The modules that a module names in its imports, those for types and those inside of functions too."""
    found = set()
    for node in ast.walk(tree_of(PATHS[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = origin(module, node)
            names = {f"{start}.{alias.name}" for alias in node.names}
            submodules = names & set(PATHS)
            found |= submodules
            if len(submodules) < len(names):
                found.add(start)
    return frozenset(found)


def reached_by(package):
    """What the modules of a package load, as far as imports show; the parents of a module come with it."""
    waiting, seen = [module for module in PATHS if within(module, [package])], set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        if module in PATHS:
            waiting += imports(module)
            waiting += [".".join(module.split(".")[:end]) for end in range(1, module.count(".") + 1)]
    return seen


DOMAIN_MODULES = [module for module in PATHS if within(module, [DOMAIN])]


def layer(module):
    """The row a module of the domain stands in; None for anything else."""
    first, _, rest = module.partition(".")
    return next((row for row, names in enumerate(LAYERS) if rest.partition(".")[0] in names and first == DOMAIN), None)


def test_every_module_has_its_place():
    assert [module for module in DOMAIN_MODULES if module != DOMAIN and layer(module) is None] == []


def test_imports_go_one_way():
    levels = ((module, name, layer(module), layer(name)) for module in DOMAIN_MODULES for name in imports(module))
    assert [(module, name) for module, name, own, other in levels if None not in (own, other) and other > own] == []


def test_the_domain_does_not_know_the_agent():
    knowing = {
        module
        for module in DOMAIN_MODULES
        if not within(module, [f"{DOMAIN}.cli"]) and any(within(name, [AGENT]) for name in imports(module))
    }
    assert knowing == set()


def test_boto_stays_at_the_edge():
    users = {
        module
        for module in PATHS
        if not within(module, [f"{DOMAIN}.cli", f"{DOMAIN}.simulator", *MAY_USE_BOTO])
        and any(within(name, ["boto3", "botocore"]) for name in imports(module))
    }
    assert users == set()


def test_the_check_loads_nothing_beyond_what_an_agent_has():
    reached = reached_by(f"{AGENT}.{DOMAIN}")
    assert {module for module in reached if within(module, BEYOND_THE_AGENT)} == set()
    # The walk did walk.
    assert {f"{DOMAIN}.{name}" for name in ("run.instance_run", "aws.clients", "telemetry.metric_table")} <= reached


def test_telemetry_does_not_know_who_calls_it():
    callers = {f"{DOMAIN}.{name}" for name in ("run", "aws.aws_session", "aws.clients", "state.persistent_cache")}
    telemetry = [module for module in PATHS if within(module, [f"{DOMAIN}.telemetry"])]
    assert telemetry
    assert {(module, name) for module in telemetry for name in imports(module) if within(name, callers)} == set()


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_reach_for_nothing(module):
    assert {name for name in imports(module) if within(name, REACHES_OUT)} == set()


def test_imports_have_no_cycles():
    # A package's __init__ only gathers its modules' names; it is a node like any other.
    graph = {module: imports(module) & (set(PATHS) - {module}) for module in PATHS}
    TopologicalSorter(graph).prepare()


def test_only_the_clock_reads_the_time():
    reads = set()
    for module, path in PATHS.items():
        if module == f"{DOMAIN}.clock":
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute):
                name = ".".join(ast.unparse(node).split(".")[-2:])
                reads |= {(module, name)} if name in CLOCK_READS else set()
            elif isinstance(node, ast.ImportFrom) and node.module == "time":
                reads |= {(module, f"time.{alias.name}") for alias in node.names if alias.name in ("time", "time_ns")}
    assert reads == set()


def test_every_module_says_what_it_is_for():
    assert [module for module, path in PATHS.items() if not is_generated(path) and not docstring(path)] == []


def test_no_file_grows_out_of_sight():
    lengths = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(DOMAIN, AGENT, "tools", "tests", "benchmarks", "deploy")
        if not is_generated(path)
    }
    allowed = {path: LONGEST_FILE if path.parts[0] in (DOMAIN, AGENT, "tools") else LONGEST_TEST for path in lengths}
    assert {path.as_posix(): length for path, length in lengths.items() if length > allowed[path]} == {}


def test_no_name_stands_for_two_things():
    paths = [path for path in sources(DOMAIN, AGENT, "tools") if not is_generated(path)]
    files = Counter(path.stem for path in paths if path.stem not in ("__init__", "__main__"))
    classes = Counter(node.name for path in paths for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))
    assert [name for name, number in (files + classes).items() if number > 1] == []


def test_the_wheel_does_not_need_the_tools():
    assert {module for module in PATHS if any(within(name, ["tools"]) for name in imports(module))} == set()


def is_generated(path):
    return path.relative_to(ROOT).as_posix().startswith(GENERATED)


def docstring(path):
    return ast.get_docstring(tree_of(path))
