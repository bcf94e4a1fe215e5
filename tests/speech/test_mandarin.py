"""Readings and number forms: what is sent to the engine equals a table that people can read and correct."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_tone3

from kit.phone import invented_mainland
from speech.engines import kokoro
from speech.engines.pyttsx3 import pinyin
from speech.mandarin import lexicon, numbers
from speech.mandarin.phonemes import TONES, BadSyllable, phonemes, split, syllable_phonemes
from speech.mandarin.readings import readings, words
from speech.mandarin.writing import spoken

TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "readings.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]

_DIGITS = dict(zip("0123456789", ["ling2", "yao1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"], strict=True))


def _said(text: str) -> str:
    return " ".join(word.text if word.is_mark else "-".join(word.syllables) for word in words(text))


@pytest.mark.parametrize(("text", "said", "sent"), TABLE, ids=[row[0] for row in TABLE])
def test_each_row_of_the_table(text: str, said: str, sent: str) -> None:
    assert _said(text) == said
    assert phonemes(words(text)) == sent
    assert pinyin(text) == said.replace("-", " ")
    assert spoken(spoken(text)) == spoken(text)


@pytest.mark.parametrize("seed", range(0, 9_999_999, 1_111_111))
@pytest.mark.parametrize("before", ["", "电话是", "请回电"])
def test_a_mobile_number_is_read_digit_by_digit_and_its_one_as_yao(before: str, seed: int) -> None:
    number = invented_mainland(seed).removeprefix("+86")
    digits = list(readings(before + number))[-11:]
    assert digits == [_DIGITS[digit] for digit in number]


def test_the_table_is_large_and_has_no_doubles() -> None:
    assert len(TABLE) >= 300
    assert len({row[0] for row in TABLE}) == len(TABLE)
    assert sum("还" in row[0] for row in TABLE) >= 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("尾号6382，应还￥1,234.50", "尾号六三八二，应还一千二百三十四元五角"),
        ("请在2026-11-28 18:00前还款", "请在二零二六年十一月二十八日十八点前还款"),
        ("5-8%", "百分之五到百分之八"),
        ("利率由5%降到4.5%", "利率由百分之五降到百分之四点五"),
        ("您的京A·88888已过户", "您的京A八八八八八已过户"),
        ("共36期，已还12期，还剩24期", "共三十六期，已还十二期，还剩二十四期"),
        ("２０２６年１月", "二零二六年一月"),
        ("满2年送2次保养", "满两年送两次保养"),
        ("二月2日的2点到2点半", "二月二日的两点到两点半"),
        ("请拨打110", "请拨打幺幺零"),
        ("请交110元", "请交一百一十元"),
        ("没有数字", "没有数字"),
        ("", ""),
    ],
)
def test_written_forms(text: str, said: str) -> None:
    assert spoken(text) == said


@given(st.text(alphabet="还款一不年月日元号第尾0123456789.,:%-￥/ ，。ABC京", max_size=30))
def test_no_digit_is_ever_left_and_nothing_breaks(text: str) -> None:
    said = spoken(text)
    assert not set(said) & set(string.digits)
    for syllable in readings(text):
        assert syllable_phonemes(syllable)
    assert kokoro.tokens(words(text)) or not words(text)


@given(st.integers(0, 999_999_999))
def test_integers_are_read_back(number: int) -> None:
    assert _value(numbers.integer(number)) == number
    assert spoken(f"{number}元") == numbers.money(number * 100)
    assert spoken(f"{number:,}个") == numbers.integer(number, is_counting=True) + "个"


def _value(said: str) -> int:
    """An independent reading of Chinese numerals, for the test."""
    total = group = digit = 0
    for char in said.replace("两", "二"):
        if char in numbers.DIGITS:
            digit = numbers.DIGITS.index(char)
        elif char in "十百千":
            group += (digit or (char == "十")) * 10 ** ("十百千".index(char) + 1)
            digit = 0
        else:
            total += (group + digit) * (10_000 if char == "万" else 10**8)
            group = digit = 0
    return total + group + digit


@pytest.mark.parametrize("number", [-1, 10**16])
def test_numbers_outside_are_refused(number: int) -> None:
    with pytest.raises(ValueError):
        numbers.integer(number)


def test_negative_money_is_said_so() -> None:
    assert numbers.money(-12_345) == "负一百二十三元四角五分"


def test_every_syllable_of_mandarin_has_phonemes_in_the_vocabulary() -> None:
    known = kokoro.vocabulary()
    sounds = {
        to_tone3(one, neutral_tone_with_five=True, v_to_u=False) for row in PINYIN_DICT.values() for one in row.split(",")
    }
    sounds -= {"wòng", "wong4"}  # a ghost of one rare character
    assert len(sounds) > 1500
    for sound in sounds:
        assert set(syllable_phonemes(sound.replace("ü", "v"))) <= set(known), sound


def test_different_syllables_sound_different() -> None:
    bodies = ("zhi", "chi", "shi", "zi", "ci", "si", "ji", "qi", "xi", "ju", "zhu", "lv", "lu", "yan", "yang", "xian", "xuan")
    sounds = {syllable_phonemes(body + tone) for body in bodies for tone in TONES}
    assert len(sounds) == len(bodies) * len(TONES)


@pytest.mark.parametrize("syllable", ["", "ma", "ma6", "3", "abc1", "xx1", "Ma1"])
def test_what_is_no_syllable_is_refused(syllable: str) -> None:
    with pytest.raises(BadSyllable):
        split(syllable)


def test_the_lexicon_is_well_formed() -> None:
    for text, syllables in lexicon.WORDS.items():
        assert len(text) == len(syllables), text
        for syllable in syllables:
            assert syllable_phonemes(syllable)
    for text, said in (lexicon.SURNAMES | lexicon.SINGLE).items():
        assert len(said.split()) == len(text)
    for said in lexicon.LETTERS.values():
        assert all(map(syllable_phonemes, said.split()))
    entries = [entry.split()[0] for entry in lexicon._WORDS.replace("\n", ";").strip(";").split(";")]
    assert len(entries) == len(set(entries)) == len(lexicon.WORDS)


@pytest.mark.parametrize("title", ["先生", "女士", "小姐"])
@pytest.mark.parametrize(("surname", "reading"), sorted(lexicon.SURNAMES.items()))
def test_surnames_before_a_title(surname: str, reading: str, title: str) -> None:
    size = len(surname)
    assert readings(f"{surname}{title}您好")[:size] == tuple(reading.split())
    assert readings(f"请问是{surname}小明{title}吗")[3 : 3 + size] == tuple(reading.split())


@pytest.mark.parametrize("text", ["单位", "了解", "查询", "任务", "曾经", "解释先生的问题", "请找单位经理"])
def test_surnames_elsewhere_are_ordinary_characters(text: str) -> None:
    assert not {"shan4", "xie4", "zha1", "ren2", "zeng1"} & set(readings(text))


def test_marks_are_heard_once_and_never_first() -> None:
    assert _said("，，您好！！？再见……") == "nin2-hao3 ? zai4-jian4 …"
    assert _said("（您好）“再见”") == "nin2-hao3 zai4-jian4"
    assert words("。，！") == ()
