"""Risk in one utterance, with severity and the words that showed it. Recall before precision for P0; never lowers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ivr.meaning import RiskFound
from ivr.understanding.evidence import outweighing
from ivr.understanding.lexicon.assault import ASSAULT
from ivr.understanding.lexicon.danger import IDIOM, LAW, SELF_HARM, VIOLENCE, RiskRule
from ivr.understanding.lexicon.despair import DESPAIR
from ivr.understanding.lexicon.hardship import HARDSHIP, TALKING
from ivr.understanding.lexicon.harmless import plainly
from ivr.understanding.lexicon.witness import ATTACKED, SUFFERING
from ivr.understanding.normalise import Utterance, normalise
from ivr.understanding.rules import compiled, hits
from kit.vocabulary import Intent, Risk, Severity

RULES: tuple[RiskRule, ...] = (*SELF_HARM, *VIOLENCE, *LAW, *HARDSHIP, *TALKING)

_OF_INTENT = {
    Intent.WRONG_PERSON: (Risk.WRONG_PERSON, Severity.P1, "号码属于别人"),
    Intent.THIRD_PARTY: (Risk.THIRD_PARTY, Severity.P1, "接电话的是别人"),
    Intent.DISPUTE: (Risk.DISPUTE, Severity.P2, "对金额、利息或欠款有异议"),
    Intent.REQUEST_HUMAN: (Risk.WANTS_HUMAN, Severity.P3, "要求人工"),
    Intent.IS_ROBOT_QUESTION: (Risk.WANTS_HUMAN, Severity.P3, "发现或询问是不是机器"),
}
_IDIOM = compiled(IDIOM)
_PIECES = re.compile(r"(?<=[了呢吧的好以])(?=我(?![的们])|你们|他们|再(?!说)|今天|明天|现在)")
"""Where a sentence may end that recognisers write without a stop: the gravest risks are sought in the pieces as well."""
_GRAVEST = tuple(rule for rule in RULES if rule.severity is Severity.P0 and not rule.whole)
_LIKE = {Risk.SELF_HARM: "轻生的话", Risk.VIOLENCE_THREAT: "要伤人毁物的话"}
_FRAMED = (
    (Risk.SELF_HARM, "合起来像是轻生的话", DESPAIR),
    (Risk.VIOLENCE_THREAT, "合起来像是要伤人毁物", ASSAULT),
    (Risk.SELF_HARM, "身边的人正在出事", SUFFERING),
    (Risk.VIOLENCE_THREAT, "正在遭人伤害", ATTACKED),
)
"""The second judge of the gravest risks: ideas that meet, whatever the words."""
_REPEATED = (
    r"(?:说|讲|反映|投诉|问|反应|打)(?:了|过)~4(?:多少|几|好几|无数|很多|[两三四五六七八九十])~1(?:遍|次|回)"
    r"|(?:上次|之前|早就?|已经)~4(?:反映|投诉|说过|问过|提过)|第[二三四五六]次"
    r"|(?:还没|一直没)~3(?:解决|答复|处理|回复)"
)
_ADULT_STUDENT = r"大学|研究生|大[一二三四]|研[一二三]|读研|大专|博士|本科|成年"
_MINOR = (
    r"没(?:有)?成年|未成年|未满|没满|不满|没到|不到|(?:十[一二三四五六七]|1[0-7])岁|初中|高中|高[一二三]|初[一二三]|中专|职高"
)


_DIED = (
    r"(?:人|他|她)?(?:已经?|早就?|都|上个?月|去年|前年|今年|上周|前几天|昨天|前天|刚刚?|不幸|突然|意外|因病|生病|车祸)*"
    r"(?:去世|过世|病逝|离世|逝世|身亡|病故|死亡|不在人世|死了$|没了$)"
)
"""What follows a name whose bearer is dead: said outright. 走了 is not, and of whose wife or father the name goes on."""


def named_dead(said: Utterance, name: str) -> Iterator[RiskFound]:
    """The death of whom we ask for, told by name."""
    for told in re.finditer(re.escape(name) + _DIED, said.core) if len(name) > 1 else ():
        yield RiskFound(Risk.BORROWER_DECEASED, Severity.P1, f"借款人已去世：“{told[0]}”")


def risks(said: Utterance) -> Iterator[RiskFound]:
    """Every risk that rules, frames and the weight of evidence find; gravest first is not promised."""
    calm = calmed(said)
    found = [*_found(RULES, calm, said), *_framed(calm)]
    pieces = _PIECES.sub(",", calm.core)
    if pieces != calm.core:
        found += _found(_GRAVEST, normalise(pieces), said)
    yield from found
    judged = {one.category for one in found}
    for risk, words in outweighing(calm):
        if risk not in judged:  # where the others have judged, they know the severity better
            yield RiskFound(risk, Severity.P0, f"整句话很像{_LIKE[risk]}：“{words}”")


def _framed(calm: Utterance) -> Iterator[RiskFound]:
    for risk, label, frames in _FRAMED:
        for words in frames.found(calm):
            yield RiskFound(risk, Severity.P0, f"{label}：“{words}”")


def calmed(said: Utterance) -> Utterance:
    """The utterance with idioms and words that only look like a negation put plainly."""
    text = plainly(_IDIOM.sub(r"\1坏", said.core))
    return normalise(text) if text != said.core else said


def _found(rules: Iterable[RiskRule], calm: Utterance, said: Utterance) -> Iterator[RiskFound]:
    for rule, hit in hits(rules, calm):
        severity = rule.severity
        if rule.graver and compiled(rule.graver).search(said.core):
            severity = min(severity, rule.at_worst)
        if rule.code == Risk.MINOR_OR_STUDENT and _is_adult_student(said):
            severity = Severity.P2
        yield RiskFound(Risk(rule.code), severity, f"{rule.label}：“{hit.heard}”")


def risks_of_intents(intents: Iterable[Intent], said: Utterance) -> Iterator[RiskFound]:
    """Intents that are risks as well (dispute, wrong_person, third_party) or ask for a person."""
    for intent in intents:
        if intent in _OF_INTENT:
            risk, severity, label = _OF_INTENT[intent]
            if risk is Risk.DISPUTE and compiled(_REPEATED).search(said.core):
                severity = Severity.P1
            yield RiskFound(risk, severity, label)


def settled(found: Iterable[RiskFound]) -> tuple[RiskFound, ...]:
    """One entry a category with its gravest severity, gravest first; what excludes another has excluded it."""
    best: dict[Risk, RiskFound] = {}
    for one in found:
        known = best.get(one.category)
        if known is None or one.severity < known.severity:
            best[one.category] = one
    for stronger, weaker in _EXCLUDES:
        if stronger in best:
            best.pop(weaker, None)
    return tuple(sorted(best.values(), key=lambda one: (one.severity, one.category.value)))


_EXCLUDES = (
    (Risk.BORROWER_DECEASED, Risk.FAMILY_BEREAVEMENT),
    (Risk.WRONG_PERSON, Risk.IDENTITY_FRAUD),
    (Risk.IDENTITY_FRAUD, Risk.DISPUTE),
    (Risk.THIRD_PARTY, Risk.WRONG_PERSON),
)


def _is_adult_student(said: Utterance) -> bool:
    return bool(compiled(_ADULT_STUDENT).search(said.core)) and not compiled(_MINOR).search(said.core)
