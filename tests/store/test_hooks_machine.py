"""Whatever happens to endpoints and their deliveries in whatever order: each event goes out, none before its time."""

import asyncio
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gnomon.core.delivery import DeliveryAttempt, DeliveryStatus, NewEndpoint, Parcel, Verdict
from gnomon.core.event import EventType
from gnomon.core.ports import AttemptMade, ChangeEndpoint, DeliveryQuery
from gnomon.core.retry import Failed
from gnomon.core.task import Task, TaskError

WORKSPACE = "wsp_1"
LEASE = timedelta(minutes=1)
ENDPOINTS = tuple(f"whe_{n:026}" for n in range(3))
PULLED = ENDPOINTS[2]
# A failing story is short enough to read; making it the shortest takes minutes.
PHASES = (Stage.explicit, Stage.reuse, Stage.generate)

_CHAINS = """
SELECT d.endpoint, d.task, d.event, d.due_at IS NOT NULL, d.is_taken FROM delivery AS d
WHERE d.status = 'pending' AND d.task IS NOT NULL ORDER BY d.endpoint, d.task, d.event
"""
_ENDPOINT_DUE = """
SELECT e.id, e.due_at, CASE WHEN e.url IS NOT NULL AND e.disabled_at IS NULL AND e.deleted_at IS NULL THEN
    (SELECT min(due_at) FROM delivery WHERE endpoint = e.seq) END FROM webhook_endpoint AS e
"""


