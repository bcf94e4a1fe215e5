"""Lists of borrowers: good rows are kept, bad rows are named one by one, nothing personal is repeated."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.roster import BadRoster, read_roster
from kit.phone import invented_mainland

HEAD = "name,phone,id_last4,loan_no,amount_yuan,due_on,overdue_days\n"


def line(number: int, **changes: str) -> str:
    cells = {
        "name": "王小明",
        "phone": invented_mainland(number).removeprefix("+86"),
        "id_last4": "638X",
        "loan_no": f"L{number}",
        "amount_yuan": "3200.50",
        "due_on": "2026-11-28",
        "overdue_days": "0",
    }
    return ",".join((cells | changes).values()) + "\n"


def test_a_good_row_is_read() -> None:
    roster = read_roster((HEAD + line(1)).encode())
    assert roster.rejects == ()
    (row,) = roster.rows
    assert row.phone == invented_mainland(1)
    assert (row.amount_fen, row.due_on, row.overdue_days, row.line) == (320050, date(2026, 11, 28), 0, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headings_in_three_encodings(encoding: str) -> None:
    text = "逾期天数,姓名,手机号,身份证后四位,合同编号,应还金额(元),应还日期\n" + ",".join(
        ("7", "李红", invented_mainland(2), "1234", "A-2", '"3,200"', "2026年11月8日")
    )
    (row,) = read_roster(text.encode(encoding)).rows
    assert (row.name, row.amount_fen, row.overdue_days, row.due_on) == ("李红", 320000, 7, date(2026, 11, 8))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"phone": "12345"}, "电话："),
        ({"phone": ""}, "电话："),
        ({"amount_yuan": "三千"}, "金额应为"),
        ({"amount_yuan": "-5"}, "金额应为"),
        ({"amount_yuan": "0"}, "金额应大于 0"),
        ({"amount_yuan": "1.005"}, "金额应为"),
        ({"amount_yuan": "NaN"}, "金额应为"),
        ({"amount_yuan": "1e5"}, "金额应为"),
        ({"amount_yuan": "1_000"}, "金额应为"),
        ({"amount_yuan": "３２００"}, "金额应为"),
        ({"amount_yuan": '"12,34"'}, "金额应为"),
        ({"amount_yuan": '"1,234,5.6"'}, "金额应为"),
        ({"amount_yuan": "1,234.56"}, "要加引号"),
        ({"due_on": "2026-02-30"}, "日期不存在"),
        ({"due_on": "soon"}, "日期应形如"),
        ({"due_on": "1926-01-01"}, "年份"),
        ({"name": "x"}, "姓名应为"),
        ({"id_last4": "12"}, "身份证后四位"),
        ({"overdue_days": "-1"}, "逾期天数"),
        ({"overdue_days": "²"}, "逾期天数"),
        ({"loan_no": ""}, "合同号"),
    ],
)
def test_a_bad_row_is_rejected_and_the_good_ones_are_kept(change: dict[str, str], reason: str) -> None:
    roster = read_roster((HEAD + line(1) + line(2, **change) + line(3)).encode())
    assert [row.loan_no for row in roster.rows] == ["L1", "L3"]
    (reject,) = roster.rejects
    assert reject.line == 3
    assert reason in reject.reason
    assert "王小明" not in reject.reason


@pytest.mark.parametrize(("typed", "fen"), [("1,234.56", 123456), ("￥1,234,567元", 123456700), ("1，000", 100000), ("5", 500)])
def test_an_amount_is_what_was_typed(typed: str, fen: int) -> None:
    (row,) = read_roster((HEAD + line(1, amount_yuan=f'"{typed}"')).encode()).rows
    assert row.amount_fen == fen


def test_an_amount_in_the_last_column_is_never_cut_at_its_comma() -> None:
    head = "name,phone,id_last4,loan_no,due_on,amount_yuan\n"
    start = f"王小明,{invented_mainland(1)},1234"
    roster = read_roster(f"{head}{start},L1,2026-11-28,1,234.56\n{start},L2,2026-11-28,7,,\n".encode())
    (reject,) = roster.rejects
    assert reject.line == 2
    assert "7 格，表头只有 6 格" in reject.reason
    assert [(row.loan_no, row.amount_fen) for row in roster.rows] == [("L2", 700)]


def test_a_broken_quote_costs_its_own_line_only() -> None:
    for broken in ('"王小明', '王"小"明', '"王"小明'):
        text = HEAD + line(1) + line(2, name=broken) + line(3, amount_yuan='"3,200"') + line(4)
        roster = read_roster(text.encode())
        assert [row.loan_no for row in roster.rows] == ["L1", "L3", "L4"]
        (reject,) = roster.rejects
        assert reject.line == 3
    assert "引号不成对" in read_roster((HEAD + line(1) + '"unclosed').encode()).rejects[0].reason


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_may_end_as_any_system_ends_them(end: str) -> None:
    roster = read_roster((HEAD + line(1) + line(2)).replace("\n", end).encode())
    assert [(row.loan_no, row.line) for row in roster.rows] == [("L1", 2), ("L2", 3)]


def test_all_faults_of_a_row_are_named_at_once() -> None:
    (reject,) = read_roster((HEAD + line(1, phone="1", amount_yuan="x", due_on="y")).encode()).rejects
    assert reject.reason.count("；") == 2


def test_a_loan_listed_twice_is_taken_once() -> None:
    roster = read_roster((HEAD + line(1) + line(2, loan_no="L1")).encode())
    assert len(roster.rows) == 1
    assert roster.rejects[0].reason == "合同号与第 2 行重复"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "缺少列"),
        (b"\xff\xfe\x00\x01", "不是 UTF-8"),
        ("name,phone\n王,1".encode(), "缺少列"),
        (b"name,name,phone", "重复"),
        (b'"name,phone', "CSV"),
    ],
)
def test_an_unusable_file_is_refused_whole(data: bytes, reason: str) -> None:
    with pytest.raises(BadRoster, match=reason):
        read_roster(data)


@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: (HEAD + text).encode("utf-8", "replace")))
def test_any_bytes_give_rows_rejects_or_a_clear_refusal(data: bytes) -> None:
    try:
        roster = read_roster(data)
    except BadRoster:
        return
    assert all(reject.reason for reject in roster.rejects)


def test_an_empty_last4_is_refused_only_where_it_is_needed() -> None:
    data = (HEAD + line(1, id_last4="")).encode()
    (reject,) = read_roster(data).rejects
    assert reject.reason == "缺身份证后四位：话术要用它核实本人"
    roster = read_roster(data, needs=frozenset())
    assert roster.rejects == ()
    assert roster.rows[0].id_last4 == ""


def test_a_column_that_nobody_needs_may_be_absent() -> None:
    data = (HEAD + line(1)).replace("id_last4,", "").replace("638X,", "").encode()
    assert read_roster(data, needs=frozenset()).rows[0].loan_no == "L1"
    with pytest.raises(BadRoster, match="id_last4"):
        read_roster(data)
