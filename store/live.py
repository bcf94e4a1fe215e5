"""What may be lost: tokens, orders and heartbeats of calls in progress, sound for listeners, pacing counters.

Fits ivr.ports.LiveCalls by shape. Nothing here is the truth: tables are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import redis

from kit.clock import Clock
from kit.ids import new_id, new_token
from kit.settings import Settings
from kit.vocabulary import Order
from store import keys

BEAT_TTL_S = 15
"""A media worker that did not beat for so long is gone; its slots are not free, they do not exist."""
ORDERS_TTL_S = 3_600
_ORDERS = {order.value: order for order in Order}


_LEAVE = """
local at = redis.call('TIME')
local now = at[1] * 1000000 + at[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 1000000)
local started = redis.call('ZCARD', KEYS[1])
if tonumber(ARGV[1]) == 0 then return started end
if started >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], 2000)
return 1
"""
"""A sliding second of starts: 0 asks how many there were, n takes one more if there were fewer than n."""


class NoLiveStore(RuntimeError):
    """Neither HUILING_REDIS_URL nor a running embedded Valkey. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Media slots over all living workers."""

    workers: int
    live: int
    slots: int

    @property
    def free(self) -> int:
        return max(0, self.slots - self.live)


def live_url(settings: Settings) -> str:
    """Where Redis or Valkey listens. Raises NoLiveStore."""
    if settings.redis_url:
        return settings.redis_url
    path = settings.data_dir / "valkey.url"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NoLiveStore(
            f"没有 Redis：设置 HUILING_REDIS_URL，或启动 Procfile 里的 valkey 进程（python -m store.valkey）；未找到 {path}"
        ) from None


def await_live_url(settings: Settings, patience_s: float = 20.0) -> str:
    """live_url, waiting for the Procfile's valkey to come up. Raises NoLiveStore when patience ends."""
    for _ in range(int(patience_s / 0.2)):
        with contextlib.suppress(NoLiveStore):
            return live_url(settings)
        time.sleep(0.2)
    return live_url(settings)


class RedisLiveCalls:
    """Live control in Redis. Connections are made at the first use and found anew when the server moved."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._url = ""
        self._client: Any = None

    @property
    def client(self) -> Any:
        """The connection pool's client. Raises NoLiveStore."""
        url = live_url(self._settings)
        if url != self._url:
            self._client = redis.Redis.from_url(
                url, decode_responses=False, socket_timeout=5, socket_connect_timeout=2, health_check_interval=15
            )
            self._url = url
        return self._client

    def is_alive(self) -> bool:
        """Whether the server answers now."""
        try:
            return bool(self.client.ping())
        except (NoLiveStore, redis.RedisError, OSError):
            return False

    def issue_token(self, call_id: str, ttl_s: int = 60) -> str:
        """A secret of single use; the server keeps its digest only."""
        token = new_token()
        self.client.set(keys.token(_digest(token)), call_id, ex=ttl_s)
        return token

    def redeem_token(self, token: str) -> str | None:
        """The call id, once; None when unknown, used or expired."""
        found = self.client.getdel(keys.token(_digest(token)))
        return found.decode() if found else None

    def orders(self, call_id: str) -> Sequence[Order]:
        """Orders waiting for this call since the last look, oldest first; words of a later version mean nothing."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.lrange(keys.orders(call_id), 0, -1)
            pipe.delete(keys.orders(call_id))
            waiting = pipe.execute()[0]
        return tuple(_ORDERS[word] for one in waiting if (word := one.decode()) in _ORDERS)

    def give_order(self, call_id: str, order: Order) -> None:
        """Tell the worker that carries the call."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.rpush(keys.orders(call_id), order.value)
            pipe.expire(keys.orders(call_id), ORDERS_TTL_S)
            pipe.execute()

    def beat(self, worker: str, live: int, slots: int) -> None:
        """Say that this media worker lives and how many calls it carries."""
        row = json.dumps({"live": live, "slots": slots, "at": self._clock.now().timestamp()})
        self.client.hset(keys.WORKERS, worker, row)

    def tick(self) -> None:
        """Say that the dialler looks for work."""
        self.client.set(keys.TICK, 1, ex=BEAT_TTL_S)

    def ticks_lately(self) -> bool:
        """Whether the dialler looked for work within BEAT_TTL_S."""
        return bool(self.client.exists(keys.TICK))

    def media_slots(self) -> int:
        """All slots of the media workers that beat lately."""
        return self.slots().slots

    def slots(self) -> Slots:
        """Slots of the workers that beat lately; rows of the dead are swept away."""
        now = self._clock.now().timestamp()
        living = []
        for worker, row in cast("dict[bytes, bytes]", self.client.hgetall(keys.WORKERS)).items():
            beat = json.loads(row)
            if now - beat["at"] > BEAT_TTL_S:
                self.client.hdel(keys.WORKERS, worker)
            else:
                living.append(beat)
        return Slots(len(living), sum(beat["live"] for beat in living), sum(beat["slots"] for beat in living))

    def send_sound(self, call_id: str, callee: bytes, ours: bytes) -> int:
        """Give a moment of both sides to whoever listens in; how many do."""
        return int(self.client.publish(keys.listen(call_id), len(callee).to_bytes(4, "big") + callee + ours))

    @contextlib.contextmanager
    def listen(self, call_id: str) -> Iterator[Iterator[tuple[bytes, bytes] | None]]:
        """Both sides of a call as they are spoken; None about once a second when nothing came."""
        with self.client.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(keys.listen(call_id))
            channel.get_message(timeout=1.0)
            yield _moments(channel)

    def started_last_s(self) -> int:
        """Calls that were given leave to start within the last second, by any process anywhere."""
        return int(self._leave(0))

    @contextlib.contextmanager
    def alone(self, job: str, *, at_most_s: float) -> Iterator[bool]:
        """Whether nobody else on any machine does this job now; a dead worker's claim lapses after `at_most_s`."""
        claim = self.client.lock(keys.alone(job), timeout=at_most_s, blocking=False)
        is_mine = bool(claim.acquire())
        try:
            yield is_mine
        finally:
            if is_mine:
                with contextlib.suppress(redis.exceptions.LockError):
                    claim.release()

    def may_start(self, per_s: int) -> bool:
        """Leave to start one call now, if fewer than `per_s` got it within the last second. Atomic, on the server's clock."""
        return int(self._leave(per_s)) > 0

    def _leave(self, per_s: int) -> Any:
        return self.client.eval(_LEAVE, 1, keys.STARTS, per_s, new_id("start"))


def _moments(channel: Any) -> Iterator[tuple[bytes, bytes] | None]:
    while True:
        message = channel.get_message(timeout=1.0)
        if message is None:
            yield None
            continue
        data: bytes = message["data"]
        size = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + size], data[4 + size :]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
