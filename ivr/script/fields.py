"""The names that a script may put in braces: what they hold, where they come from and who may hear them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kit.vocabulary import SlotName


class Privacy(StrEnum):
    """Who may hear a value: anybody, whoever is asked for by name, or the verified borrower only."""

    PUBLIC = "public"
    NAME = "name"
    PRIVATE = "private"


class Kind(StrEnum):
    """How a value is written and spoken."""

    TEXT = "text"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    DIGITS = "digits"
    COUNT = "count"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Field:
    """One name in braces; `label` is what people call it.

    `slot` is set when the value is learnt during the call (said from clip inventory).
    """

    name: str
    label: str
    kind: Kind
    privacy: Privacy
    slot: SlotName | None = None


FactValue = str | int | date | datetime
Facts = Mapping[str, FactValue]
"""What is known of a borrower and the loan before a call: money in fen (int), dates as date, digits as str."""

FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("lender", "机构全称", Kind.TEXT, Privacy.PUBLIC),
        Field("callback_number", "回拨号码", Kind.PHONE, Privacy.PUBLIC),
        Field("borrower_name", "姓名", Kind.TEXT, Privacy.NAME),
        Field("id_last4", "身份证后四位", Kind.DIGITS, Privacy.PRIVATE),
        Field("birth_md", "出生月日", Kind.DIGITS, Privacy.PRIVATE),
        Field("plate_tail", "车牌尾号", Kind.DIGITS, Privacy.PRIVATE),
        Field("loan_tail", "合同尾号", Kind.DIGITS, Privacy.PRIVATE),
        Field("amount_fen", "应还金额", Kind.MONEY, Privacy.PRIVATE),
        Field("due_on", "应还日期", Kind.DATE, Privacy.PRIVATE),
        Field("overdue_days", "逾期天数", Kind.COUNT, Privacy.PRIVATE),
        Field("vehicle", "车辆", Kind.TEXT, Privacy.PRIVATE),
        Field("pay_on", "承诺日期", Kind.DATE, Privacy.PRIVATE, SlotName.PAY_ON),
        Field("paid_on", "已还日期", Kind.DATE, Privacy.PRIVATE, SlotName.PAID_ON),
        Field("pay_amount", "承诺金额", Kind.MONEY, Privacy.PRIVATE, SlotName.AMOUNT_FEN),
        Field("callback_at", "回电时间", Kind.MOMENT, Privacy.NAME, SlotName.CALLBACK_AT),
    )
}
"""Every field there is. A script that names another is refused at load."""