class Machine(RuleBasedStateMachine):
    """Two endpoints are sent to and one is pulled; all ask for everything."""

    open_shop: Callable[[Path], Any]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.shop = type(self).open_shop(Path(self.folder.name))
        self.reader = sqlite3.connect(Path(self.folder.name) / "gnomon.db", isolation_level=None)
        self.tasks: dict[str, Task] = {}
        self.taken: dict[str, Parcel] = {}
        self.disabled: set[str] = set()
        self.on_their_way: set[str] = set()
        """Deliveries that were being sent when earlier ones were made due again: they end before those."""
        self.ended: dict[tuple[str, str], list[int]] = defaultdict(list)
        """Per endpoint and task: the events whose deliveries ended since the last redelivery, in order."""
        for endpoint_id in ENDPOINTS:
            new = NewEndpoint(
                id=endpoint_id,
                workspace=WORKSPACE,
                url=None if endpoint_id == PULLED else "https://a.example/",
                sealed="s",
                event_types=frozenset(EventType),
            )
            self.run(self.shop.store.create_endpoint(new, self.shop.now))

    def run(self, ask: Any) -> Any:
        return self.runner.run(ask)

    def teardown(self) -> None:
        self.finish()
        self.reader.close()
        self.run(self.shop.store.close())
        self.runner.close()
        self.folder.cleanup()

    @rule()
    def submit(self) -> None:
        task = self.run(self.shop.submit(max_attempts=3))
        self.tasks[task.id] = task

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), is_final=st.booleans())
    def live(self, data: Any, is_final: bool) -> None:
        """Let a task go a step on: start it, or let its attempt fail."""
        for task in self.run(self.shop.claim(lease=1e6)):
            self.tasks[task.id] = task
        task = data.draw(st.sampled_from(list(self.tasks.values())))
        if task.status == "running":
            error = TaskError(code="c", message="m", retryable=not is_final)
            self.tasks[task.id] = self.run(self.shop.finish(task, Failed(error=error)))

    @rule(seconds=st.integers(0, 90))
    def pass_time(self, seconds: int) -> None:
        self.shop.later(seconds=seconds)
        self.run(self.shop.store.sweep(self.shop.now))

    @rule(limit=st.integers(1, 5), share=st.integers(1, 3))
    def claim(self, limit: int, share: int) -> None:
        parcels = self.run(
            self.shop.store.claim_deliveries(self.shop.now, limit=limit, lease=LEASE, share=share)
        )
        assert len(parcels) <= limit
        for parcel in parcels:
            assert parcel.endpoint.id not in self.disabled | {PULLED}
            self.taken[parcel.delivery.id] = parcel

    @precondition(lambda self: self.taken)
    @rule(
        data=st.data(),
        status=st.sampled_from(
            [*[DeliveryStatus.DELIVERED] * 3, DeliveryStatus.PENDING, DeliveryStatus.EXHAUSTED]
        ),
        pause=st.integers(0, 60),
        is_gone=st.sampled_from([*[False] * 9, True]),
    )
    def record(self, data: Any, status: DeliveryStatus, pause: int, is_gone: bool) -> None:
        parcel = self.taken.pop(data.draw(st.sampled_from(sorted(self.taken))))
        self._record(parcel, status, pause, "It answered 410." if is_gone else None)

    def _record(
        self, parcel: Parcel, status: DeliveryStatus, pause: int = 0, disable: str | None = None
    ) -> None:
        now = self.shop.now
        due_at = now + timedelta(seconds=pause) if status is DeliveryStatus.PENDING else None
        command = AttemptMade(
            delivery_id=parcel.delivery.id,
            now=now,
            attempt=DeliveryAttempt(number=1, started_at=now, duration=timedelta()),
            verdict=Verdict(status=status, due_at=due_at, disable=disable),
            body=b"{}",
        )
        self.run(self.shop.store.record_delivery(command))
        if disable is not None:
            self.disabled.add(parcel.endpoint.id)
        was_on_its_way = parcel.delivery.id in self.on_their_way
        self.on_their_way.discard(parcel.delivery.id)
        if status is not DeliveryStatus.PENDING and not was_on_its_way:
            assert parcel.delivery.task_id is not None
            ended = self.ended[parcel.endpoint.id, parcel.delivery.task_id]
            ended.append(parcel.delivery.event_number)

    @rule(endpoint_id=st.sampled_from(ENDPOINTS[:2]), is_enabled=st.booleans())
    def change(self, endpoint_id: str, is_enabled: bool) -> None:
        command = ChangeEndpoint(
            workspace=WORKSPACE, endpoint_id=endpoint_id, now=self.shop.now, is_enabled=is_enabled
        )
        self.run(self.shop.store.change_endpoint(command))
        (self.disabled.discard if is_enabled else self.disabled.add)(endpoint_id)

    @rule(
        endpoint_id=st.sampled_from(ENDPOINTS[:2]),
        after=st.integers(0, 4),
        statuses=st.sampled_from([None, frozenset({DeliveryStatus.EXHAUSTED})]),
    )
    def redeliver(self, endpoint_id: str, after: int, statuses: Any) -> None:
        if endpoint_id in self.disabled:
            return
        query = DeliveryQuery(
            workspace=WORKSPACE, endpoint_id=endpoint_id, after=after, statuses=statuses, limit=10_000
        )
        named = self.run(self.shop.store.list_deliveries(query)).records
        count = self.run(self.shop.store.redeliver(query, self.shop.now))
        assert count == len([one for one in named if not self._is_taken(one.id)])
        self.on_their_way |= {key for key, parcel in self.taken.items() if parcel.endpoint.id == endpoint_id}
        for key in [key for key in self.ended if key[0] == endpoint_id]:
            del self.ended[key]

    @rule()
    def restart(self) -> None:
        """Kill the process that sends: what it had taken is due again, and its answers are lost."""
        self.run(self.shop.store.recover_deliveries(self.shop.now))
        self.taken.clear()
        self.on_their_way.clear()

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        return self.reader.execute(sql, values).fetchall()

    def _is_taken(self, delivery_id: str) -> bool:
        return self._rows("SELECT is_taken FROM delivery WHERE id = ?", delivery_id) == [(1,)]

    @invariant()
    def one_of_each_task_is_up(self) -> None:
        chains: dict[Any, list[Any]] = defaultdict(list)
        for endpoint, task, *row in self._rows(_CHAINS):
            chains[endpoint, task].append(row)
        for chain in chains.values():
            up = [row for row in chain if row[1]]
            assert len(up) == 1, chain
            assert all(is_up for _, is_up, is_taken in chain if is_taken), chain
            assert up[0][2] or up[0] is chain[0], chain

    @invariant()
    def endpoints_know_when_they_are_due(self) -> None:
        for endpoint_id, known, due in self._rows(_ENDPOINT_DUE):
            assert known == due, endpoint_id

    @invariant()
    def events_and_deliveries_are_the_same(self) -> None:
        rows = self._rows(
            "SELECT e.id, d.number, t.id, d.event FROM delivery AS d "
            "JOIN webhook_endpoint AS e ON e.seq = d.endpoint JOIN task AS t ON t.seq = d.task "
            "ORDER BY e.id, d.number"
        )
        log = set(self._rows("SELECT t.id, v.number FROM task_event AS v JOIN task AS t ON t.seq = v.task"))
        for endpoint_id in ENDPOINTS:
            mine = [row[1:] for row in rows if row[0] == endpoint_id]
            assert [row[0] for row in mine] == list(range(1, len(mine) + 1))
            assert {row[1:] for row in mine} == log
            for task_id in self.tasks:
                told = [row[2] for row in mine if row[1] == task_id]
                assert told == sorted(told)

    @invariant()
    def nothing_overtakes(self) -> None:
        for key, events in self.ended.items():
            assert events == sorted(events), key

    def finish(self) -> None:
        """Send everything: each event ends, in order."""
        self.restart()
        for endpoint_id in ENDPOINTS[:2]:
            self.change(endpoint_id, True)
        self.shop.later(hours=1)
        while parcels := self.run(
            self.shop.store.claim_deliveries(self.shop.now, limit=50, lease=LEASE, share=50)
        ):
            for parcel in parcels:
                self._record(parcel, DeliveryStatus.DELIVERED)
        self.nothing_overtakes()
        open_ = self._rows(
            "SELECT count(*) FROM delivery AS d JOIN webhook_endpoint AS e ON e.seq = d.endpoint "
            "WHERE d.status = 'pending' AND e.url IS NOT NULL"
        )
        assert open_ == [(0,)]


@pytest.mark.parametrize("examples", [12, pytest.param(150, marks=pytest.mark.slow)])
def test_every_event_goes_out_in_its_turn(open_shop: Callable[[Path], Any], examples: int) -> None:
    machine = type("HookMachine", (Machine,), {"open_shop": staticmethod(open_shop)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=60,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
