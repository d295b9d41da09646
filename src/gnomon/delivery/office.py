"""The office: takes what is due, signs it, sends it, and writes down what came of it."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gnomon.core.delivery import (
    SCHEDULE,
    Answered,
    Body,
    DeliveryAttempt,
    DeliveryStatus,
    Parcel,
    judge,
    receiver_of,
)
from gnomon.core.errors import NotFound, Unavailable
from gnomon.core.hub import Bell
from gnomon.core.ports import AttemptMade, Clock, HookStore, Vault
from gnomon.delivery.answer import complain, read_retry_after, text_of
from gnomon.delivery.pace import SHARE, Pace
from gnomon.delivery.signature import ID, SIGNATURE, STANDARD, TIMESTAMP, Scheme, sign
from gnomon.outbound.gate import Crowded, Gate, NoAnswer

log = logging.getLogger(__name__)

_BREATH = 0.005
"""Seconds between two claims: what becomes due meanwhile is taken together."""
_LONGEST_SLEEP = timedelta(seconds=30)
"""The wall clock may be set while we sleep; half a minute bounds what that can delay."""
_STORE_PAUSE = 1.0
_MARGIN = timedelta(seconds=45)
"""Beyond the time-out of a post: what a lease leaves for waiting at the gate and for writing down what came of it."""
_QUICK = 1.0
_LAST_WORDS = 3.0
"""Seconds that the posts on their way have left when the office closes."""
_NOTHING = Answered(status_code=None)
_UNWRITTEN = "The server could not write or sign this message; its operator finds the cause in the log."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of a post, for the decision, for the tenant, and for the operator."""

    answered: Answered
    body: bytes | None
    """What was sent, or would have been; None when it could not be written."""
    error: str | None = None
    answer: str = ""
    detail: str | None = None


