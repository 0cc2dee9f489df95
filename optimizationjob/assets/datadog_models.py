"""Validates a body against the models of Datadog's client."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from datadog_api_client.configuration import Configuration
from datadog_api_client.exceptions import ApiTypeError, ApiValueError
from datadog_api_client.model_utils import ModelComposed, ModelNormal, validate_and_convert_types
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest

from optimizationjob.assets.asset_files import Json, Kind

_MODELS: Final[Mapping[Kind, Any]] = {"dashboard": Dashboard, "slo": ServiceLevelObjectiveRequest, "monitor": Monitor}
_KINDS: Final = ("type", "data_source", "response_format")
"""The members that select one of several models."""

_CONFIGURATION: Final = Configuration()
_OWN_WORDS: Final = re.compile(r"^\w+\.__init__\(\) |Invalid type for variable '\w+'\. | at \['.*$")


def faults(kind: Kind, body: Json) -> list[str]:
    """Return every mismatch between a body and its model, as lines that start with the path."""
    return list(dict.fromkeys(_faults(body, (_MODELS[kind],), "", is_sound=False)))


def _faults(value: Any, types: tuple[Any, ...], place: str, *, is_sound: bool) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the faults of a value, the innermost ones if there are any.

    Parts of a valid value are valid too, but may still have unknown members.
    """
    reason = "" if is_sound else _reason(value, types)
    inner = list(_inner(value, types, place, is_sound=not reason))
    if inner:
        yield from inner
    elif reason:
        yield f"{place or 'the body'}: {reason}"


def _reason(value: Any, types: tuple[Any, ...]) -> str:  # noqa: ANN401 - the same
    """Return why a value has none of these types, or an empty string."""
    try:
        parsed = validate_and_convert_types(value, types, ["body"], True, True, configuration=_CONFIGURATION)
    except (ApiTypeError, ApiValueError, TypeError, ValueError) as failure:
        return _OWN_WORDS.sub("", str(failure))
    if not _is_unparsed(parsed):
        return ""
    allowed = getattr(types[0], "allowed_values", ())
    return f"is none of {', '.join(sorted(map(str, allowed)))}" if allowed else "matches no Datadog model"


def _is_unparsed(parsed: Any) -> bool:  # noqa: ANN401 - the same
    """Return whether a value or a part of it matches no model; older clients do not propagate this to the whole."""
    if isinstance(parsed, list):
        return any(map(_is_unparsed, parsed))
    state = getattr(parsed, "__dict__", {})
    parts = [*state.get("_composed_instances", ()), *state.get("_data_store", {}).values()]
    return bool(state.get("_unparsed")) or any(map(_is_unparsed, parts))


def _inner(value: Any, types: tuple[Any, ...], place: str, *, is_sound: bool) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the faults of the parts of a value."""
    for kind in types:
        if isinstance(kind, list) and isinstance(value, list):
            for number, item in enumerate(value):
                yield from _faults(item, tuple(kind), f"{place}[{number}]", is_sound=is_sound)
        elif isinstance(value, dict) and _is_a(kind, ModelComposed):
            model = _choice(value, kind)
            if model is not None:
                yield from _inner(value, (model,), place, is_sound=is_sound)
        elif isinstance(value, dict) and _is_a(kind, ModelNormal):
            types_of = {kind.attribute_map[name]: inner for name, inner in kind.openapi_types.items()}
            for name, member in value.items():
                where = f"{place}.{name}" if place else name
                if name in types_of:
                    yield from _faults(member, types_of[name], where, is_sound=is_sound)
                else:
                    yield f"{where}: unknown to Datadog's models"


def _is_a(kind: Any, model: Any) -> bool:  # noqa: ANN401 - the same
    return isinstance(kind, type) and issubclass(kind, model)


def _choice(value: Json, composed: Any) -> Any:  # noqa: ANN401 - the same
    """Return the model that a value is meant for."""
    models = composed._composed_schemas["oneOf"]  # noqa: SLF001 - there is no public access
    fitting = [model for model in models if _is_a(model, ModelNormal) and _is_meant(value, model)]
    right = (model for model in fitting if len(fitting) > 1 and not _reason(value, (model,)))
    return next(right, fitting[0] if fitting else None)


def _is_meant(value: Json, model: Any) -> bool:  # noqa: ANN401 - the same
    types = model.openapi_types
    return all(not _reason(value[name], types[name]) for name in _KINDS if name in value and name in types)
