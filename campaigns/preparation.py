"""Makes borrowers ready to be dialled: the law is asked whether they may be called at all, then every prompt of theirs is
rendered. Dials nothing.

Whom the law forbids for good gets no prompts; who may be called later waits until then. The dialler asks again.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from campaigns.decision import Decision, Later, Never, decide
from campaigns.facts import UNFIT_FACTS, call_facts, unfit
from campaigns.known import Known, known
from ivr.dialogue.lines import personal_pieces, static_pieces
from ivr.runtime import house_clips
from ivr.script.fields import Facts
from ivr.script.library import Library, RevisionLost
from ivr.script.model import Script
from kit.clock import Clock, local_date
from kit.settings import Settings
from kit.vocabulary import Purpose
from law.policy import Policy
from speech.prompts import RenderFailed
from store import borrowers, campaigns, targets
from store.models import Campaign
from store.session import Store

LOG = logging.getLogger(__name__)
BATCH = 100
A_WHILE = 20
"""Borrowers of one campaign whose prompts are rendered in one tick: some minute's work at most."""
RENDER_AGAIN_S = 3600.0
Progress = Callable[[int, int], None]
"""Called with done and total."""


class Renderer(Protocol):
    """What renders prompts (speech.prompts.PromptStore)."""

    def render_all(self, texts: Sequence[str], *, is_personal: bool = False, on_progress: Progress | None = None) -> object:
        """Render those that are missing."""


class Preparation:
    """Renders what a campaign will say."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        library: Library,
        renderer: Renderer,
        inventory: Iterable[str],
        policy: Callable[[], Policy],
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._library = library
        self._renderer = renderer
        self._inventory = tuple(inventory)
        self._policy = policy

    def prepare_script(self, script: Script, progress: Progress | None = None) -> None:
        """Render what is the same for everybody, and the inventory of dates, amounts and digits."""
        self._renderer.render_all(
            [*self._inventory, *house_clips.TEXTS.values(), *sorted(static_pieces(script))], on_progress=progress
        )

    def prepare_targets(
        self, campaign: Campaign, script: Script, progress: Progress | None = None, *, most: int = sys.maxsize
    ) -> int:
        """Render what is said to each borrower who waits, to about `most` of them; the number done with.

        Interrupted, it goes on where it was.
        """
        ready = 0
        while ready < most and (batch := self._unprepared(campaign.id, most=min(BATCH, most - ready))):
            for target_id in batch:
                self._prepare(target_id, campaign.purpose, script)
                ready += 1
                if progress is not None:
                    progress(ready, ready + self._left(campaign.id))
        return ready

    def prepare_running(self) -> int:
        """Render for borrowers who were added to campaigns that already run, for a while: the next tick goes on."""
        with self._store.reading() as session:
            running = campaigns.running(session)
        if running:
            self._renderer.render_all(list(house_clips.TEXTS.values()))
        return sum(self._prepare_more(one) for one in running)

    def _prepare_more(self, campaign: Campaign) -> int:
        """A campaign that cannot be prepared keeps no other waiting."""
        if not self._left(campaign.id):
            return 0
        try:
            script = self._library.revision(campaign.script_id, campaign.script_digest or "")
            self.prepare_script(script)
        except (RevisionLost, RenderFailed) as fault:
            LOG.error("a campaign cannot be prepared", extra={"campaign": campaign.id, "fault": type(fault).__name__})
            return 0
        return self.prepare_targets(campaign, script, most=A_WHILE)

    def _unprepared(self, campaign_id: str, *, most: int) -> list[str]:
        with self._store.reading() as session:
            found = targets.unprepared(session, campaign_id, now=self._clock.now(), limit=most)
            return [one.id for one in found]

    def _left(self, campaign_id: str) -> int:
        with self._store.reading() as session:
            return targets.count_unprepared(session, campaign_id, now=self._clock.now())

    def _prepare(self, target_id: str, purpose: Purpose, script: Script) -> None:
        asked, decision = self._ask(target_id, purpose)
        facts = call_facts(self._settings, asked.borrower, asked.loan, on=local_date(self._clock.now()))
        if isinstance(decision, Never):
            self._block(target_id, decision.rule, decision.reason)
        elif reason := unfit(script, facts):
            self._block(target_id, UNFIT_FACTS, reason)
        elif self._render(target_id, script, facts):
            with self._store.transaction() as session:
                targets.mark_prepared(session, target_id, now=self._clock.now())
                if isinstance(decision, Later):
                    targets.postpone(session, target_id, until=decision.at, rule=decision.rule, reason=decision.reason)

    def _render(self, target_id: str, script: Script, facts: Facts) -> bool:
        """Make this borrower's prompts. What cannot be spoken is tried again later and keeps nobody else waiting."""
        try:
            self._renderer.render_all(sorted(personal_pieces(script, facts)), is_personal=True)
        except RenderFailed as fault:
            LOG.error("a borrower's prompts were not rendered", extra={"target": target_id, "fault": type(fault).__name__})
            until = self._clock.now() + timedelta(seconds=RENDER_AGAIN_S)
            with self._store.transaction() as session:
                targets.postpone(session, target_id, until=until, rule="render_failed", reason="提示音没有合成，稍后再试")
            return False
        return True

    def _ask(self, target_id: str, purpose: Purpose) -> tuple[Known, Decision]:
        """What the law says of the target now; how much room there is is the dialler's question."""
        now = self._clock.now()
        with self._store.reading() as session:
            target = targets.get(session, target_id)
            asked = known(session, target, borrowers.get(session, target.borrower_id), now=now)
        return asked, decide(self._policy(), asked.facts, purpose, room=1, now=now)

    def _block(self, target_id: str, rule: str, reason: str) -> None:
        with self._store.transaction() as session:
            targets.block(session, target_id, rule=rule, reason=reason)