@dataclass(slots=True, kw_only=True)
class PostOffice:
    """Sends what the outbox holds, at least once: what was sent and not written down goes out again as it was."""

    store: HookStore
    gate: Gate
    vault: Vault
    clock: Clock
    bell: Bell
    bodies: Mapping[str, Body]
    """Who writes the bodies, by the endpoint's dialect."""
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    """How messages are signed, by the endpoint's dialect; the others by the standard alone."""
    timeout: timedelta
    """The most that one post takes at the gate."""
    schedule: Sequence[timedelta] = SCHEDULE
    concurrency: int = 256
    user_agent: str = "Gnomon"
    _pace: Pace = field(init=False, repr=False)
    _posts: set[asyncio.Task[None]] = field(default_factory=set, init=False, repr=False)
    _loop: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._pace = Pace(self.concurrency)

    async def start(self) -> None:
        """Take over what an earlier process had begun, and send from now on."""
        await self.store.recover_deliveries(self.clock.now())
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Begin nothing more, and give what is on its way a few seconds; the rest goes out again later."""
        if self._loop is not None:
            await _end([self._loop])
        if self._posts:
            await asyncio.wait(self._posts, timeout=_LAST_WORDS)
        await _end(list(self._posts))
        await self.gate.close()

    async def _run(self) -> None:
        while True:
            try:
                if not await self._send_due():
                    await self._sleep()
            except Unavailable as error:
                log.warning("delivery.store_unavailable", extra={"cause": error.message})
                await asyncio.sleep(_STORE_PAUSE)
            await asyncio.sleep(_BREATH)

    async def _send_due(self) -> bool:
        """Begin posts as far as there is room; say whether there were any."""
        if self._pace.room <= 0:
            return False
        parcels = await self.store.claim_deliveries(
            self.clock.now(),
            limit=self._pace.room,
            lease=self.timeout + _MARGIN,
            busy=self._pace.busy(),
            share=SHARE,
            rooms=self._pace.rooms(),
            most_failing=self._pace.room_for_failing,
        )
        for parcel in parcels:
            self._begin(parcel)
        return bool(parcels)

    async def _sleep(self) -> None:
        """Sleep until the bell rings or something is due."""
        pause = _LONGEST_SLEEP
        if self._pace.room > 0:
            due = await self.store.next_delivery_due(self._pace.busy())
            # What is due already waits for others to end, and the bell rings when they have.
            if due is not None and (left := due - self.clock.now()) > timedelta(0):
                pause = min(left, pause)
        await self.bell.wait(pause.total_seconds())

    def _begin(self, parcel: Parcel) -> None:
        self._pace.begin(_receiver(parcel), is_failing=_is_failing(parcel))
        post = asyncio.create_task(self._serve(parcel))
        self._posts.add(post)
        post.add_done_callback(self._posts.discard)

    async def _serve(self, parcel: Parcel) -> None:
        """Send a parcel and write down what came of it; one that cannot be sent stops no other."""
        went_well = False
        try:
            went_well = await self._send(parcel)
        except Exception as error:
            told = {"delivery": parcel.delivery.id, "cause": str(error)}
            log.exception("delivery.not_sent", exc_info=not isinstance(error, Crowded), extra=told)
        finally:
            was_full = self._pace.end(_receiver(parcel), is_failing=_is_failing(parcel), went_well=went_well)
            # A failure is due again sooner than its lease, of which the sleeper knows; a success may make room.
            if was_full or not went_well:
                self.bell.ring()

    async def _send(self, parcel: Parcel) -> bool:
        """Post once and record it; say whether it was taken quickly."""
        started_at, began = self.clock.now(), time.monotonic()
        outcome = await self._post(parcel, started_at)
        took = time.monotonic() - began
        now = self.clock.now()
        verdict = judge(
            parcel.delivery,
            parcel.endpoint,
            outcome.answered,
            now=now,
            schedule=self.schedule,
            chance=self.clock.chance(32) / 2**32,
        )
        attempt = DeliveryAttempt(
            number=parcel.delivery.attempts + 1,
            started_at=started_at,
            duration=timedelta(seconds=took),
            status_code=outcome.answered.status_code,
            error=outcome.error,
            answer=outcome.answer,
        )
        _tell(parcel, outcome, verdict.status, verdict.disable)
        await self._record(
            AttemptMade(
                delivery_id=parcel.delivery.id, now=now, attempt=attempt, verdict=verdict, body=outcome.body
            )
        )
        return verdict.status is DeliveryStatus.DELIVERED and took < _QUICK

    async def _post(self, parcel: Parcel, now: datetime) -> _Outcome:
        try:
            body = parcel.write(self.bodies)
            headers = self._headers(parcel, body, now)
        # A fault of the server's own, such as another secret.key: it is told, and the schedule goes on.
        except Exception as error:
            told = {"delivery": parcel.delivery.id, "cause": str(error)}
            log.exception("delivery.not_written", exc_info=not isinstance(error, Unavailable), extra=told)
            return _Outcome(answered=_NOTHING, body=None, error=_UNWRITTEN, detail=str(error))
        return await self._ask(parcel, headers, body, now)

    async def _ask(self, parcel: Parcel, headers: Mapping[str, str], body: bytes, now: datetime) -> _Outcome:
        try:
            answer = await self.gate.post(parcel.endpoint.url or "", headers, body)
        except NoAnswer as error:
            return _Outcome(answered=_NOTHING, body=body, error=error.message, detail=error.detail)
        retry_after = read_retry_after(answer.headers.get("retry-after"), now)
        return _Outcome(
            answered=Answered(status_code=answer.status_code, retry_after=retry_after),
            body=body,
            error=complain(answer),
            answer=text_of(answer.body),
        )

    def _headers(self, parcel: Parcel, body: bytes, now: datetime) -> Mapping[str, str]:
        at = int(now.timestamp())
        valid = [s for s in parcel.endpoint.secrets if s.expires_at is None or s.expires_at > now]
        if not valid:
            raise Unavailable(
                "There is no secret to sign with: neither the endpoint nor its workspace has one."
            )
        secrets = [self.vault.open(sealed.text).decode() for sealed in valid]
        scheme = self.schemes.get(parcel.endpoint.dialect, STANDARD)
        return {
            "Content-Type": "application/json",
            "User-Agent": self.user_agent,
            ID: parcel.delivery.id,
            TIMESTAMP: str(at),
            SIGNATURE: sign(secrets, parcel.delivery.id, at, body, scheme),
        }

    async def _record(self, made: AttemptMade) -> None:
        """Record an attempt, however long the store needs to come back; a delivery may be gone meanwhile."""
        while True:
            try:
                await self.store.record_delivery(made)
            except NotFound:
                return
            except Unavailable as error:
                log.warning("delivery.store_unavailable", extra={"cause": error.message})
                await asyncio.sleep(_STORE_PAUSE)
            else:
                return


def _receiver(parcel: Parcel) -> str:
    return receiver_of(parcel.endpoint.url or "")


def _is_failing(parcel: Parcel) -> bool:
    return parcel.endpoint.failing_since is not None


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _tell(parcel: Parcel, outcome: _Outcome, status: DeliveryStatus, disable: str | None) -> None:
    """Write the operator's log: what the tenant is not told stands here."""
    told = {
        "delivery": parcel.delivery.id,
        "endpoint": parcel.endpoint.id,
        "status": status.value,
        "answered": outcome.answered.status_code,
        "cause": outcome.detail,
    }
    log.log(logging.DEBUG if outcome.error is None else logging.INFO, "delivery.attempt", extra=told)
    if disable is not None:
        log.warning("delivery.endpoint_disabled", extra={"endpoint": parcel.endpoint.id, "cause": disable})
