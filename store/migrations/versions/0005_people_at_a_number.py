"""Who is listed at a number, and which rows mean one person: asked before every call."""

from __future__ import annotations

from alembic import op

revision = "0005_people_at_a_number"
down_revision = "0004_erasure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_borrower_number_digest", "borrower", ["number_digest"], unique=False)
    op.create_index("ix_borrower_name_id_last4", "borrower", ["name", "id_last4"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_borrower_name_id_last4", table_name="borrower")
    op.drop_index("ix_borrower_number_digest", table_name="borrower")
