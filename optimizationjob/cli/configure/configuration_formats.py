"""Writes instances as the Agent's configuration file or as Kubernetes manifests.

On Kubernetes each instance has its own file: the Cluster Agent assigns a whole file to one runner, so a single file
would run all instances on one runner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, get_args

import yaml

from optimizationjob.cli.command_failure import PROGRAM, WRONG_USE, CommandFailed
from optimizationjob.cli.configure.account_instances import Planned

Form = Literal["conf", "helm", "configmap", "operator"]

CONFIG_MAP: Final = "optimizationjob-instances"
FOLDER: Final = "optimizationjob.d"
"""The folder name selects the check that its files configure."""
LARGEST_CONFIG_MAP: Final = 1024 * 1024
"""The Kubernetes limit in bytes; the chart also writes a ConfigMap."""


class _Text(str):
    """Multi-line text, written as a literal block."""

    __slots__ = ()


class _ManifestDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # whichever is available
    pass


# str(), because the C emitter does not accept subclasses.
_ManifestDumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)


def counted(number: int, thing: str) -> str:
    """Return `1 instance`, `2 instances`."""
    return f"{number} {thing}{'s' * (number != 1)}"


def written_as(form: Form, planned: Sequence[Planned]) -> str:
    """Return the instances as a document in the given format.

    Raises:
        CommandFailed: there are too many instances for Kubernetes, or Helm would misread a name.
    """
    how_many = counted(len(planned), "instance")
    about = f"# {how_many}, written by `{PROGRAM} configure`: change the list of accounts, not this file.\n"
    return about + _yaml(_WRITERS[form](planned))


def _yaml(document: object) -> str:
    # A flow style of None writes lists of scalars on one line.
    return str(
        yaml.dump(
            document, Dumper=_ManifestDumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
        )
    )


def _conf(planned: Sequence[Planned]) -> dict[str, Any]:
    return {"init_config": {}, "instances": [one.instance for one in planned]}


def _files(planned: Sequence[Planned]) -> dict[str, _Text]:
    """Return one file per instance by name."""
    files = {
        f"{one.name}.yaml": _Text(_yaml({"cluster_check": True, "init_config": {}, "instances": [one.instance]}))
        for one in planned
    }
    size = sum(len(name.encode()) + len(text.encode()) for name, text in files.items())
    if size > LARGEST_CONFIG_MAP:
        words = f"{len(files)} instances are {size} bytes, and a ConfigMap holds {LARGEST_CONFIG_MAP}"
        raise CommandFailed(f"{words}: divide the list over two clusters, or use --format conf", status=WRONG_USE)
    return files


def _helm(planned: Sequence[Planned]) -> dict[str, Any]:
    files = _files(planned)
    # The chart evaluates values as templates.
    template = next((name for name, text in files.items() if "{{" in text), None)
    if template:
        raise CommandFailed(f"{template} has {{{{, which Helm would take for a template: rename it", status=WRONG_USE)
    return {"clusterAgent": {"advancedConfd": {FOLDER: files}}}


def _config_map(planned: Sequence[Planned]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG_MAP}, "data": _files(planned)}


def _operator(planned: Sequence[Planned]) -> dict[str, Any]:
    """Return the patch of a DatadogAgent that mounts the ConfigMap in the Cluster Agent."""
    items = [{"key": name, "path": f"{FOLDER}/{name}"} for name in _files(planned)]
    config_map = {"name": CONFIG_MAP, "items": items}
    return {"spec": {"override": {"clusterAgent": {"extraConfd": {"configMap": config_map}}}}}


_WRITERS: Final[dict[Form, Callable[[Sequence[Planned]], dict[str, Any]]]] = dict(
    zip(get_args(Form), (_conf, _helm, _config_map, _operator), strict=True)
)
