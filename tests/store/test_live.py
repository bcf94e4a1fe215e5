"""The contract of LiveCalls, on the fake and on a real Valkey; the embedded server's owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis

from ivr.ports import LiveCalls
from kit.clock import ManualClock, SystemClock
from kit.settings import Settings
from kit.vocabulary import Order
from store import keys
from store.live import BEAT_TTL_S, NoLiveStore, RedisLiveCalls, live_url
from store.valkey import EmbeddedValkey, OwnedElsewhere
from tests.fakes.notebook import FakeLiveCalls
from tests.store.conftest import MONDAY, wait_for


@pytest.fixture
def live(embedded: Settings) -> RedisLiveCalls:
    return RedisLiveCalls(embedded, ManualClock(MONDAY))


@pytest.fixture(params=["fake", pytest.param("valkey", marks=pytest.mark.servers)])
def calls(request: pytest.FixtureRequest) -> LiveCalls:
    if request.param == "fake":
        return FakeLiveCalls(ManualClock(MONDAY))
    return request.getfixturevalue("live")  # type: ignore[no-any-return]


class TestContract:
    """What every LiveCalls does."""

    def test_a_token_works_once(self, calls: LiveCalls) -> None:
        token = calls.issue_token("call_1")
        assert [calls.redeem_token(token), calls.redeem_token(token)] == ["call_1", None]

    def test_an_unknown_token_is_nobody(self, calls: LiveCalls) -> None:
        assert calls.redeem_token("nonsense") is None

    def test_tokens_differ(self, calls: LiveCalls) -> None:
        assert calls.issue_token("call_1") != calls.issue_token("call_1")

    def test_orders_are_taken_once_in_order(self, calls: LiveCalls) -> None:
        calls.give_order("call_2", Order.LISTEN_IN)  # type: ignore[attr-defined]
        calls.give_order("call_2", Order.HAND_OVER)  # type: ignore[attr-defined]
        assert calls.orders("call_3") == ()
        assert calls.orders("call_2") == ("listen_in", "hand_over")
        assert calls.orders("call_2") == ()

    @pytest.mark.parametrize("order", list(Order))
    def test_every_order_that_a_call_obeys_is_taken(self, calls: LiveCalls, order: Order) -> None:
        calls.give_order("call_4", order)  # type: ignore[attr-defined]
        assert calls.orders("call_4") == (order,)

    def test_a_beat_is_taken(self, calls: LiveCalls) -> None:
        calls.beat("media-1", 3, 20)


def test_a_fake_token_runs_out() -> None:
    clock = ManualClock(MONDAY)
    calls = FakeLiveCalls(clock)
    token = calls.issue_token("call_1", ttl_s=60)
    clock.advance(60)
    assert calls.redeem_token(token) is None


@pytest.mark.servers
def test_the_server_keeps_neither_tokens_nor_their_lives_for_ever(live: RedisLiveCalls) -> None:
    token = live.issue_token("call_9", ttl_s=60)
    names = live.client.keys("huiling:token:*")
    assert all(token.encode() not in name for name in names)
    assert all(0 < live.client.ttl(name) <= 60 for name in names)


@pytest.mark.servers
def test_slots_are_those_of_workers_that_live(embedded: Settings) -> None:
    clock = ManualClock(MONDAY)
    live = RedisLiveCalls(embedded, clock)
    live.client.flushall()
    live.beat("media-1", 3, 20)
    clock.advance(BEAT_TTL_S)
    live.beat("media-2", 1, 10)
    assert (live.slots().workers, live.slots().free) == (2, 26)
    clock.advance(1)
    assert (live.slots().workers, live.slots().live, live.slots().slots) == (1, 1, 10)


@pytest.mark.servers
def test_an_order_of_a_later_version_means_nothing(live: RedisLiveCalls) -> None:
    live.client.rpush(keys.orders("call_1"), "dance")
    live.give_order("call_1", Order.HANG_UP)
    assert live.orders("call_1") == (Order.HANG_UP,)


@pytest.mark.servers
def test_a_listener_hears_both_sides(live: RedisLiveCalls) -> None:
    assert live.send_sound("call_1", b"a", b"b") == 0
    with live.listen("call_1") as moments:
        assert live.send_sound("call_1", b"\x01\x02", b"\x03\x04") == 1
        assert next(moment for moment in moments if moment is not None) == (b"\x01\x02", b"\x03\x04")


@pytest.mark.servers
def test_leave_to_start_is_given_once_whoever_asks_at_the_same_time(embedded: Settings) -> None:
    asking = [RedisLiveCalls(embedded, ManualClock(MONDAY)) for _ in range(8)]
    given: list[bool] = []
    gate = threading.Barrier(len(asking))

    def ask(live: RedisLiveCalls) -> None:
        gate.wait()
        given.extend([live.may_start(5) for _ in range(5)])

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(live,)) for live in asking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds_begun = 1 + int(time.monotonic() - began)
    assert len(given) == 40
    assert 5 <= sum(given) <= 5 * seconds_begun
    assert asking[0].started_last_s() <= 5
    wait_for(lambda: asking[0].started_last_s() == 0, 3)
    assert asking[0].may_start(1)
    assert asking[0].started_last_s() == 1
    assert not asking[1].may_start(1)


def test_without_a_server_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoLiveStore, match=r"python -m store\.valkey"):
        live_url(Settings(data_dir=tmp_path))
    assert live_url(Settings(data_dir=tmp_path, redis_url="redis://there")) == "redis://there"
    assert not RedisLiveCalls(Settings(data_dir=tmp_path), SystemClock()).is_alive()


@pytest.mark.servers
def test_there_is_one_owner_only(embedded: Settings) -> None:
    with pytest.raises(OwnedElsewhere):
        EmbeddedValkey(embedded).run()


def _owner(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "HUILING_DATA_DIR": str(folder), "HUILING_REDIS_URL": ""}
    return subprocess.Popen([sys.executable, "-m", "store.valkey"], env=environment, stderr=subprocess.DEVNULL)


def _server_pid(settings: Settings) -> int:
    with redis.Redis.from_url(live_url(settings)) as client:
        return int(client.info("server")["process_id"])


@pytest.mark.servers
def test_a_dead_server_is_replaced_an_orphan_adopted_and_sigterm_takes_it_down(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    live = RedisLiveCalls(settings, SystemClock())
    owner = _owner(tmp_path)
    try:
        wait_for(live.is_alive)
        first = _server_pid(settings)
        assert (tmp_path / "valkey.url").stat().st_mode & 0o777 == 0o600
        address = live_url(settings)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: live.is_alive() and _server_pid(settings) != first)
        second = _server_pid(settings)
        assert live_url(settings) == address
        token = live.issue_token("call_1")

        owner.kill()
        owner.wait(10)
        (tmp_path / "valkey.owner").unlink()
        assert live.is_alive()
        owner = _owner(tmp_path)
        wait_for((tmp_path / "valkey.owner").exists)
        threading.Event().wait(1.5)
        assert _server_pid(settings) == second
        assert live.redeem_token(token) == "call_1"

        owner.terminate()
        time.sleep(0.3)  # a server that waits for nobody is gone by then
        assert live.is_alive(), "what is stopped beside it may still be finishing"
        assert owner.wait(15) == 0
        wait_for(lambda: not live.is_alive())
        assert not (tmp_path / "valkey.url").exists()
    finally:
        owner.kill()
        owner.wait(10)


@pytest.mark.servers
def test_a_job_is_done_by_one_at_a_time_and_its_claim_lapses(embedded: Settings) -> None:
    here, there = (RedisLiveCalls(embedded, ManualClock(MONDAY)) for _ in range(2))
    with here.alone("prepare", at_most_s=60) as is_mine, there.alone("prepare", at_most_s=60) as is_theirs:
        assert (is_mine, is_theirs) == (True, False)
        with there.alone("sweep", at_most_s=60) as is_free:
            assert is_free
    with there.alone("prepare", at_most_s=0.2) as is_mine:
        assert is_mine
        wait_for(lambda: not here.client.exists(keys.alone("prepare")))
    with here.alone("prepare", at_most_s=60) as is_mine:
        assert is_mine
