"""A store in memory that keeps the rules of the seam, so that the engine can be tested without a database."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from gnomon.core.blob import Blob, name_of
from gnomon.core.errors import FenceLost, NotFound
from gnomon.core.event import Event, EventType
from gnomon.core.ports import Load, Submitted, Swept
from gnomon.core.retry import Divided, Done, judge
from gnomon.core.task import CancelOutcome, Phase, Status, Task, TaskError
from gnomon.core.workload import ChildResult, Saved


class Ledger:
    def __init__(self, hub):
        self.hub = hub
        self.tasks, self.new, self.leases, self.states = {}, {}, {}, {}
        self.steps, self.saved, self.blobs = defaultdict(dict), {}, {}
        self.events, self.policies = defaultdict(list), {}

    async def submit(self, command):
        task = self._insert(command.task, command.now)
        self._tell([task])
        return Submitted(task=task)

    def _insert(self, new, now):
        waits = new.predecessor_id is not None or new.run_at is not None
        self.new[new.id] = new
        self.tasks[new.id] = Task(
            id=new.id, number=len(self.tasks) + 1, workspace=new.workspace, kind=new.kind,
            status=Status.PENDING if waits else Status.QUEUED, phase=Phase.RUN, stage=None, progress=0.0, version=0,
            visibility=new.visibility, parent_id=new.parent_id, position=new.position,
            predecessor_id=new.predecessor_id, resource_id=None, resource_revision=None, attempt=0, fence=0, failures=0,
            losses=0, max_attempts=new.max_attempts, max_lost=new.max_lost, priority=0, created_at=now,
            started_at=None, finished_at=None, updated_at=now, run_at=new.run_at, deadline_at=new.deadline_at,
            cancel_requested_at=None, cancel_outcome=None, error=None, result=None,
        )  # fmt: skip
        return self._change(new.id, EventType.SUBMITTED, None, now)

    def _change(self, task_id, event, body, now, **changes):
        task = self.tasks[task_id]
        task = replace(task, version=task.version + 1, updated_at=now, **changes)
        self.tasks[task_id] = task
        self.events[task_id].append(
            Event(task_id=task_id, number=task.version, at=now, type=event, body=body)
        )
        return task

    def _tell(self, tasks):
        self.hub.publish(
            tasks, is_work_ready=any(task.status is Status.QUEUED for task in self.tasks.values())
        )

    def _own(self, holding):
        task = self.tasks[holding.task_id]
        if task.fence != holding.fence or task.id not in self.leases:
            raise FenceLost
        return task

    async def claim(self, command):
        queued = [t for t in self.tasks.values() if t.status is Status.QUEUED and t.kind in command.kinds]
        taken = [
            self._change(
                t.id, EventType.STARTED, None, command.now, status=Status.RUNNING, attempt=t.attempt + 1,
                fence=t.fence + 1, started_at=t.started_at or command.now,
            )
            for t in queued[: command.limit]
        ]  # fmt: skip
        self.leases |= {t.id: command.now + command.lease for t in taken}
        self._tell(taken)
        return taken

    async def load(self, holding):
        task = self._own(holding)
        new = self.new[task.id]
        before = self.tasks.get(task.predecessor_id)
        children = sorted(
            (t for t in self.tasks.values() if t.parent_id == task.id), key=lambda t: t.position
        )
        return Load(
            task=task, input=new.input, references=(), steps=dict(self.steps[task.id]), state=self.states.get(task.id),
            children=tuple(map(_result, children)), predecessor=before and _result(before),
        )  # fmt: skip

    async def extend(self, holdings, until):
        kept = [h for h in holdings if self.tasks[h.task_id].fence == h.fence and h.task_id in self.leases]
        self.leases |= {h.task_id: until for h in kept}
        return kept

    async def report(self, command):
        task = self._own(command.holding)
        if command.progress is not None or command.stage is not None:
            body = {"progress": command.progress, "stage": command.stage}
            task = self._change(
                task.id, EventType.PROGRESS, body, command.now,
                progress=command.progress or task.progress, stage=command.stage or task.stage,
            )  # fmt: skip
        for message in command.messages:
            task = self._change(task.id, EventType.MESSAGE, message, command.now)
        self._tell([task])
        return task

    async def save_step(self, holding, key, result):
        return self.steps[self._own(holding).id].setdefault(key, result)

    async def save_resource(self, holding, resource, now):
        self._own(holding)
        number = len(self.saved) + 1
        return self.saved.setdefault(
            resource.origin, Saved(kind=resource.kind, number=number, id=resource.id)
        )

    async def finish(self, command):
        task = self._own(command.holding)
        verdict = judge(task, command.ending, now=command.now, policy=command.policy, chance=command.chance)
        del self.leases[task.id]
        changed = [
            self._change(
                task.id, verdict.event, None, command.now, status=verdict.status, phase=verdict.phase,
                error=verdict.error, run_at=verdict.run_at, failures=verdict.failures, losses=verdict.losses,
                cancel_outcome=verdict.cancel_outcome, fence=task.fence + 1,
                result=command.ending.result if isinstance(command.ending, Done) else None,
            )
        ]  # fmt: skip
        if isinstance(command.ending, Divided):
            self.states[task.id] = command.ending.state
            self.policies[task.id] = command.ending.on_child_failure
            changed += [self._insert(child, command.now) for child in command.ending.children]
        if changed[0].status.is_terminal:
            changed += self._after(changed[0], command.now)
        self._tell(changed)
        return changed[0]

    def _after(self, task, now):
        changed = []
        for follower in [
            t for t in self.tasks.values() if t.predecessor_id == task.id and t.status.is_active
        ]:
            if task.status is Status.COMPLETED:
                changed.append(self._change(follower.id, EventType.QUEUED, None, now, status=Status.QUEUED))
            else:
                changed += self._end(follower, Status.FAILED, EventType.FAILED, now)
        siblings = [t for t in self.tasks.values() if t.parent_id == task.parent_id and task.parent_id]
        if siblings and task.status is not Status.COMPLETED and self.policies[task.parent_id] == "fail":
            for sibling in siblings:
                changed += self._stop(sibling, now)
        if siblings and all(self.tasks[t.id].status.is_terminal for t in siblings):
            changed += self._gather(self.tasks[task.parent_id], siblings, now)
        return changed

    def _gather(self, parent, siblings, now):
        failed = any(self.tasks[t.id].status is not Status.COMPLETED for t in siblings)
        if parent.status is Status.CANCELLING:
            return self._end(parent, Status.CANCELLED, EventType.CANCELLED, now)
        if failed and self.policies[parent.id] == "fail":
            return self._end(parent, Status.FAILED, EventType.FAILED, now)
        if parent.phase is not Phase.CHILDREN or parent.status.is_terminal:
            return []
        return [self._change(parent.id, EventType.QUEUED, None, now, status=Status.QUEUED, phase=Phase.JOIN)]

    def _end(self, task, status, event, now, **changes):
        if self.tasks[task.id].status.is_terminal:
            return []
        ended = self._change(task.id, event, None, now, status=status, finished_at=now, **changes)
        return [ended, *self._after(ended, now)]

    def _stop(self, task, now):
        task = self.tasks[task.id]
        if task.status.is_terminal or task.status is Status.CANCELLING:
            return []
        if task.status is Status.RUNNING:
            return [self._change(task.id, EventType.CANCELLING, None, now, status=Status.CANCELLING)]
        return self._end(
            task, Status.CANCELLED, EventType.CANCELLED, now, cancel_outcome=CancelOutcome.BEFORE_START
        )

    async def cancel(self, workspace, task_id, now):
        if task_id not in self.tasks:
            raise NotFound
        changed = self._stop(self.tasks[task_id], now)
        for child in [t for t in self.tasks.values() if t.parent_id == task_id]:
            changed += self._stop(child, now)
        self._tell(changed)
        return self.tasks[task_id]

    async def sweep(self, now: datetime):
        due = [t for t in self.tasks.values() if t.status is Status.PENDING and t.run_at and t.run_at <= now]
        changed = [
            self._change(t.id, EventType.QUEUED, None, now, status=Status.QUEUED, run_at=None) for t in due
        ]
        late = [
            t for t in self.tasks.values() if t.status.is_active and t.deadline_at and t.deadline_at <= now
        ]
        error = TaskError(code="timeout", message="late")
        for task in [t for t in late if t.id not in self.leases]:
            changed += self._end(task, Status.EXPIRED, EventType.EXPIRED, now, error=error)
        if changed:
            self._tell(changed)
        moments = [t.run_at for t in self.tasks.values() if t.status is Status.PENDING and t.run_at]
        moments += [t.deadline_at for t in self.tasks.values() if t.status.is_active and t.deadline_at]
        overdue = tuple(self.holding(t) for t in late if t.id in self.leases)
        return Swept(
            changed=len(changed), overdue=overdue, next_due=min((m for m in moments if m > now), default=None)
        )

    def holding(self, task):
        from gnomon.core.ports import Holding

        return Holding(task_id=task.id, fence=task.fence)

    async def recover(self, now):
        held = list(self.leases)
        for task_id in held:
            del self.leases[task_id]
            self._change(
                task_id,
                EventType.RETRYING,
                None,
                now,
                status=Status.QUEUED,
                fence=self.tasks[task_id].fence + 1,
            )
        return len(held)

    async def get_task(self, workspace, task_id):
        return self.tasks[task_id]

    async def list_children(self, workspace, task_id):
        return sorted((t for t in self.tasks.values() if t.parent_id == task_id), key=lambda t: t.position)

    async def list_events(self, workspace, task_id, after, limit):
        return self.events[task_id][after:limit]

    async def put_blob(self, content):
        self.blobs[name_of(content)] = content
        return Blob(sha256=name_of(content), size=len(content))

    async def get_blob(self, sha256):
        if sha256 not in self.blobs:
            raise NotFound
        return self.blobs[sha256]

    async def sweep_blobs(self, older_than):
        return 0

    async def close(self):
        pass


def _result(task):
    return ChildResult(
        position=task.position or 0, kind=task.kind, status=task.status, result=task.result, error=task.error
    )
