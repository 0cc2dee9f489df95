"""Asset files are found, listed and exported, and their errors reported."""

from __future__ import annotations

import json

import pytest

from optimizationjob.assets import asset_files
from optimizationjob.cli.assets import asset_export
from tests.assets.conftest import write


def test_the_list_is_a_table_or_json(root, run):
    ended = run("assets", "list")
    assert (ended.status, ended.err) == (0, "")
    rows = [line.split() for line in ended.out.splitlines()]
    assert rows[0] == ["kind", "name", "title", "type", "threshold"]
    assert [row[:2] for row in rows[1:]] == [
        ["dashboard", "health"],
        ["dashboard", "overview"],
        ["monitor", "connection"],
        ["monitor", "job_failed"],
    ]
    assert rows[4][-3:] == ["metric", "alert", "3"]
    listed = json.loads(run("assets", "list", "--json").out)
    assert listed[3] == {
        "kind": "monitor",
        "name": "job_failed",
        "title": "Jobs fail",
        "type": "metric alert",
        "threshold": 3,
    }
    assert listed[0] == {"kind": "dashboard", "name": "health", "title": "SageMaker Optimization Jobs Health"}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("dashboards/bad.json", "{", "is not JSON: line 1: "),
        ("dashboards/bad.json", "[]", "is not a JSON object"),
        ("dashboards/bad.json", "{}", "lacks the string `title`"),
        ("dashboards/bad.json", '{"title": "x"}', "lacks the list `widgets`"),
        ("dashboards/bad.json", '{"title": "x", "widgets": []}', "lacks the string `layout_type`"),
        ("monitors/bad.json", '{"title": "x"}', "lacks the object `definition`"),
        ("monitors/bad.json", '{"title": "x", "definition": {"name": "x"}}', "lacks the string `definition.type`"),
        ("monitors/Bad Name.json", "{}", "has a name with characters other than lower-case letters"),
        ("monitors/bad.json", b"\xff", "is not UTF-8"),
    ],
)
def test_invalid_file_is_reported_in_one_line(root, run, push, datadog, name, text, fault):
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    for arguments in (["list"], ["export", "--output", str(root / "out")]):
        ended = run("assets", *arguments)
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.startswith(f"optimizationjob: {name} {fault}")
        assert ended.err.count("\n") == 1
    assert not (root / "out").exists()
    assert push().status == 1
    assert datadog.calls == []
    ended = run("assets", "check")
    assert ended.status == 1
    assert f"  {name} {fault}" in ended.out
    assert "dashboard overview: ok" in ended.out


def test_no_files_is_an_error(run, tmp_path, monkeypatch):
    monkeypatch.setattr(asset_files, "folder", lambda: tmp_path)
    for command in ("list", "check"):
        ended = run("assets", command)
        assert (ended.status, ended.err) == (
            1,
            f"optimizationjob: there are no dashboards or monitors in {tmp_path}\n",
        )


def test_unknown_name_is_a_usage_error(root, run):
    ended = run("assets", "export", "--output", str(root / "out"), "overview", "nothing")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == (
        "optimizationjob: no dashboard or monitor is named nothing; "
        "available: connection, health, job_failed, overview\n"
    )


def test_exported_bodies_match_the_api_format(root, run, tmp_path):
    output = tmp_path / "some" / "where"
    ended = run("assets", "export", "--output", str(output))
    assert (ended.status, ended.err) == (0, "")
    written = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    assert written == [
        "dashboards/health.json",
        "dashboards/overview.json",
        "monitors/connection.json",
        "monitors/job_failed.json",
    ]
    assert sorted(ended.out.splitlines()) == [str(output / name) for name in written]
    for name in written:
        own, exported = (json.loads((folder / name).read_text(encoding="utf-8")) for folder in (root, output))
        assert exported == own.get("definition", own)


def test_terraform_export_round_trips(root, run, edit, tmp_path):
    edit("monitors/job_failed.json", "definition.message", "Costs ${money} and %{more}.")
    ended = run("assets", "export", "--output", str(tmp_path / "tf"), "--format", "terraform")
    assert (ended.status, ended.out) == (0, f"{tmp_path / 'tf' / 'main.tf.json'}\n")
    document = json.loads((tmp_path / "tf" / "main.tf.json").read_text(encoding="utf-8"))
    assert document["terraform"] == {"required_providers": {"datadog": {"source": "DataDog/datadog"}}}
    dashboards, monitors = (document["resource"][f"datadog_{kind}_json"] for kind in ("dashboard", "monitor"))
    for kind, resources in (("dashboard", dashboards), ("monitor", monitors)):
        for name, resource in resources.items():
            assert list(resource) == [kind]
            body = json.loads(resource[kind].replace("$${", "${").replace("%%{", "%{"))
            own = json.loads((root / f"{kind}s" / f"{name}.json").read_text(encoding="utf-8"))
            assert body == own.get("definition", own)
    assert len(dashboards) == len(monitors) == 2
    assert "$${money} and %%{more}" in monitors["job_failed"]["monitor"]


def test_existing_files_are_not_overwritten(root, run, edit, tmp_path):
    arguments = ["assets", "export", "--output", str(tmp_path / "out"), "overview"]
    path = tmp_path / "out" / "dashboards" / "overview.json"
    assert run(*arguments).status == 0
    before = path.read_text(encoding="utf-8")
    edit("dashboards/overview.json", "description", "Other words.")
    ended = run(*arguments, "health")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == f"optimizationjob: these files exist already: {path}; add --overwrite to replace them\n"
    assert path.read_text(encoding="utf-8") == before
    assert [path.name for path in path.parent.iterdir()] == ["overview.json"]
    assert run(*arguments, "--overwrite").status == 0
    assert json.loads(path.read_text(encoding="utf-8"))["description"] == "Other words."


def test_file_is_complete_or_missing(root, tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", broken)
    with pytest.raises(OSError, match="No space left"):
        list(asset_export.export(asset_files.load(root), tmp_path / "out", form="json", overwrite=False))
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_same_name_may_exist_in_both_kinds(root, run):
    write(root, "dashboards/job_failed.json", json.loads((root / "dashboards/overview.json").read_text()))
    listed = json.loads(run("assets", "list", "--json").out)
    assert [row["kind"] for row in listed if row["name"] == "job_failed"] == ["dashboard", "monitor"]
