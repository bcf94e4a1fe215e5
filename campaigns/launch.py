"""Starts campaigns: everything that must be true is checked first, and all that is not is said at once. Dials nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from campaigns.preparation import Preparation, Progress
from campaigns.status import status_of
from ivr.ports import Recorder, Shift, has_p0_agent
from ivr.script.library import Library
from ivr.script.model import Script
from kit.clock import Clock
from kit.settings import Settings
from law.policy import BadPolicy, Policy
from speech.ports import EngineUnavailable, Recognizer, Synthesizer
from store import campaigns
from store.session import Store
from store.words import FINAL_CAMPAIGNS, CampaignState

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class CannotStart(Exception):
    """The campaign must not start; the message lists every reason and what to do."""


class Hands(Protocol):
    """Who is at work on calls, as far as anybody can see."""

    def is_alive(self) -> bool:
        """Whether Redis answers."""

    def media_slots(self) -> int:
        """Slots of the media processes that beat lately."""

    def ticks_lately(self) -> bool:
        """Whether the dialler ticked lately: worker and beat are up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What starting needs, filled by app.py. Engines are loaded when first asked for."""

    settings: Settings
    store: Store
    clock: Clock
    library: Library
    preparation: Callable[[], Preparation]
    synthesizer: Callable[[], Synthesizer]
    recognizer: Callable[[], Recognizer]
    shift: Shift
    recorder: Recorder
    policy: Callable[[], Policy]
    hands: Hands

    def prepare(self, name: str, *, progress: Progress | None = None) -> None:
        """Check, and render what will be said. Raises CannotStart, NoSuchCampaign or BadScript."""
        found = status_of(self.store, name)
        if found.state in FINAL_CAMPAIGNS:
            raise CannotStart(f"批次“{name}”已经结束，不能再开始：请新建批次")
        script = self.library.current(found.script_id)
        reasons = [reason for check in self._checks() for reason in check(script)]
        if reasons:
            raise CannotStart("批次不能开始：\n" + "\n".join(f"  - {reason}" for reason in reasons))
        with self.store.reading() as session:
            campaign = campaigns.get(session, found.campaign_id)
        preparation = self.preparation()
        preparation.prepare_script(script, progress)
        preparation.prepare_targets(campaign, script, progress)

    def warnings(self) -> list[str]:
        """What keeps no campaign from starting but should be known."""
        if self.shift.duty_manager():
            return []
        return ["没有设置值班经理（HUILING_DUTY_MANAGER）：坐席都没接的高危来电（P0）只开工单、写日志，不会再拨打任何人"]

    def run(self, name: str) -> None:
        """Let the dialler have it, on the script's present revision. Raises IllegalStep."""
        found = status_of(self.store, name)
        if found.state is CampaignState.RUNNING:
            return
        kept = self.library.keep(found.script_id)
        with self.store.transaction() as session:
            campaigns.step(session, found.campaign_id, CampaignState.RUNNING, now=self.clock.now(), script_digest=kept.digest)

    def idle_reason(self) -> str:
        """Why nothing moves, for whoever waits."""
        if not self.hands.is_alive():
            return "连不上 Redis/Valkey：先运行 make run（或检查 HUILING_REDIS_URL）"
        missing = [] if self.hands.media_slots() else ["media"]
        missing += [] if self.hands.ticks_lately() else ["worker 与 beat"]
        if forbidding := [*self._has_agent(), *self._has_recorder()]:
            return forbidding[0]
        if missing:
            return f"没有看到 {'、'.join(missing)} 进程：先运行 make run，它们起来后会自动继续；Ctrl-C 结束等待，不影响批次"
        return "进程都在；可能线路、坐席或 media 空位都占着，会自动继续。Ctrl-C 结束等待，不影响批次"

    def _checks(self) -> tuple[Callable[[Script], list[str]], ...]:
        return (
            self._has_policy,
            self._has_agent,
            self._has_voice,
            self._has_ear,
            self._has_recorder,
            self._has_caller_id,
            self._has_discreet_lender,
        )

    def _has_policy(self, script: Script) -> list[str]:
        try:
            self.policy()
        except BadPolicy as error:
            return [f"合规策略不可用（HUILING_POLICY_FILE）：{fault}" for fault in str(error).splitlines()]
        return []

    def _has_agent(self, script: Script | None = None) -> list[str]:
        if has_p0_agent(self.shift):
            return []
        return ["没有能接高危来电（P0）的坐席当班：在 HUILING_AGENT_NUMBERS 里写上号码，可接 P0 的加后缀 *"]

    def _has_voice(self, script: Script) -> list[str]:
        try:
            voice = self.synthesizer()
        except EngineUnavailable as error:
            return [f"嗓子不可用（HUILING_SYNTHESIZER）：{error}"]
        if not voice.is_for_people and not self.settings.is_carrier_loopback:
            return [f"嗓子 {voice.name} 只供试听，真人听不懂：把 HUILING_SYNTHESIZER 设为 kokoro"]
        return []

    def _has_ear(self, script: Script) -> list[str]:
        phrases = [phrase for step in script.steps.values() if step.ask for phrase in step.ask.phrases]
        try:
            missing = self.recognizer().missing_words(phrases)  # the ear is lazy: only this loads it
        except EngineUnavailable as error:
            return [f"耳朵不可用（HUILING_RECOGNIZER）：{error}"]
        return [f"识别模型没有这些词，语法会丢掉它们：{'、'.join(missing[:20])}"] if missing else []

    def _has_recorder(self, script: Script | None = None) -> list[str]:
        return [] if self.recorder.is_ready() else ["录音存放处写不进去：不能录音就不能拨打，检查 HUILING_BLOB_STORE"]

    def _has_caller_id(self, script: Script) -> list[str]:
        if not self.settings.caller_id:
            return ["没有主叫号码：设置 HUILING_CALLER_ID"]
        if not _E164.fullmatch(self.settings.caller_id):
            return ["主叫号码 HUILING_CALLER_ID 不是 E.164：应写成 + 国家码 号码，只有数字"]
        return []

    def _has_discreet_lender(self, script: Script) -> list[str]:
        """Whoever picks up hears the name first: it must not say what the call is about."""
        name = "".join(self.settings.lender.split())
        if not name:
            return ["没有机构名称：设置 HUILING_LENDER"]
        told = [word for word in (*script.private, *script.forbidden) if word in name]
        if told:
            return [
                f"机构名称 HUILING_LENDER 含“{'、'.join(told)}”：核实本人之前就会说出，等于透露债务，请换成不含这些字样的名称"
            ]
        return []
