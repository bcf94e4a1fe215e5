"""Lines as pieces: what is shared, what is personal, what is said from the inventory."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.dialogue.effects import Piece
from ivr.dialogue.errors import DialogueMisuse
from ivr.dialogue.lines import clauses, missing_facts, personal_pieces, pieces_of_line, static_pieces, text_of
from ivr.meaning import Slot
from ivr.script.fields import Kind
from kit.vocabulary import SlotName
from tests.ivr.dialogue.small import FACTS, line, small_script

PAY_ON = {SlotName.PAY_ON: Slot(SlotName.PAY_ON, date(2026, 11, 27), "周五")}


def test_sentences_are_cut_at_their_ends() -> None:
    assert clauses("您好。请问您是{borrower_name}吗？") == ("您好。", "请问您是{borrower_name}吗？")


def test_long_sentences_are_cut_at_commas_but_not_into_crumbs() -> None:
    assert clauses("您好，这里是安行汽车金融，我是人工智能语音助手，本次通话会录音。") == (
        "您好，这里是安行汽车金融，",
        "我是人工智能语音助手，",
        "本次通话会录音。",
    )


@given(st.text(alphabet="您好的，。？！；”{lender}{pay_on}一二三", max_size=60))
def test_clauses_joined_are_the_text(text: str) -> None:
    assert "".join(clauses(text)) == text


def test_values_stand_alone_whether_known_before_or_learnt() -> None:
    pieces = pieces_of_line(line("您应还{amount_fen}。您会在{pay_on}还款，对吗？"), FACTS, PAY_ON)
    assert pieces == (
        Piece("您应还"),
        Piece("3200元。", Kind.MONEY, 320000),
        Piece("您会在"),
        Piece("11月27日", Kind.DATE, date(2026, 11, 27)),
        Piece("还款，对吗？"),
    )
    assert text_of(pieces) == "您应还3200元。您会在11月27日还款，对吗？"


def test_a_value_that_was_not_heard_cannot_be_said() -> None:
    with pytest.raises(DialogueMisuse):
        pieces_of_line(line("您会在{pay_on}还款。"), FACTS, {})


def test_static_pieces_hold_nothing_personal() -> None:
    static = static_pieces(small_script())
    assert "正在为您转接人工。" in static
    assert "好的，您会在" in static
    assert not any("王小明" in text or "{" in text for text in static)
    personal = personal_pieces(small_script(), FACTS)
    assert "请问您是王小明吗？" in personal
    assert not any("3200" in text for text in personal | static)
    assert not personal & static


def test_every_text_of_a_line_is_among_the_rendered() -> None:
    script = small_script()
    ready = static_pieces(script) | personal_pieces(script, FACTS)
    for step in script.steps.values():
        for one in (*step.say, *(one for again in step.reword for one in again)):
            for piece in pieces_of_line(one, FACTS, PAY_ON):
                assert piece.value is not None or piece.text in ready


def test_missing_facts_are_named() -> None:
    assert missing_facts(small_script(), {}) == {"lender", "borrower_name", "amount_fen", "due_on"}


def test_no_clip_is_made_of_marks_alone() -> None:
    pieces = pieces_of_line(line("应还{amount_fen}，{due_on}之前还{amount_fen}。"), FACTS, {})
    assert [piece.text for piece in pieces] == ["应还", "3200元，", "11月20日", "之前还", "3200元。"]
