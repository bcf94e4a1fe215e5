"""Reads a list of borrowers: good rows and rejects, each reject with its line and reason. Touches no database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from kit.money import BadAmount, fen_from_yuan
from kit.phone import BadPhone, parse

HEADINGS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "姓名", "客户姓名", "借款人", "借款人姓名"}),
    "phone": frozenset({"phone", "手机", "手机号", "手机号码", "电话", "联系电话"}),
    "id_last4": frozenset({"id_last4", "身份证后四位", "证件后四位", "身份证号后四位"}),
    "loan_no": frozenset({"loan_no", "合同号", "合同编号", "贷款合同号", "贷款编号"}),
    "amount_yuan": frozenset({"amount_yuan", "金额", "应还金额", "应还金额（元）", "应还金额(元)", "欠款金额"}),
    "due_on": frozenset({"due_on", "到期日", "应还日", "应还日期", "还款日", "还款日期"}),
    "overdue_days": frozenset({"overdue_days", "逾期天数"}),
}
"""Column -> the headings that name it."""

OPTIONAL = frozenset({"overdue_days"})
VERIFYING = frozenset({"id_last4"})
"""Columns that may stay empty when the script does not verify by them."""
BROKEN_LINE = "不是有效的 CSV：引号不成对，或单元格里有换行"
MAX_BYTES = 64 * 1024 * 1024
MAX_AMOUNT_FEN = 100_000_000_00
T = TypeVar("T")
_NAME = re.compile(r"^[㐀-鿿·]{2,20}$")
_LAST4 = re.compile(r"^\d{3}[\dXx]$")
_DATE = re.compile(r"^(\d{4})\D?(\d{1,2})\D?(\d{1,2})日?$")


class BadRoster(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One borrower and one loan. `phone` E.164, `amount_fen` fen, `line` the line in the file (heading = 1)."""

    line: int
    name: str
    phone: str
    id_last4: str
    loan_no: str
    amount_fen: int
    due_on: date
    overdue_days: int


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken. The reason never repeats a personal value."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file held."""

    rows: tuple[Row, ...]
    rejects: tuple[Reject, ...]


def read_roster(data: bytes, region: str = "CN", *, needs: frozenset[str] = VERIFYING) -> Roster:
    """Rows and rejects of a CSV file in UTF-8 or GB 18030. Raises BadRoster when the file or its heading is unusable.

    `needs`: those of VERIFYING that every row must hold.
    """
    lines = io.StringIO(_decode(data), newline=None)
    heading = _cells(next(lines, ""))
    if heading is None:
        raise BadRoster(f"第 1 行：表头{BROKEN_LINE}")
    columns = _columns(heading, OPTIONAL | (VERIFYING - needs))
    rows, rejects = _rows(lines, columns, _Rules(region, needs, len(heading)))
    return Roster(tuple(rows), tuple(rejects))


def _cells(line: str) -> list[str] | None:
    """The cells of one line; None when its quotes do not close. A borrower is one line: no quote swallows the next ones."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise BadRoster(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请拆分后再导入")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadRoster("文件不是 UTF-8 或 GB18030 文本；如果是 Excel 文件，请另存为 CSV")


@dataclass(frozen=True, slots=True)
class _Rules:
    """How rows are read: telephone numbers of this region; columns that must not be empty."""

    region: str
    needs: frozenset[str]
    width: int
    """Cells of the heading."""


def _columns(heading: list[str], optional: frozenset[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, title in enumerate(heading):
        for column, names in HEADINGS.items():
            if title.strip().lower() in names:
                if column in found:
                    raise BadRoster(f"第 1 行：列“{title.strip()}”与另一列重复")
                found[column] = index
    missing = [column for column in HEADINGS if column not in found and column not in optional]
    if missing:
        wanted = "、".join(f"{column}（{min(HEADINGS[column] - {column})}）" for column in missing)
        raise BadRoster(f"第 1 行：缺少列 {wanted}")
    return found


def _rows(lines: Iterator[str], columns: Mapping[str, int], rules: _Rules) -> tuple[list[Row], list[Reject]]:
    rows: list[Row] = []
    rejects: list[Reject] = []
    loans: dict[str, int] = {}
    for line, text in enumerate(lines, start=2):
        cells = _cells(text)
        if cells is not None and not any(cell.strip() for cell in cells):
            continue
        row, reason = _read(line, cells, columns, rules)
        if row is None:
            rejects.append(Reject(line, reason))
        elif row.loan_no in loans:
            rejects.append(Reject(line, f"合同号与第 {loans[row.loan_no]} 行重复"))
        else:
            loans[row.loan_no] = line
            rows.append(row)
    return rows, rejects


def _read(line: int, cells: list[str] | None, columns: Mapping[str, int], rules: _Rules) -> tuple[Row | None, str]:
    """The row, or why there is none. Surplus cells mean that some value was cut at an unquoted comma."""
    if cells is None:
        return None, BROKEN_LINE
    if any(cell.strip() for cell in cells[rules.width :]):
        return None, f"有 {len(cells)} 格，表头只有 {rules.width} 格：含逗号的内容（如 1,234.56）要加引号，或去掉逗号"
    values = {column: cells[index].strip() if index < len(cells) else "" for column, index in columns.items()}
    return _row(line, values, rules)


def _row(line: int, values: Mapping[str, str], rules: _Rules) -> tuple[Row | None, str]:
    faults: list[str] = []

    def take(column: str, reader: Callable[[str], T], default: T) -> T:
        try:
            return reader(values.get(column, ""))
        except ValueError as error:
            faults.append(str(error))
            return default

    row = Row(
        line=line,
        name=take("name", _name, ""),
        phone=take("phone", lambda text: _phone(text, rules.region), ""),
        id_last4=take("id_last4", lambda text: _last4(text, is_needed="id_last4" in rules.needs), ""),
        loan_no=take("loan_no", _loan_no, ""),
        amount_fen=take("amount_yuan", _amount, 0),
        due_on=take("due_on", _date, date.min),
        overdue_days=take("overdue_days", _days, 0),
    )
    return (None, "；".join(faults)) if faults else (row, "")


def _name(text: str) -> str:
    if not _NAME.match(text):
        raise ValueError("姓名应为 2 至 20 个汉字")
    return text


def _phone(text: str, region: str) -> str:
    try:
        return parse(text, region)
    except BadPhone as error:
        raise ValueError(f"电话：{error}") from None


def _last4(text: str, *, is_needed: bool) -> str:
    if not text and is_needed:
        raise ValueError("缺身份证后四位：话术要用它核实本人")
    if not text:
        return ""
    if not _LAST4.match(text):
        raise ValueError("身份证后四位应为 4 位数字（末位可为 X）")
    return text.upper()


def _loan_no(text: str) -> str:
    if not text or len(text) > 64:
        raise ValueError("合同号不能为空，且不超过 64 个字符")
    return text


def _amount(text: str) -> int:
    try:
        fen = fen_from_yuan(text)
    except BadAmount:
        raise ValueError("金额应为以元为单位的数字（可有千分位逗号），最多两位小数") from None
    if not 0 < fen <= MAX_AMOUNT_FEN:
        raise ValueError("金额应大于 0 且不超过一亿元")
    return fen


def _date(text: str) -> date:
    match = _DATE.match(text)
    if not match:
        raise ValueError("日期应形如 2026-11-28")
    try:
        found = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError("日期不存在") from None
    if not 2000 <= found.year <= 2100:
        raise ValueError("日期的年份超出范围")
    return found


def _days(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or int(text) > 36500:
        raise ValueError("逾期天数应为不小于 0 的整数")
    return int(text)
