"""A context for tests whose steps outlive its attempts; it is told, answered, and dies, as a test wants."""

import asyncio
import hashlib
import json
from collections import Counter

from gnomon.core.workload import Asked


class Died(Exception):
    """The process has died here."""


class Journal:
    """A context whose steps outlive its attempts, as a store keeps them; it dies before a step that it is told."""

    def __init__(self, search, settings, dies_before=None):
        self.steps, self.blobs = {}, {}
        self.made = Counter()
        self.settings, self.secrets, self.predecessor = settings, {}, None
        self.task_id, self.attempt = "tsk_1", 1
        self.dies_before = dies_before
        self.told, self.answers, self.asked, self.messages = [], {}, {}, []
        self.on_step = None
        self._search = search

    async def step(self, key, function):
        if key not in self.steps:
            if self.dies_before is not None and sum(self.made.values()) >= self.dies_before:
                raise Died
            self.made[key] += 1
            if self.on_step is not None:
                self.on_step(key)
            self.steps[key] = json.loads(json.dumps(await function()))
        return self.steps[key]

    async def search(self, query, *, limit=10):
        return self._search(query, limit)

    async def put(self, content):
        name = hashlib.sha256(content).hexdigest()
        self.blobs[name] = content
        return name

    async def get(self, sha256):
        return self.blobs[sha256]

    async def checkpoint(self):
        await asyncio.sleep(0)

    async def ask(self, key, question, within=None):
        json.dumps(question)
        self.asked.setdefault(key, (question, within))
        if key not in self.answers:
            raise Asked(key, question)
        return self.answers[key]

    def emit(self, body):
        self.messages.append(json.loads(json.dumps(body)))

    def progress(self, percent, stage=None):
        assert 0 <= percent <= 100

    def is_pausing(self):
        return False
