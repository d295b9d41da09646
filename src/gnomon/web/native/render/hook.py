"""Webhook endpoints, deliveries and messages to JSON; and the bodies of messages, which are signed as bytes."""

import json
from collections.abc import Sequence

import orjson

from gnomon.core.delivery import Delivery, DeliveryAttempt, Endpoint, NewEndpoint, Sealed
from gnomon.core.event import Event
from gnomon.core.ports import Page
from gnomon.core.service.hook import Mail, Message, Minted, Opened
from gnomon.core.service.secret import WebhookSecret
from gnomon.core.task import Json, Task
from gnomon.web.moment import moment
from gnomon.web.native.render.task import task as render_task
from gnomon.web.native.render.task import told

MOST_BYTES = 20_000
"""A body that would be longer leaves the result out."""
_RESULT = "/gnomon/v1/tasks/{}/result"


def payload(task: Task, event: Event) -> bytes:
    """Write the body of a message: of the same task and event always the same bytes."""
    body: dict[str, Json] = {
        "type": event.type,
        "timestamp": moment(event.at),
        "task_id": task.id,
        "event_number": event.number,
        "version": task.version,
        "result_url": _RESULT.format(task.id),
        "body": told(event),
        "data": render_task(task),
    }
    written = _dump(body)
    if len(written) <= MOST_BYTES or task.result is None:
        return written
    return _dump(body | {"data": body["data"] | {"result": None}})


def _dump(value: Json) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, which stays exact
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def endpoint(record: Endpoint) -> dict[str, Json]:
    """Write an endpoint."""
    return {
        "id": record.id,
        "url": record.url,
        "event_types": sorted(record.event_types),
        "description": record.description,
        "task_id": record.task_id,
        "enabled": record.is_enabled,
        "disabled_at": moment(record.disabled_at),
        "disabled_reason": record.disabled_reason,
        "failing_since": moment(record.failing_since),
        "last_number": record.last_number,
        "version": record.version,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "secrets": _secrets(record.secrets),
    }


def webhook_secret(found: WebhookSecret) -> Json:
    """Write the workspace's secret in clear, and since when and until when it and older ones sign."""
    return {"secret": found.secret, "secrets": _secrets(found.secrets)}


def _secrets(records: Sequence[Sealed]) -> Json:
    return [
        {"created_at": moment(secret.created_at), "expires_at": moment(secret.expires_at)}
        for secret in records
    ]


def endpoints(page: Page[Endpoint]) -> Json:
    """Write a page of endpoints."""
    return {"webhook_endpoints": [endpoint(record) for record in page.records], "next": page.next}


def opened(made: Opened) -> Json:
    """Write an endpoint with its newest secret."""
    return {**endpoint(made.endpoint), "secret": made.secret}


def minted(made: Minted) -> Json:
    """Write an endpoint that came with a task, with its secret."""
    new: NewEndpoint = made.new
    return {"id": new.id, "url": new.url, "event_types": sorted(new.event_types), "secret": made.secret}


def delivery(record: Delivery) -> dict[str, Json]:
    """Write a delivery."""
    return {
        "id": record.id,
        "number": record.number,
        "endpoint_id": record.endpoint_id,
        "task_id": record.task_id,
        "event_number": record.event_number,
        "event_type": record.event_type,
        "status": record.status,
        "attempts": record.attempts,
        "created_at": moment(record.created_at),
        "due_at": moment(record.due_at),
        "finished_at": moment(record.finished_at),
    }


def deliveries(page: Page[Delivery]) -> Json:
    """Write a page of deliveries; the next one begins after the number."""
    following = None if page.next is None else int(page.next)
    return {"deliveries": [delivery(record) for record in page.records], "next": following}


def attempts(records: Sequence[DeliveryAttempt]) -> Json:
    """Write the attempts of a delivery in order."""
    return {"attempts": [_attempt(record) for record in records]}


def _attempt(record: DeliveryAttempt) -> Json:
    return {
        "number": record.number,
        "started_at": moment(record.started_at),
        "seconds": record.duration.total_seconds(),
        "status_code": record.status_code,
        "error": record.error,
        "answer": record.answer,
    }


def endpoints_of(task_id: str, version: int, records: Sequence[Endpoint]) -> Json:
    """Write the endpoints that came with a task."""
    return {
        "task_id": task_id,
        "version": version,
        "webhook_endpoints": [endpoint(record) for record in records],
    }


def mail(read: Mail) -> Json:
    """Write messages in order, and the number after which to go on."""
    return {"messages": [_message(message) for message in read.messages], "next": read.next}


def _message(message: Message) -> Json:
    record = message.delivery
    return {"id": record.id, "number": record.number, "status": record.status, "body": message.body.decode()}
