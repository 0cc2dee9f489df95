"""The models of AWS's services as botocore gets them: with the listed operations, so that a client has no other method.

They are also small that way: the whole model of SageMaker is what most of a client's memory goes to.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader, create_loader

from optimizationjob.aws.aws_actions import OPERATIONS, OPERATIONS_OF_BOTOCORE

Model = dict[str, Any]
SERVICE_MODEL: Final = "service-2"
ENDPOINTS: Final = "endpoints"
ENDPOINT_NAMES: Final = ("api.sagemaker", "tagging", "sts", "portal.sso", "oidc", "signin")
"""The services of aws_actions.py by the names of the table of endpoints."""


class ListedModels(Loader):  # type: ignore[misc]  # botocore has no type information
    """Loads the data of AWS's services once for all sessions, and of the operations the listed ones only.

    Args:
        data_path: `AWS_DATA_PATH`, where to look for data before botocore's own.
    """

    def __init__(self, data_path: str | None) -> None:
        self._data_path = data_path
        self._lock = threading.Lock()
        self._models: dict[tuple[str, str | None], Model] = {}
        self._endpoints: tuple[Model, str] | None = None
        paths = create_loader(data_path).search_paths
        super().__init__(extra_search_paths=paths, include_default_search_paths=False)

    def load_data_with_path(self, name: str) -> tuple[Model, str]:
        """Return data that no service owns, and where it was found; of the table of endpoints, what is called.

        Raises:
            BotoCoreError: there are none.
        """
        if name != ENDPOINTS:
            found: tuple[Model, str] = super().load_data_with_path(name)
            return found
        with self._lock:
            if self._endpoints is None:
                whole, path = create_loader(self._data_path).load_data_with_path(name)
                self._endpoints = _of_called_services(whole), path
            return self._endpoints

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Model:
        """Return the data of a service, by botocore's names of services and kinds of data.

        Raises:
            BotoCoreError: there are none.
        """
        if type_name != SERVICE_MODEL:
            data: Model = super().load_service_model(service_name, type_name, api_version)
            return data
        key = (service_name, api_version)
        with self._lock:
            if key not in self._models:
                # A loader keeps what it loads, so the whole model goes with this one.
                whole = create_loader(self._data_path).load_service_model(service_name, type_name, api_version)
                self._models[key] = _with(_names_of(service_name), whole)
            return self._models[key]


@cache
def listed_models(data_path: str | None) -> ListedModels:
    """Return the one loader of the process for a data path."""
    return ListedModels(data_path)


def _of_called_services(endpoints: Model) -> Model:
    """Return a table of endpoints without the services that nothing here calls: all of them take 7 MB."""
    partitions = [
        {
            **partition,
            "services": {name: partition["services"][name] for name in ENDPOINT_NAMES if name in partition["services"]},
        }
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _names_of(service: str) -> set[str]:
    listed = {operation.name for operation in OPERATIONS.values() if operation.service == service}
    return listed | OPERATIONS_OF_BOTOCORE.get(service, frozenset())


def _with(names: set[str], model: Model) -> Model:
    """Return a model with some of its operations, and the shapes that these need."""
    operations = {name: operation for name, operation in model["operations"].items() if name in names}
    shapes: Model = {}
    wanted = [shape for operation in operations.values() for shape in _shapes_of(operation)]
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            wanted += _shapes_in(shapes[name])
    return {**model, "operations": operations, "shapes": shapes}


def _shapes_of(operation: Mapping[str, Any]) -> Iterable[str]:
    """Return the names of what an operation takes, returns and fails with."""
    both = (operation[end] for end in ("input", "output") if end in operation)
    return (reference["shape"] for reference in (*both, *operation.get("errors", ())))


def _shapes_in(shape: Mapping[str, Any]) -> Iterable[str]:
    """Return the names of what a structure, a list or a map consists of."""
    parts = (shape[part] for part in ("member", "key", "value") if part in shape)
    return (reference["shape"] for reference in (*shape.get("members", {}).values(), *parts))
