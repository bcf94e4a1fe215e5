"""Borrowers, loans, campaigns, targets and attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_people_and_campaigns"
down_revision = None
branch_labels = None
depends_on = None

CODE = sa.String(length=64)
SHORT = sa.String(length=255)
WORD = sa.String(length=32)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _borrower()
    _loan()
    _note()
    _preference()
    _campaign()
    _target()
    _reject()
    _attempt()
    _callback_seen()


def downgrade() -> None:
    raise NotImplementedError("记录不可删除：请恢复备份")


def _borrower() -> None:
    op.create_table(
        "borrower",
        sa.Column("id", CODE, nullable=False),
        sa.Column("external_ref", CODE, nullable=True),
        sa.Column("name", SHORT, nullable=False),
        sa.Column("phone_e164", CODE, nullable=False),
        sa.Column("number_digest", CODE, nullable=False),
        sa.Column("id_last4", CODE, nullable=False),
        sa.Column("birth_md", CODE, nullable=False),
        sa.Column("pay_day", sa.Integer(), nullable=True),
        sa.Column("prefers_hours", SHORT, nullable=True),
        sa.Column("prefers_channel", CODE, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_borrower")),
        sa.UniqueConstraint("phone_e164", "name", "id_last4", name=op.f("uq_borrower_phone_e164_name_id_last4")),
    )


def _loan() -> None:
    op.create_table(
        "loan",
        sa.Column("id", CODE, nullable=False),
        sa.Column("loan_no", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("amount_due_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("overdue_days", sa.Integer(), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("vehicle", SHORT, nullable=True),
        sa.Column("plate_tail", CODE, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_loan_borrower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
        sa.UniqueConstraint("loan_no", name=op.f("uq_loan_loan_no")),
    )
    op.create_index(op.f("ix_loan_borrower_id"), "loan", ["borrower_id"], unique=False)


def _note() -> None:
    op.create_table(
        "note",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("topic", CODE, nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_note_borrower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_borrower_id"), "note", ["borrower_id"], unique=False)


def _preference() -> None:
    op.create_table(
        "preference",
        sa.Column("id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("call_id", CODE, nullable=True),
        sa.Column("hours", SHORT, nullable=True),
        sa.Column("channel", CODE, nullable=True),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_preference_borrower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preference")),
    )
    op.create_index(op.f("ix_preference_borrower_id"), "preference", ["borrower_id"], unique=False)


def _campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", CODE, nullable=False),
        sa.Column("name", SHORT, nullable=False),
        sa.Column("script_id", CODE, nullable=False),
        sa.Column("script_digest", CODE, nullable=True),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )


def _target() -> None:
    op.create_table(
        "target",
        sa.Column("id", CODE, nullable=False),
        sa.Column("campaign_id", CODE, nullable=False),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("loan_id", CODE, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("lease_owner", CODE, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("prepared_at", INSTANT, nullable=True),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_outcome", WORD, nullable=True),
        sa.Column("blocked_rule", CODE, nullable=True),
        sa.Column("blocked_reason", SHORT, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_target_borrower_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_target_campaign_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_target_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint("campaign_id", "borrower_id", "loan_id", name=op.f("uq_target_campaign_id_borrower_id_loan_id")),
    )
    op.create_index(op.f("ix_target_borrower_id"), "target", ["borrower_id"], unique=False)
    op.create_index("ix_target_due", "target", ["campaign_id", "state", "next_try_at"], unique=False)


def _reject() -> None:
    op.create_table(
        "reject",
        sa.Column("id", CODE, nullable=False),
        sa.Column("campaign_id", CODE, nullable=False),
        sa.Column("source", SHORT, nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("field", CODE, nullable=False),
        sa.Column("reason", SHORT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_reject_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reject")),
    )
    op.create_index(op.f("ix_reject_campaign_id"), "reject", ["campaign_id"], unique=False)


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", CODE, nullable=False),
        sa.Column("target_id", CODE, nullable=True),
        sa.Column("campaign_id", CODE, nullable=True),
        sa.Column("borrower_id", CODE, nullable=False),
        sa.Column("attempt_no", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("number_digest", CODE, nullable=False),
        sa.Column("owner", CODE, nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("carrier_sid", CODE, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("placed_at", INSTANT, nullable=True),
        sa.Column("rang_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("answered_by", CODE, nullable=True),
        sa.Column("carrier_status", CODE, nullable=True),
        sa.Column("fault_code", CODE, nullable=True),
        sa.Column("outcome", WORD, nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_attempt_borrower_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_attempt_campaign_id")),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_attempt_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("carrier_sid", name=op.f("uq_attempt_carrier_sid")),
        sa.UniqueConstraint("target_id", "attempt_no", name=op.f("uq_attempt_target_id_attempt_no")),
    )
    op.create_index(op.f("ix_attempt_borrower_id"), "attempt", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_attempt_campaign_id"), "attempt", ["campaign_id"], unique=False)
    op.create_index("ix_attempt_number", "attempt", ["number_digest", "created_at"], unique=False)
    op.create_index("ix_attempt_open", "attempt", ["state", "created_at"], unique=False)


def _callback_seen() -> None:
    op.create_table(
        "callback_seen",
        sa.Column("source", CODE, nullable=False),
        sa.Column("key", CODE, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_callback_seen")),
    )
