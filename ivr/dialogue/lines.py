"""Lines of a script as pieces of speech: one clip each, shared between calls where nothing personal is in them.

A clause without names in braces is static; one that names somebody is a personal piece; dates, amounts and digits stand
alone between static text and are said from an inventory of clips. Knows no call and no audio.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ivr.dialogue.effects import Piece
from ivr.dialogue.errors import DialogueMisuse
from ivr.meaning import Slot
from ivr.script.fields import FIELDS, Facts, FactValue, Field, Kind
from ivr.script.model import Line, Script
from kit.clock import SHANGHAI
from kit.money import yuan_text
from kit.vocabulary import SlotName

LONG_CLAUSE = 18
"""Characters from which a sentence is cut at its commas too: shorter clips sound chopped."""
SHORT_PART = 6
"""A part between commas shorter than this stays with its neighbour."""

INVENTORY = frozenset({Kind.MONEY, Kind.DATE, Kind.DIGITS, Kind.MOMENT})
"""Kinds of values for which the inventory of clips has every piece (speech.mandarin.pieces)."""

_MARKS = "，。？！；：、”’」》）"
_CLAUSE_ENDS = tuple(_MARKS)
_SENTENCE = re.compile(r"[^。？！；]*[。？！；]+[”’」》）]*|[^。？！；]+$")
_BRACES = re.compile(r"\{(\w+)\}")

Slots = Mapping[SlotName, Slot]


def clauses(text: str) -> tuple[str, ...]:
    """A template cut at 。？！； and, where a sentence is long, at ， as well. Joined they are the text again."""
    return tuple(part for sentence in _SENTENCE.findall(text) for part in _cut(sentence))


def pieces_of_line(line: Line, facts: Facts, slots: Slots) -> tuple[Piece, ...]:
    """The line with its braces filled. Raises DialogueMisuse when a name has no value."""
    return tuple(piece for clause in clauses(line.text) for piece in _fill(clause, facts, slots))


def static_pieces(script: Script) -> frozenset[str]:
    """Every text that is the same for all borrowers: rendered once per script and voice."""
    return frozenset(text for clause in _all_clauses(script) for text in _texts_before_call(clause, None))


def personal_pieces(script: Script, facts: Facts) -> frozenset[str]:
    """Every text made of this borrower's facts: rendered before this borrower is dialled.

    Raises DialogueMisuse when the script needs a fact that is missing: such a borrower must not be dialled.
    """
    every = (text for clause in _all_clauses(script) for text in _texts_before_call(clause, facts))
    return frozenset(every) - static_pieces(script)


def missing_facts(script: Script, facts: Facts) -> frozenset[str]:
    """Names that the script says and the facts lack; empty when the borrower can be called."""
    named = {name for clause in _all_clauses(script) for name in _BRACES.findall(clause)}
    return frozenset(name for name in named if FIELDS[name].slot is None and name not in facts)


def written(kind: Kind, value: FactValue) -> str:
    """A value as a person would write it in Chinese: 3200元, 11月5日, 11月5日15:30, 1234."""
    if kind is Kind.MONEY and isinstance(value, int):
        return yuan_text(value)
    if isinstance(value, datetime):
        local = value.astimezone(SHANGHAI)
        return f"{local.month}月{local.day}日{local:%H:%M}"
    if isinstance(value, date):
        return f"{value.month}月{value.day}日"
    return str(value)


def _cut(sentence: str) -> Iterator[str]:
    if len(_BRACES.sub("某某某", sentence)) <= LONG_CLAUSE:
        yield sentence
        return
    held = ""
    parts = re.findall(r"[^，]*，|[^，]+$", sentence)
    for part in parts[:-1]:
        held += part
        if len(held) >= SHORT_PART:
            yield held
            held = ""
    if held or len(parts[-1]) >= 1:
        yield held + parts[-1]


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of a clause that is one clip: words with names in them, or a value and the marks that follow it."""

    words: tuple[str | Field, ...]
    value: Field | None = None
    marks: str = ""


def _runs(clause: str) -> list[_Run]:
    """The clause as clips. Marks behind a value belong to it: a clip of marks alone could not be spoken."""
    runs: list[_Run] = []
    words: list[str | Field] = []
    for part, field in _parts(clause):
        if field is not None and _is_from_inventory(field):
            runs += [_Run(tuple(words))] if words else []
            runs.append(_Run((), field))
            words = []
            continue
        if field is None and not words and runs:
            rest = part.lstrip(_MARKS)
            runs[-1] = replace(runs[-1], marks=part[: len(part) - len(rest)])
            part = rest
        words += [field] if field is not None else [part] if part else []
    return runs + ([_Run(tuple(words))] if words else [])


def _fill(clause: str, facts: Facts, slots: Slots) -> Iterator[Piece]:
    for run in _runs(clause):
        if run.value is None:
            yield Piece(_text(run, facts))
        else:
            piece = _learnt(run.value, slots) if run.value.slot else _known(run.value, facts)
            yield replace(piece, text=piece.text + run.marks)


def _text(run: _Run, facts: Facts) -> str:
    return "".join(word if isinstance(word, str) else _fact(word, facts) for word in run.words)


def _parts(clause: str) -> Iterator[tuple[str, Field | None]]:
    """Alternating plain text and fields; a brace that is no field is refused at load."""
    for index, part in enumerate(_BRACES.split(clause)):
        if index % 2:
            yield part, FIELDS[part]
        elif part:
            yield part, None


def _is_from_inventory(field: Field) -> bool:
    """Whether the value is said from clips that are the same for everybody, so that only names are rendered per person."""
    return field.slot is not None or field.kind in INVENTORY


def _known(field: Field, facts: Facts) -> Piece:
    return Piece(_fact(field, facts), field.kind, facts[field.name])


def _fact(field: Field, facts: Facts) -> str:
    if field.name not in facts:
        raise DialogueMisuse(f"the script says {{{field.name}}}, which is not among the facts")
    return written(field.kind, facts[field.name])


def _learnt(field: Field, slots: Slots) -> Piece:
    slot = slots.get(field.slot) if field.slot else None
    if slot is None or slot.value is None:
        raise DialogueMisuse(f"the script says {{{field.name}}} before it was heard")
    return Piece(written(field.kind, slot.value), field.kind, slot.value)


def _texts_before_call(clause: str, facts: Facts | None) -> Iterator[str]:
    """The texts of a clause that can be rendered before the call; without facts only those that need none."""
    for run in _runs(clause):
        if run.value is None and (facts is not None or all(isinstance(word, str) for word in run.words)):
            yield _text(run, facts or {})


def _all_clauses(script: Script) -> Iterator[str]:
    for line in _all_lines(script):
        yield from clauses(line.text)


def _all_lines(script: Script) -> Iterator[Line]:
    yield from script.resume
    for step in script.steps.values():
        yield from step.say
        for again in step.reword:
            yield from again


def grouped(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
    """The pieces clause by clause: a value stands with the words around it."""
    held: list[Piece] = []
    for piece in pieces:
        held.append(piece)
        if piece.text.endswith(_CLAUSE_ENDS):
            yield tuple(held)
            held = []
    if held:
        yield tuple(held)


def text_of(pieces: Sequence[Piece]) -> str:
    """Pieces as one text."""
    return "".join(piece.text for piece in pieces)
