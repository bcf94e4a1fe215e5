"""When a call's recordings and words were erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_erasure"
down_revision = "0003_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("call", "erased_at")
