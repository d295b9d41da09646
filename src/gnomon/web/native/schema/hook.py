"""Webhook endpoints and their deliveries."""

from typing import Any

from gnomon.core.delivery import DEFAULT_TYPES, TEST_TYPE, DeliveryStatus
from gnomon.core.event import EventType
from gnomon.web.forms import (
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    Schema,
    many,
    maybe,
    named,
    record,
    told,
    words,
)

_ID = "whe_06ed9jg3bcq8zj7x5v1m2n3p4s"
_MESSAGE_ID = "msg_06ed9jg3bcq8zj7x5v1m2n3p4r_4_06ed9jg3bcq8zj7x5v1m2n3p4s"
_TASK_ID = "tsk_06ed9jg3bcq8zj7x5v1m2n3p4r"
_AT = "2026-01-31T12:00:00.000000Z"
_SENT_AT = "2026-01-31T12:00:01.520000Z"
_SECRET = "whsec_<44 letters>"  # noqa: S105  an example that is no secret
_TYPES: Schema = {"type": "array", "items": words(EventType)}
_SECRET_FORM = told(TEXT, "What messages are signed with (Standard Webhooks); shown now and never again.")
_ENDPOINT_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "url": "https://receiver.example/gnomon",
    "event_types": sorted(DEFAULT_TYPES),
    "description": "billing",
    "task_id": None,
    "enabled": True,
    "disabled_at": None,
    "disabled_reason": None,
    "failing_since": None,
    "last_number": 1,
    "version": 1,
    "created_at": _AT,
    "updated_at": _AT,
    "secrets": [{"created_at": _AT, "expires_at": None}],
}
_ENDPOINT: dict[str, Schema] = {
    "id": TEXT,
    "url": told(maybe(TEXT), "Where messages are posted; null: the receiver pulls them."),
    "event_types": _TYPES,
    "description": maybe(TEXT),
    "task_id": told(maybe(TEXT), "The one task it is told of; null: every public task of the workspace."),
    "enabled": FLAG,
    "disabled_at": maybe(MOMENT),
    "disabled_reason": maybe(TEXT),
    "failing_since": told(maybe(MOMENT), "The first failure after the last success."),
    "last_number": told(COUNT, "The number of its newest delivery; they are dense from 1."),
    "version": told(COUNT, "Every change raises it; `If-Match` names it."),
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "secrets": told(many("WebhookSecret"), "Those that sign, newest first, without the secrets themselves."),
}
_DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": _MESSAGE_ID,
    "number": 1,
    "endpoint_id": _ID,
    "task_id": _TASK_ID,
    "event_number": 4,
    "event_type": "task.completed",
    "status": "delivered",
    "attempts": 1,
    "created_at": _AT,
    "due_at": None,
    "finished_at": _SENT_AT,
}
_ATTEMPT_EXAMPLE = {
    "number": 1,
    "started_at": _SENT_AT,
    "seconds": 0.021,
    "status_code": 204,
    "error": None,
    "answer": "",
}
_MESSAGE_EXAMPLE = {
    "id": _MESSAGE_ID,
    "number": 1,
    "status": "pending",
    "body": '{"type":"task.completed",...}',
}

SCHEMAS: dict[str, Schema] = {
    "WebhookSecret": record(
        {"created_at": MOMENT, "expires_at": told(maybe(MOMENT), "When it signs no more.")},
        {"created_at": _AT, "expires_at": None},
    ),
    "WebhookEndpoint": record(_ENDPOINT, _ENDPOINT_EXAMPLE),
    "WebhookEndpointPage": record(
        {"webhook_endpoints": many("WebhookEndpoint"), "next": maybe(TEXT)},
        {"webhook_endpoints": [_ENDPOINT_EXAMPLE], "next": None},
    ),
    "WorkspaceWebhookSecret": record(
        {
            "secret": told(TEXT, "What messages are signed with where an endpoint has no secret of its own."),
            "secrets": told(
                many("WebhookSecret"), "Those that sign, newest first, without the secrets themselves."
            ),
        },
        {"secret": _SECRET, "secrets": [{"created_at": _AT, "expires_at": None}]},
    ),
    "OpenedWebhookEndpoint": record(
        {**_ENDPOINT, "secret": _SECRET_FORM}, {**_ENDPOINT_EXAMPLE, "secret": _SECRET}
    ),
    "TaskWebhook": record(
        {"id": TEXT, "url": maybe(TEXT), "event_types": _TYPES, "secret": _SECRET_FORM},
        {
            "id": _ID,
            "url": "https://receiver.example/gnomon",
            "event_types": ["task.completed"],
            "secret": _SECRET,
        },
    ),
    "Delivery": record(
        {
            "id": told(TEXT, "The `webhook-id`: the same at every attempt."),
            "number": told(COUNT, "Dense from 1 within the endpoint: the cursor."),
            "endpoint_id": TEXT,
            "task_id": told(maybe(TEXT), "Null for a test message."),
            "event_number": COUNT,
            "event_type": words([*EventType, TEST_TYPE]),
            "status": words(DeliveryStatus),
            "attempts": told(COUNT, "Since it was written or last sent again."),
            "created_at": MOMENT,
            "due_at": told(
                maybe(MOMENT), "Null while an earlier event of the task is open, or nothing is sent."
            ),
            "finished_at": maybe(MOMENT),
        },
        _DELIVERY_EXAMPLE,
    ),
    "DeliveryPage": record(
        {"deliveries": many("Delivery"), "next": told(maybe(COUNT), "`after` of the next page.")},
        {"deliveries": [_DELIVERY_EXAMPLE], "next": None},
    ),
    "DeliveryAttempt": record(
        {
            "number": told(COUNT, "From 1, redeliveries included."),
            "started_at": MOMENT,
            "seconds": NUMBER,
            "status_code": maybe(COUNT),
            "error": told(maybe(TEXT), "Why there was no answer, or why it counts as none."),
            "answer": told(TEXT, "The first part of the answer's body."),
        },
        _ATTEMPT_EXAMPLE,
    ),
    "DeliveryAttemptList": record({"attempts": many("DeliveryAttempt")}, {"attempts": [_ATTEMPT_EXAMPLE]}),
    "Redelivered": record({"count": told(COUNT, "Deliveries that are sent again.")}, {"count": 3}),
    "Message": record(
        {
            "id": told(TEXT, "The `webhook-id`."),
            "number": told(COUNT, "Dense from 1 within the endpoint: the cursor."),
            "status": words(DeliveryStatus),
            "body": told(TEXT, "What is or would be posted, byte for byte: JSON as text."),
        },
        _MESSAGE_EXAMPLE,
    ),
    "MessageList": record(
        {"messages": many("Message"), "next": told(COUNT, "`after` of the next question.")},
        {"messages": [_MESSAGE_EXAMPLE], "next": 1},
    ),
    "TaskWebhookList": record(
        {
            "task_id": TEXT,
            "version": told(COUNT, "The task's version."),
            "webhook_endpoints": {"type": "array", "items": named("WebhookEndpoint")},
        },
        {
            "task_id": _TASK_ID,
            "version": 4,
            "webhook_endpoints": [{**_ENDPOINT_EXAMPLE, "task_id": _TASK_ID}],
        },
    ),
}
