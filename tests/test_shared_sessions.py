"""What the sessions of the tests share is what each would work out for itself."""

from __future__ import annotations

import botocore.session
from botocore import compat, hooks
from botocore.handlers import BUILTIN_HANDLERS
from botocore.model import ServiceModel

from tests.shared_sessions import _takes_all

NAMES = ["before-call.sagemaker", "before-send.s3.GetObject", "creating-client-class.iot-data", "docs.*.autoscaling.*.x", "*"]


def test_handlers_take_what_their_signatures_say() -> None:
    """Each handler that botocore registers, and one that is refused, is judged as by its whole signature."""
    handlers = [*(handler for _, handler, *_ in BUILTIN_HANDLERS), lambda event: event, print]
    assert [_takes_all(one) for one in handlers] == [bool(compat.accepts_kwargs(one)) for one in handlers]


def test_events_have_their_own_names() -> None:
    """An event is called the same by all sessions, as by one whose aliases are its own."""
    shared, own = hooks.EventAliaser(None), hooks.EventAliaser(None)
    own._alias_event_name = type(own).__dict__["_alias_event_name"].__func__.__func__.__get__(own)
    assert [shared._alias_event_name(name) for name in NAMES] == [own._alias_event_name(name) for name in NAMES]


def test_clients_differ_in_all_but_the_model() -> None:
    """Two clients of a service have one model, that of the installed botocore, and events and methods of their own."""
    session = botocore.session.Session()
    one, other = (session.create_client("sagemaker", region_name=region) for region in ("eu-west-1", "eu-west-2"))
    described = session.get_component("data_loader").load_service_model("sagemaker", "service-2")
    assert one.meta.service_model is other.meta.service_model
    assert one.meta.service_model.operation_names == ServiceModel(described, "sagemaker").operation_names
    assert one.meta.events is not other.meta.events
    assert type(one) is not type(other)
    assert (one.meta.region_name, other.meta.region_name) == ("eu-west-1", "eu-west-2")
