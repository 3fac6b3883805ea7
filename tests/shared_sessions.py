"""Lets all botocore sessions of the tests share what each would work out again: it takes longer than most tests.

Nothing that a test asks of a session changes: the models, the names of events and the signatures of handlers are the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore import compat, hooks
from botocore.client import ClientCreator
from botocore.model import ServiceModel

_MODELS: dict[int, ServiceModel] = {}
_METHODS: dict[ServiceModel, dict[str, Any]] = {}
_make_methods = ClientCreator._create_methods


def share() -> None:
    """From here on, sessions share."""
    botocore.session.create_loader = cache(botocore.session.create_loader)
    hooks.EventAliaser._alias_event_name = staticmethod(hooks.EventAliaser(None)._alias_event_name)
    hooks.accepts_kwargs = _takes_all
    ClientCreator._load_service_model = _model
    ClientCreator._create_methods = _methods


def _takes_all(handler: Callable[..., Any]) -> bool:
    """Whether a handler takes every keyword, without the slow look at its whole signature."""
    code = getattr(handler, "__code__", None)
    return bool(code.co_flags & inspect.CO_VARKEYWORDS) if code else bool(compat.accepts_kwargs(handler))


def _model(creator: Any, service: str, version: str | None = None) -> ServiceModel:
    """The model of a service, which resolves each shape once."""
    described = creator._loader.load_service_model(service, "service-2", api_version=version)
    return _MODELS.setdefault(id(described), ServiceModel(described, service))  # which holds it, so the id stays its own


def _methods(creator: Any, model: ServiceModel) -> dict[str, Any]:
    """The methods of a service's clients, made once; a session may add its own to the copy."""
    if model not in _METHODS:
        _METHODS[model] = _make_methods(creator, model)
    return dict(_METHODS[model])
