"""When has somebody finished speaking? Decides from frames and partial texts alone; hears nothing, waits for nothing. Pure.

Patience depends on what was asked and on how far the answer has come (`speech.standing`): a yes is over when it is said;
inside amounts and dates people pause for a quarter to half a second (Lundholm Fors 2015; Campione and Véronis 2002: 0.2
to 1 s), so a whole answer is given less time than one that may go on, and one that must go on is waited for. Sources of
the figures: end-of-turn defaults elsewhere are 0.4 s (Vocode), 0.7 s (Tencent), 0.4-0.8 s (Alibaba), 0.8 s (Pipecat,
0.2 + 0.6), 0.5-3 s (LiveKit); yes/no wants 0.3-0.4 s. On real_zh_dev with speech.vad these cut 1 of 127 words (yes_no),
0 of 29 digit strings (digits) and 0 of 60 sentences (open) before their end; yes_no ends 0.41 s after it (p95 0.46).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from speech.ports import FRAME_S
from speech.standing import Standing, standing

PAST_S = 0.3
"""What may be fed from before the first voiced frame."""

# fmt: off
AFFIRM = frozenset((
    "是", "是的", "对", "对的", "好", "好的", "可以", "可以的", "行", "没问题", "是我", "我是", "我就是", "是本人", "知道",
    "知道了", "方便", "同意",
))
DENY = frozenset((
    "不是", "不是的", "不对", "不行", "不可以", "不用", "不用了", "没有", "不是我", "打错了", "你打错了", "不同意", "不方便",
    "不知道",
))
SCORES = frozenset(("一分", "二分", "两分", "三分", "四分", "五分", "满意", "非常满意", "不满意"))
# fmt: on

UNFINISHED = re.compile(r"(我|那个|这个|就是|嗯|呃|但是|可是|不过|因为|所以|然后|如果|要是|大概|可能|想|先|再|到|在|和|跟)$")
"""Partial texts that people do not stop at."""


class Decision(StrEnum):
    """What a frame led to. Everything from ENDED_* on is final."""

    WAITING = "waiting"
    ONSET = "onset"
    SPEAKING = "speaking"
    ENDED_DECISIVE = "ended_decisive"
    ENDED_COMPLETE = "ended_complete"
    ENDED_SILENCE = "ended_silence"
    ENDED_TOO_LONG = "ended_too_long"

    @property
    def is_end(self) -> bool:
        """Whether the utterance is over."""
        return self.value.startswith("ended")


@dataclass(frozen=True, slots=True)
class Profile:
    """Patience of a step, in seconds.

    `decisive` phrases end the utterance when the partial has stood still for `stable_s` and `decisive_silence_s` of
    silence is heard. Where there are partials and `by_standing` is given, it is the patience; else it is `silence_s`, and
    after an unfinished partial `unfinished_extra_s` more. Nothing is longer than `longest_s`.
    """

    name: str
    silence_s: float
    longest_s: float = 20.0
    decisive: frozenset[str] = frozenset()
    stable_s: float = 0.2
    decisive_silence_s: float = 0.16
    by_standing: Mapping[Standing, float] | None = None
    unfinished_extra_s: float = 0.4
    onset_s: float = 0.06


BY_STANDING = {
    Standing.CLOSED: 0.3,
    Standing.WHOLE: 0.38,
    Standing.OPEN: 0.66,
    Standing.STRANGE: 0.66,
    Standing.PART: 1.2,
}
"""Dates and amounts. benchmarks/reply_latency.py measures what these cost and what they cut."""

PROFILES = {
    profile.name: profile
    for profile in (
        Profile("yes_no", 0.32, longest_s=12.0, decisive=AFFIRM | DENY),
        Profile("open", 0.7),
        Profile("date", 0.9, by_standing=BY_STANDING),
        Profile("amount", 0.9, by_standing=BY_STANDING),
        Profile("digits", 0.8),
        Profile(
            "score",
            0.5,
            longest_s=8.0,
            decisive=SCORES,
        ),
    )
}
"""By the kind of question that a script asks (its AskKind)."""


def endpointer(kind: str, decisive: frozenset[str] = frozenset()) -> Endpointer:
    """An endpointer for an utterance whose voice has been noticed: the profile of that kind, and more decisive phrases.

    It always ends: after the profile's silence if no more voice follows, at its longest otherwise.
    """
    profile = PROFILES.get(str(kind), PROFILES["open"])
    return Endpointer(profile, decisive=profile.decisive | decisive, has_begun=True)


class Endpointer:
    """Follows one utterance, one frame of 20 ms at a time. Once ended it stays ended.

    `has_begun`: somebody else noticed the voice, and feeds at most PAST_S from before it.
    """

    def __init__(self, profile: Profile, *, decisive: frozenset[str] | None = None, has_begun: bool = False) -> None:
        self.profile = profile
        self.decision = Decision.ONSET if has_begun else Decision.WAITING
        self._decisive = profile.decisive if decisive is None else decisive
        self._partial = ""
        self._stable = self._run = self._spoken = 0
        self._silent = -round(PAST_S / FRAME_S) if has_begun else 0

    def push(self, is_speech: bool, partial: str) -> bool:
        """Take a frame and the text so far; whether the utterance ends here."""
        return self.decide(is_speech, partial).is_end

    def decide(self, is_speech: bool, partial: str = "") -> Decision:
        """Take a frame and the text so far ("" from engines without partials)."""
        if self.decision.is_end:
            return self.decision
        self._count(is_speech, partial)
        self.decision = self._next()
        return self.decision

    def _count(self, is_speech: bool, partial: str) -> None:
        self._stable = self._stable + 1 if partial == self._partial else 0
        self._partial = partial
        self._run = self._run + 1 if is_speech else 0
        is_onset = self.decision is Decision.WAITING and self._run * FRAME_S >= self.profile.onset_s
        if self.decision is not Decision.WAITING or is_onset:
            self._spoken += 1
        self._silent = 0 if self._run >= _REAL_RUN else self._silent + 1

    def _next(self) -> Decision:
        if not self._spoken:
            return Decision.WAITING
        if self._spoken == 1 and self.decision is Decision.WAITING:
            return Decision.ONSET
        if self._spoken * FRAME_S >= self.profile.longest_s:
            return Decision.ENDED_TOO_LONG
        return self._by_silence(self._silent * FRAME_S)

    def _by_silence(self, silent_s: float) -> Decision:
        profile = self.profile
        is_stable = self._stable * FRAME_S >= profile.stable_s
        if self._partial in self._decisive and is_stable and silent_s >= profile.decisive_silence_s:
            return Decision.ENDED_DECISIVE
        if profile.by_standing is not None and self._partial:
            return self._by_words(profile, profile.by_standing, silent_s)
        patience = profile.silence_s + (profile.unfinished_extra_s if UNFINISHED.search(self._partial) else 0.0)
        return Decision.ENDED_SILENCE if silent_s >= patience else Decision.SPEAKING

    def _by_words(self, profile: Profile, patience: Mapping[Standing, float], silent_s: float) -> Decision:
        if silent_s < min(patience.values()):
            return Decision.SPEAKING
        reached = standing(self._partial, profile.name)
        if silent_s < patience[reached]:
            return Decision.SPEAKING
        return Decision.ENDED_SILENCE if reached in _NO_ANSWER else Decision.ENDED_COMPLETE


_NO_ANSWER = {Standing.PART, Standing.STRANGE}

_REAL_RUN = 2
"""Voiced frames in a row that end a silence: a click is one."""
