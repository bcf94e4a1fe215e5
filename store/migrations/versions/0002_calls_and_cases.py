"""Calls, turns, recordings, cases, promises and what restrains calling."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_calls_and_cases"
down_revision = "0001_people_and_campaigns"
branch_labels = None
depends_on = None

CODE = sa.String(length=64)
SHORT = sa.String(length=255)
WORD = sa.String(length=32)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _call()
    _turn()
    _turn_save()
    _recording_part()
    _case()
    _case_entry()
    _promise()
    _callback_request()
    _hold()
    _do_not_call()
    _number_lock()


def downgrade() -> None:
    raise NotImplementedError("记录不可删除：请恢复备份")


def _call() -> None:
    op.create_table(
        "call",
        sa.Column("id", CODE, nullable=False),
        sa.Column("attempt_id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("loan_id", CODE, nullable=True),
        sa.Column("script_id", CODE, nullable=False),
        sa.Column("script_digest", CODE, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=True),
        sa.Column("state", CODE, nullable=False),
        sa.Column("agents_tried", sa.Integer(), nullable=False),
        sa.Column("outcome", WORD, nullable=True),
        sa.Column("hang_up_reason", WORD, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_call_attempt_id")),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_call_borrower_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_call_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_call_attempt_id")),
    )
    op.create_index(op.f("ix_call_borrower_id"), "call", ["borrower_id"], unique=False)


def _turn() -> None:
    op.create_table(
        "turn",
        sa.Column("id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("speaker", CODE, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("step", CODE, nullable=False),
        sa.Column("started_s", sa.Double(), nullable=False),
        sa.Column("ended_s", sa.Double(), nullable=False),
        sa.Column("heard_whole", sa.Boolean(), nullable=False),
        sa.Column("keys", CODE, nullable=False),
        sa.Column("meaning", sa.JSON(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("engine", CODE, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_turn_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn")),
        sa.UniqueConstraint("call_id", "ordinal", name=op.f("uq_turn_call_id_ordinal")),
    )
    op.create_index(op.f("ix_turn_call_id"), "turn", ["call_id"], unique=False)


def _turn_save() -> None:
    op.create_table(
        "turn_save",
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("digest", CODE, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_turn_save_call_id")),
        sa.PrimaryKeyConstraint("call_id", "digest", name=op.f("pk_turn_save")),
    )


def _recording_part() -> None:
    op.create_table(
        "recording_part",
        sa.Column("id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("sha256", CODE, nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_recording_part_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_part")),
        sa.UniqueConstraint("call_id", "part_no", name=op.f("uq_recording_part_call_id_part_no")),
    )
    op.create_index(op.f("ix_recording_part_call_id"), "recording_part", ["call_id"], unique=False)


def _case() -> None:
    op.create_table(
        "case",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("risk", CODE, nullable=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("owner", CODE, nullable=True),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("what_to_do", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_case_borrower_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_case_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
    )
    op.create_index(op.f("ix_case_borrower_id"), "case", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_case_call_id"), "case", ["call_id"], unique=False)
    op.create_index(op.f("ix_case_severity"), "case", ["severity"], unique=False)
    op.create_index(op.f("ix_case_state"), "case", ["state"], unique=False)


def _case_entry() -> None:
    op.create_table(
        "case_entry",
        sa.Column("id", CODE, nullable=False),
        sa.Column("case_id", CODE, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", CODE, nullable=False),
        sa.Column("action", CODE, nullable=False),
        sa.Column("from_state", CODE, nullable=True),
        sa.Column("to_state", CODE, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_entry_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entry")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_case_entry_case_id_ordinal")),
    )


def _promise() -> None:
    op.create_table(
        "promise",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("loan_id", CODE, nullable=True),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("due_fen", sa.BigInteger(), nullable=True),
        sa.Column("bound", CODE, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("superseded_by", CODE, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_promise_borrower_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_promise_call_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_promise_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index(op.f("ix_promise_borrower_id"), "promise", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_promise_call_id"), "promise", ["call_id"], unique=False)


def _callback_request() -> None:
    op.create_table(
        "callback_request",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("wanted_at", INSTANT, nullable=True),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_callback_request_borrower_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_callback_request_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_request")),
    )
    op.create_index(op.f("ix_callback_request_borrower_id"), "callback_request", ["borrower_id"], unique=False)


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("rule", CODE, nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.Column("is_permanent", sa.Boolean(), nullable=False),
        sa.Column("lift_by", CODE, nullable=False),
        sa.Column("case_id", CODE, nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by", CODE, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_hold_borrower_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_hold_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_borrower_id"), "hold", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_hold_case_id"), "hold", ["case_id"], unique=False)
    op.create_index("ix_hold_open", "hold", ["borrower_id", "lifted_at"], unique=False)


def _do_not_call() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by", CODE, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_do_not_call_borrower_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_do_not_call_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_call")),
    )
    op.create_index(op.f("ix_do_not_call_borrower_id"), "do_not_call", ["borrower_id"], unique=False)


def _number_lock() -> None:
    op.create_table(
        "number_lock",
        sa.Column("id", CODE, nullable=False),
        sa.Column("number_digest", CODE, nullable=False),
        sa.Column("reason", SHORT, nullable=False),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("reverified_at", INSTANT, nullable=True),
        sa.Column("reverified_by", CODE, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_number_lock_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_lock")),
    )
    op.create_index(op.f("ix_number_lock_number_digest"), "number_lock", ["number_digest"], unique=False)
